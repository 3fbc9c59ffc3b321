"""The template `vyper`, made in an empty folder and typed through."""

from __future__ import annotations

from pathlib import Path

from tests.cli.process import zero
from tests.templates.readme import type_everything


def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    assert zero("init", "vault", "--template", "vyper", folder=tmp_path).code == 0
    typed = {one.line: one for one in type_everything(tmp_path / "vault")}
    assert " passed" in typed["zero test"].out
    deployed = [line.split()[:2] for line in typed["zero deploy"].out.splitlines()]
    assert deployed == [["alpha", "Vault"], ["beta", "Vault"]]
    [asked] = [one.out for line, one in typed.items() if line.startswith("zero call Vault deposits")]
    assert asked == f"{10**18}\n"
