"""Imports and pragmas of Vyper files, found without compiling them."""

from __future__ import annotations

from pathlib import Path

import pytest

from zero_sdk.compile.vyper.files import VyperTree
from zero_sdk.compile.vyper.text import read_text
from zero_sdk.errors import Problem, ZeroError


@pytest.mark.parametrize(
    ("text", "version", "line"),
    [
        ("# pragma version ^0.4.0\n", "^0.4.0", 1),
        ("\n#pragma version 0.4.3  # why\n", "0.4.3", 2),
        ("# @version >=0.3.8 <0.4.0\n", ">=0.3.8 <0.4.0", 1),
        ("# @license MIT\n# @version 0.3.10", "0.3.10", 2),
        ('"""\n# pragma version 0.1.0\n"""\n', None, 0),
        ("# pragma optimize gas\n", None, 0),
    ],
)
def test_the_pragma_is_found(text: str, version: str | None, line: int) -> None:
    said = read_text(text)
    assert (said.version, said.version_line) == (version, line)


@pytest.mark.parametrize(
    ("text", "imports"),
    [
        ("import a.b as c\n", ["a.b"]),
        ("import a # b\n", ["a"]),
        ("from a.b import c\n", ["a.b.c"]),
        ("from . import c as d\n", [".c"]),
        ("from .. import c\n", ["..c"]),
        ("from ..a import c\n", ["..a.c"]),
        ("from a import b, c as d # e\n", ["a.b", "a.c"]),
        ("from a import (\n    b, # from x import y\n    c,\n)\n", ["a.b", "a.c"]),
        ("# import a\n'''\nimport b\n'''\nx: String[9] = \"import c\"\n    import d\n", []),
    ],
)
def test_imports_are_found(text: str, imports: list[str]) -> None:
    assert [item.text for item in read_text(text).imports] == imports


def tree(root: Path, *names: str, **texts: str) -> VyperTree:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("", encoding="utf-8")
    return VyperTree(root, texts={f"contracts/{name}.vy": text for name, text in texts.items()})


@pytest.mark.parametrize(
    ("text", "files", "found"),
    [
        ("from . import b", ["contracts/b.vy", "b.vy"], ["contracts/b.vy"]),
        ("from .sub import b", ["contracts/sub/b.vyi"], ["contracts/sub/b.vyi"]),
        ("from .. import b", ["b.vy"], ["b.vy"]),
        ("import b", ["contracts/b.vy", "b.vy"], ["contracts/b.vy"]),
        ("import contracts.b as b", ["contracts/b.vyi"], ["contracts/b.vyi"]),
        ("from interfaces import IB", ["contracts/interfaces/IB.json"], ["contracts/interfaces/IB.json"]),
        ("from interfaces import IB", ["interfaces/IB.vyi", "interfaces/IB.json"], ["interfaces/IB.vyi"]),
        ("from pack.auth import own", ["lib/pack/auth/own.vy"], ["pack/auth/own.vy"]),
        ("from pack.auth import own", ["lib/pack/src/pack/auth/own.vy"], ["pack/auth/own.vy"]),
        ("from ethereum.ercs import IERC20\nimport math", [], []),
    ],
)
def test_imports_lead_to_files_as_the_compiler_looks_for_them(
    tmp_path: Path, text: str, files: list[str], found: list[str]
) -> None:
    assert list(tree(tmp_path, *files, A=text).source("contracts/A.vy").imports) == found


def test_files_of_a_package_import_each_other(tmp_path: Path) -> None:
    known = tree(tmp_path, A="from pack.tokens import erc20\n")
    package = tmp_path / "lib" / "pack"
    (package / "tokens").mkdir(parents=True)
    (package / "auth").mkdir()
    (package / "tokens" / "erc20.vy").write_text("from ..auth import own\nfrom . import IToken\n")
    (package / "tokens" / "IToken.vyi").write_text("")
    (package / "auth" / "own.vy").write_text("")
    names = ["contracts/A.vy", "pack/tokens/erc20.vy", "pack/auth/own.vy", "pack/tokens/IToken.vyi"]
    assert sorted(known.closure("contracts/A.vy")) == sorted(names)


@pytest.mark.parametrize(
    ("text", "hint"),
    [("x: uint256\nfrom . import gone", "dots count"), ("\nimport gone.deep as g", "pip install gone")],
)
def test_an_import_that_leads_nowhere_is_told_with_its_line(tmp_path: Path, text: str, hint: str) -> None:
    with pytest.raises(ZeroError) as raised:
        tree(tmp_path, A=text).source("contracts/A.vy")
    assert raised.value.problem is Problem.MISSING_IMPORT
    assert raised.value.message.startswith("contracts/A.vy:2: ")
    assert hint in (raised.value.hint or "")
