"""What the system zone's contracts store, shown under a settled root: nothing else can be shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.rlp import decode, encode
from devnet.chain.types import Address, Hash32
from devnet.contracts import staking, zone_registry
from devnet.contracts.addresses import STAKING, ZONE_REGISTRY
from devnet.network import Network
from devnet.settlement.system_proofs import (
    MOST_SLOTS,
    PROOF_LIMIT,
    BadSystemProof,
    SlotRecorder,
    SystemFlaw,
    SystemProof,
    SystemSlot,
    prove_slots,
    system_proof_of,
)
from devnet.zone.errors import UnknownBlock
from tests.settlement.networks import BOB, network, pay

NOBODY = Address(b"\x77" * 20)
KEYS = frozenset(
    {
        SystemSlot(STAKING, staking.RESERVE_SLOT),
        SystemSlot(STAKING, 77),
        SystemSlot(ZONE_REGISTRY, zone_registry.COUNT_SLOT),
        SystemSlot(NOBODY, 0),
    }
)


@pytest.fixture(scope="module")
def net() -> Network:
    """Two settled blocks of the system zone, the second with another word in Staking than the first."""
    made = network()
    for value in (5, 0):
        made.zone("system").set_storage(STAKING, 77, value)
        pay(made, "system")
        made.settle()
    pay(made, "system")
    return made


@pytest.fixture(scope="module")
def shown(net: Network) -> tuple[Hash32, SystemProof]:
    """The root after block 1 and what it proves."""
    return root_at(net, 1), prove_slots(net.zone("system"), 1, KEYS)


def root_at(net: Network, number: int) -> Hash32:
    block = net.zone("system").block(number)
    assert block is not None
    return block.header.state_root


def flaw_of(check: Callable[[], Any]) -> SystemFlaw | None:
    try:
        check()
    except BadSystemProof as bad:
        return bad.flaw
    return None


def test_slots_are_shown_with_the_values_that_the_zone_has(shown: tuple[Hash32, SystemProof]) -> None:
    root, proof = shown
    proven = proof.verify(root)
    load = proven.storage(STAKING)
    assert load(77) == 5
    assert load(staking.RESERVE_SLOT) >> 128 == staking.StakingParameters().reserve
    assert zone_registry.zone_count(proven.storage(ZONE_REGISTRY)) == 3
    assert proven.storage(NOBODY)(0) == 0
    proven.check_all_read()


def test_a_settled_state_of_the_past_is_shown_as_it_was(net: Network) -> None:
    system = net.zone("system")
    key = SystemSlot(STAKING, 77)
    found = [prove_slots(system, number, {key}).verify(root_at(net, number)) for number in (0, 1, 2, 3)]
    assert [proven.storage(STAKING)(77) for proven in found] == [0, 5, 0, 0]
    with pytest.raises(UnknownBlock):
        prove_slots(system, 4, {key})


def test_a_reading_is_repeated_over_what_it_asked_for(net: Network) -> None:
    recorder = SlotRecorder(net.zone("system"), 2)
    program = zone_registry.program_at(recorder.storage(ZONE_REGISTRY), 1, 9)
    assert program == net.config.program(1).id
    proven = recorder.proof().verify(root_at(net, 2))
    assert zone_registry.program_at(proven.storage(ZONE_REGISTRY), 1, 9) == program
    proven.check_all_read()
    assert (
        flaw_of(lambda: zone_registry.program_at(proven.storage(ZONE_REGISTRY), 2, 9)) is SystemFlaw.MISSING
    )


def test_a_slot_that_nothing_reads_is_not_shown(shown: tuple[Hash32, SystemProof]) -> None:
    root, proof = shown
    proven = proof.verify(root)
    proven.storage(STAKING)(77)
    assert flaw_of(proven.check_all_read) is SystemFlaw.UNUSED


def test_a_proof_travels_as_bytes(shown: tuple[Hash32, SystemProof]) -> None:
    proof = shown[1]
    encoded = proof.encode()
    assert system_proof_of(decode(encoded)) == proof
    assert len(encoded) < 1_000 * len(KEYS)
    assert system_proof_of(decode(SystemProof().encode())) == SystemProof()


def test_another_state_is_not_shown(net: Network, shown: tuple[Hash32, SystemProof]) -> None:
    assert flaw_of(lambda: shown[1].verify(root_at(net, 2))) is SystemFlaw.PROOF


def test_a_proof_of_another_slot_or_contract_shows_nothing(shown: tuple[Hash32, SystemProof]) -> None:
    root, proof = shown
    for entry in proof.slots:
        for key in (SystemSlot(entry.key.contract, entry.key.slot + 1), SystemSlot(BOB, entry.key.slot)):
            moved = replace(entry, key=key)
            # What is stored nowhere may be shown by the same neighbour, and then truly.
            if flaw_of(lambda moved=moved: moved.verify(root)) is None:  # type: ignore[misc]
                assert moved.verify(root) == entry.verify(root) == 0


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_other_bit_shows_another_value(data: st.DataObject, shown: tuple[Hash32, SystemProof]) -> None:
    root, proof = shown
    entry = data.draw(st.sampled_from(proof.slots))
    place = data.draw(st.integers(0, 8 * len(entry.proof) - 1))
    changed = bytearray(entry.proof)
    changed[place // 8] ^= 1 << place % 8
    assert flaw_of(lambda: replace(entry, proof=bytes(changed)).verify(root)) is SystemFlaw.PROOF


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_proof_cut_anywhere_shows_nothing(data: st.DataObject, shown: tuple[Hash32, SystemProof]) -> None:
    root, proof = shown
    entry = data.draw(st.sampled_from(proof.slots))
    short = replace(entry, proof=entry.proof[: data.draw(st.integers(0, len(entry.proof) - 1))])
    assert flaw_of(lambda: short.verify(root)) is SystemFlaw.PROOF


def test_what_no_honest_proof_has_is_refused_by_name(shown: tuple[Hash32, SystemProof]) -> None:
    item = decode(shown[1].encode())
    assert isinstance(item, list)
    first = item[0]
    assert isinstance(first, list)
    contract, slot, proof = first
    cases: list[tuple[Any, SystemFlaw]] = [
        (b"", SystemFlaw.MALFORMED),
        ([[contract, slot]], SystemFlaw.MALFORMED),
        ([[contract[:-1], slot, proof]], SystemFlaw.MALFORMED),
        ([[contract, b"\x01" + bytes(32), proof]], SystemFlaw.MALFORMED),
        ([[contract, b"\0", proof]], SystemFlaw.MALFORMED),
        ([[contract, slot, [proof]]], SystemFlaw.MALFORMED),
        (item[::-1], SystemFlaw.MALFORMED),
        ([first, first], SystemFlaw.MALFORMED),
        ([[contract, slot, bytes(PROOF_LIMIT + 1)]], SystemFlaw.TOO_LARGE),
        ([first] * (MOST_SLOTS + 1), SystemFlaw.TOO_LARGE),
    ]
    for case, flaw in cases:
        assert flaw_of(lambda case=case: system_proof_of(case)) is flaw, case  # type: ignore[misc]
    assert encode(item) == shown[1].encode()
