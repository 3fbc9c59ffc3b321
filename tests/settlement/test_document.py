"""docs/settlement.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from devnet.chain.types import ZERO_HASH
from devnet.contracts.forced_inbox import InboxParameters
from devnet.settlement.acceptance import UpdateFlaw
from devnet.settlement.block import MOST_UPDATES
from devnet.settlement.due import MOST_LAG
from devnet.settlement.inclusion import MOST_BYTES
from devnet.settlement.parameters import SettlementParameters
from devnet.settlement.producers import Producers
from devnet.zone.inbox import BLOCK_BYTES

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "settlement.md").read_text(encoding="utf-8")


def test_its_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(example, "docs/settlement.md", "exec"), {})


def test_its_numbers_are_the_defaults() -> None:
    parameters = SettlementParameters()
    assert f"up to {parameters.blocks} blocks" in TEXT
    assert f"{parameters.validators} at genesis" in TEXT
    assert f"Each zone has {parameters.producers}" in TEXT
    assert f"up to {MOST_UPDATES} consecutive updates" in TEXT


def test_its_numbers_of_forced_inclusion_are_the_defaults() -> None:
    parameters = InboxParameters()
    assert f"It is due {parameters.due_heights} settlement heights after" in TEXT
    assert f"{parameters.due_gas // 10**6} 000 000 gas" in TEXT
    assert f"lags the chain by at most {MOST_LAG}." in TEXT
    assert f"block's size and {BLOCK_BYTES >> 20} MiB" in TEXT
    assert f"at most {MOST_BYTES >> 20} MiB for each zone" in TEXT


def test_its_turns_are_those_of_the_producers() -> None:
    assert "turn = (slot + zone) mod 2" in TEXT
    producers = Producers(ZERO_HASH, 2)
    for zone in range(3):
        assert [producers.turn(zone, slot).index for slot in range(4)] == [(zone + s) % 2 for s in range(4)]


def test_every_reason_of_a_refusal_has_a_name_of_its_own() -> None:
    assert len({flaw.value for flaw in UpdateFlaw}) == len(UpdateFlaw)
