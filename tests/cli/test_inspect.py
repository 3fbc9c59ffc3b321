"""`zero inspect`, as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.process import zero
from zero_sdk.cli.inspect import VIEWS

VYPER = """\
# pragma version ^0.4.0
event Bumped:
    by: indexed(address)
count: public(uint256)
owner: address
@external
def bump(by: uint256):
    assert by > 0, "nothing"
    self.count += by
    log Bumped(by=msg.sender)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "contracts").mkdir()
    (tmp_path / "zero.toml").write_text("")
    (tmp_path / "contracts" / "Counter.vy").write_text(VYPER)
    (tmp_path / "contracts" / "Other.vy").write_text("x: public(uint256)\n")
    return tmp_path


def test_all_contracts_with_their_sizes(project: Path) -> None:
    ended = zero("inspect", folder=project)
    assert ended.code == 0
    head, *rows = ended.out.splitlines()
    assert head.split("\t") == ["contract", "deployed", "of 24576", "left", "creation", "of 49152"]
    assert [row.split("\t")[0] for row in rows] == [
        "contracts/Counter.vy:Counter",
        "contracts/Other.vy:Other",
    ]


def test_every_view_prints_tables_and_json(project: Path) -> None:
    for view in VIEWS:
        table = zero("inspect", "Counter", view, folder=project)
        assert (table.code, bool(table.out.strip()), table.err) == (
            0,
            view != "errors",
            "",
        ) or view == "errors"
        document = zero("inspect", "Counter", view, "--json", folder=project)
        assert document.code == 0
        json.loads(document.out)


def test_the_overview_has_all_that_is_short(project: Path) -> None:
    ended = zero("inspect", "Counter", folder=project)
    assert ended.code == 0
    for words in (
        "0x06661abd\tcount()\tuint256\tview",
        "event Bumped(address indexed by)",
        "0\t0\t32\tcount\tuint256",
    ):
        assert words in ended.out
    document = json.loads(zero("inspect", "Counter", "--json", folder=project).out)
    assert list(document) == ["contract", "compiler", "sizes", "selectors", "events", "errors", "layout"]


def test_bytecode_is_printed_as_one_word(project: Path) -> None:
    code = zero("inspect", "Counter", "bytecode", folder=project).out
    assert bytes.fromhex(code.strip().removeprefix("0x"))


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("Counter", "layuot"), 2, "did you mean layout?"),
        (("Count",), 1, "did you mean Counter?"),
        (("Counter", "layout", "more"), 2, "ZERO-1002"),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(
    project: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    ended = zero("inspect", *arguments, folder=project)
    assert (ended.code, ended.out) == (code, "")
    assert words in ended.err


def test_outside_of_a_project_the_hint_says_what_to_do(tmp_path: Path) -> None:
    ended = zero("inspect", folder=tmp_path)
    assert ended.code == 2
    assert "[ZERO-1701]" in ended.err
