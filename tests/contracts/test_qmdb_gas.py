"""What a proof costs on chain: the table in docs/proofs.md is what is measured."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from statistics import median_low
from typing import Any

import pytest

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import TraceSpec
from devnet.state.qmdb import Qmdb, account_key, slot_key
from devnet.zone.messages import CallRequest
from tests.contracts.qmdb import VERIFIER, OnChain

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "proofs.md"
SAMPLES = 15


def an_address(number: int) -> Address:
    return Address(sha256(b"account %d" % number).digest()[:20])


def filled(entries: int) -> Qmdb:
    """A fifth of the entries are accounts with code, each of them with four slots."""
    state = Qmdb()
    code_hash = Hash32(sha256(b"code").digest())
    addresses = [an_address(number) for number in range(entries // 5)]
    state.commit(
        0,
        ChangeSet(
            {address: Account(1, Wei(10**18), code_hash) for address in addresses},
            {(address, slot): 10**18 + slot for address in addresses for slot in range(4)},
        ),
    )
    return state


def measured(on_chain: OnChain, entries: int) -> dict[str, tuple[int, int, int]]:
    """By kind of proof: its bytes, the gas of the call, and the gas of a transaction that makes it."""
    state = filled(entries)
    asked: dict[str, list[tuple[str, tuple[Any, ...], bytes]]] = {
        "account": [
            ("verifyAccount", (an_address(number),), account_key(an_address(number)))
            for number in range(SAMPLES)
        ],
        "slot": [
            ("verifySlot", (an_address(number), bytes(32)), slot_key(an_address(number), 0))
            for number in range(SAMPLES)
        ],
        "no such account": [
            ("verifyAccount", (an_address(number),), account_key(an_address(number)))
            for number in range(-SAMPLES, 0)
        ],
    }
    rows = {}
    for kind, questions in asked.items():
        found = []
        for function, arguments, key in questions:
            proof = state.prove(key).encode()
            data = on_chain.contract.data(function, state.root, *arguments, proof)
            found.append((len(proof), *_gas(on_chain, data)))
        size, call, transaction = (median_low(column) for column in zip(*found, strict=True))
        rows[kind] = size, call, transaction
    return rows


def _gas(on_chain: OnChain, data: bytes) -> tuple[int, int]:
    """Gas of the contract's execution alone, and of a transaction with this calldata."""
    outcome = on_chain.network.default_zone.call(CallRequest(to=VERIFIER, data=data), trace=TraceSpec())
    assert outcome.failure is None
    steps = [step for step in outcome.trace["structLogs"] if step["depth"] == 1]
    return steps[0]["gas"] - steps[-1]["gas"] + steps[-1]["gasCost"], outcome.gas_used


def documented(entries: int) -> dict[str, tuple[int, int, int]]:
    row = rf"^\| {entries:,} entries \| ([a-z ]+) \| ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$"
    lines = re.findall(row, DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE)
    return {kind: tuple(int(number.replace(",", "")) for number in rest) for kind, *rest in lines}  # type: ignore[misc]


@pytest.mark.parametrize("entries", [10_000, pytest.param(1_000_000, marks=pytest.mark.full)])
def test_the_documented_gas_is_the_gas(entries: int) -> None:
    assert documented(entries) == measured(OnChain(), entries)
