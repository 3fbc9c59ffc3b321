"""docs/faults.md says what is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from devnet.settlement.attempt import ROUNDS
from devnet.settlement.faults.conditions import LATE
from devnet.settlement.faults.kinds import KINDS, MOST_DELAY, Lie
from devnet.settlement.faults.plan import MOST_FAULTS
from zero_sdk.client import faults as client

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "faults.md").read_text(encoding="utf-8")


def test_its_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(example, "docs/faults.md", "exec"), {})


def test_its_table_has_every_kind_with_its_fields() -> None:
    table = {
        name: set(given.split(", ")) for name, given in re.findall(r"\| `([a-z-]+)` \| ([a-z, ]+) \|", TEXT)
    }
    assert {name: {field.name for field in fields(kind)} for name, kind in KINDS.items()} == {
        name: table[name] for name in KINDS
    }
    for lie in Lie:
        assert f"| `{lie}` |" in TEXT


def test_its_numbers_are_those_of_the_code() -> None:
    assert f"Delays go up to {MOST_DELAY:,} ms" in TEXT
    assert f"{MOST_FAULTS} are possible at a time" in TEXT
    assert f"after {ROUNDS} rounds" in TEXT
    assert f"from {LATE:,} on" in TEXT


def test_the_library_has_the_same_kinds_with_the_same_fields() -> None:
    names = [name.strip() for name in str(client.AnyFault).split("|")]
    kinds = {getattr(client, name).name: getattr(client, name) for name in names}
    assert set(kinds) == set(KINDS)
    for name, kind in KINDS.items():
        theirs = [(field.name, field.default) for field in fields(kinds[name])]
        assert theirs == [(field.name, field.default) for field in fields(kind)]
