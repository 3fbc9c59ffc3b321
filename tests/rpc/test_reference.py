"""docs/rpc.md lists the methods that there are."""

from __future__ import annotations

from pathlib import Path

from devnet.rpc.openrpc.reference import build_reference

DOCUMENT = Path(__file__).parents[2] / "docs" / "rpc.md"


def test_the_document_ends_with_the_list_made_from_the_registry() -> None:
    remedy = "run python -m devnet.rpc.openrpc.reference and replace the list"
    assert DOCUMENT.read_text(encoding="utf-8").endswith("\n\n" + build_reference()), remedy
