"""What the contracts of the system zone cost: the table in docs/contracts.md is what is measured."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from devnet.chain.rules import TRANSACTION_GAS_CAP
from devnet.chain.types import Hash32, Wei
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.contracts import staking
from devnet.contracts.addresses import STAKING
from devnet.contracts.forced_inbox import InboxParameters
from devnet.contracts.genesis import settlement_accounts
from devnet.contracts.staking import MOST_SEATS, GenesisValidator, StakingParameters
from devnet.settlement import showing
from devnet.settlement.block import SettlementBlock
from devnet.settlement.bls import uncompressed_signature
from devnet.settlement.certificate import signers_bitmap
from devnet.settlement.key_derivation import GROUP_ORDER
from devnet.settlement.votes import Choice, SigningDomain, VoteKind, vote_hash
from tests.contracts.system_zone import (
    NETWORK,
    SCHEME,
    SystemZone,
    genesis,
    key_point,
    operator,
    possession,
    secret,
    system_zone,
)
from zero_sdk import local
from zero_sdk.client.transaction import Transaction

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "contracts.md"
ETHER = 10**18
ROW = re.compile(r"^\| `(\w+)`([^|]*)\| ([\d,]+) \|$", re.MULTILINE)


def documented() -> dict[str, int]:
    """The table: what is done and its gas."""
    text = DOCUMENT.read_text(encoding="utf-8")
    return {name + rest.rstrip(): int(gas.replace(",", "")) for name, rest, gas in ROW.findall(text)}


@pytest.fixture
def zone() -> SystemZone:
    """One validator of genesis, and a few accounts that have nothing in the contracts yet."""
    return system_zone(genesis((5 * ETHER,), StakingParameters(), inbox=InboxParameters()))


def used(transactions: Mapping[str, Transaction]) -> dict[str, int]:
    return {name: transaction.gas_used for name, transaction in transactions.items()}


def in_staking(zone: SystemZone) -> Iterator[tuple[str, Transaction]]:
    contract = zone.contract("Staking")
    _, bob, *_ = zone.network.accounts
    yield "register", contract.register(key_point(2), possession(2))
    yield "delegate, the first to a validator: it takes a seat", contract.delegate(2, value=ETHER)
    yield "delegate, more", contract.delegate(2, value=ETHER)
    contract.delegate(2, value=ETHER, sender=bob)
    zone.settle(32, slot=10)
    yield "delegate, in a new slot", contract.delegate(2, value=ETHER, sender=bob)
    yield "handIn", contract.handIn(value=ETHER)
    yield "claim", contract.claim(2)
    yield "undelegate", contract.undelegate(2, ETHER)
    yield "sealEpoch, 2 validators", contract.sealEpoch()
    zone.settle(33, slot=10 + 1024)
    yield "withdraw", contract.withdraw(0)
    yield "retire", contract.retire(2)
    yield "resume", contract.resume(2)
    message = Hash32(contract.operatorMessage(2, bob))
    consent = uncompressed_signature(SCHEME.sign(secret(2), message))
    yield "changeOperator", contract.changeOperator(2, bob, key_point(2), consent)


def elsewhere(zone: SystemZone) -> Iterator[tuple[str, Transaction]]:
    registry, inbox = zone.contract("ZoneRegistry"), zone.contract("ForcedInbox")
    yield "addZone", registry.addZone(b"gamma".ljust(32, b"\0"), 9, b"\1" * 32, b"\2" * 32, 100)
    yield "scheduleProgram", registry.scheduleProgram(1, b"\3" * 32, 100)
    inbox.post(1, b"\x77" * 110, 21_000, value=21_000 * 10**9)
    yield "post, 110 bytes", inbox.post(1, b"\x77" * 110, 21_000, value=21_000 * 10**9)


def test_the_documented_gas_is_the_gas(zone: SystemZone) -> None:
    measured = used(dict(in_staking(zone))) | used(dict(elsewhere(zone)))
    for size in (4, 100):
        measured[f"advance, {size} validators"] = advance(size)
    expected = {name: gas for name, gas in documented().items() if f"{MOST_SEATS}" not in name}
    assert measured == expected


def test_the_largest_set_fits_into_a_transaction() -> None:
    """Sealing where every member has changed, and a certificate that all of them signed."""
    sealing = f"sealEpoch, {MOST_SEATS} validators, all of them changed"
    measured = {sealing: seal_largest(), f"advance, {MOST_SEATS} validators": advance(MOST_SEATS)}
    assert measured == {name: gas for name, gas in documented().items() if name in measured}
    assert max(measured.values()) < TRANSACTION_GAS_CAP


def seal_largest() -> int:
    validators = tuple(
        GenesisValidator(number.to_bytes(48, "little"), Wei(ETHER + number), operator(1))
        for number in range(1, MOST_SEATS + 1)
    )
    accounts = dict(
        settlement_accounts(replace(genesis(()), validators=validators, staking=StakingParameters()))
    )
    storage = dict(accounts[STAKING].storage)
    for slot in staking.member_slots(MOST_SEATS):
        storage[slot] += 1
    storage[staking.SET_ROOT_SLOT] += 1
    accounts[STAKING] = replace(accounts[STAKING], storage=storage)
    zone = SystemZone(local(("alpha",), base_fee=0, genesis_accounts=accounts))
    zone.settle(32)
    sealed: Transaction = zone.contract("Staking").sealEpoch(gas=TRANSACTION_GAS_CAP)
    expected = ValidatorSet(tuple(Validator(one.public_key, one.stake) for one in validators))
    assert staking.set_root(zone.load("Staking")) == expected.root
    return sealed.gas_used


def advance(size: int) -> int:
    """A certificate that all of so many validators signed."""
    secrets = [secret(number) for number in range(1, size + 1)]
    keys = [SCHEME.public_key(one) for one in secrets]
    validators = tuple(GenesisValidator(key, Wei(ETHER), operator(1)) for key in keys)
    zone = system_zone(replace(genesis(()), validators=validators, staking=StakingParameters()))
    members = ValidatorSet(tuple(Validator(key, ETHER) for key in keys))
    block = SettlementBlock(1, NETWORK, 1, 0, 0, Hash32(b"\x01" * 32), members.root)
    message = vote_hash(SigningDomain(NETWORK, 0), VoteKind.PRECOMMIT, 1, 0, Choice(1, block.root))
    # The sum of all signatures is that of the sum of all secrets.
    together = sum(int.from_bytes(one, "big") for one in secrets) % GROUP_ORDER
    signature = SCHEME.sign(together.to_bytes(32, "big"), message)
    shown = (
        0,
        signers_bitmap(range(size), size),
        uncompressed_signature(signature),
        showing.members_of(members),
    )
    header = (1, NETWORK, 1, 0, 0, block.zones_root, block.validators_root)
    sent: Transaction = zone.contract("LightClient").advance(header, shown, gas=TRANSACTION_GAS_CAP)
    assert zone.contract("LightClient").root() == block.root
    return sent.gas_used
