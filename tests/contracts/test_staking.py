"""Staking: delegation, unbonding, seats, epochs, rewards; each rule and each refusal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.address import to_checksum_address

from devnet.chain.epochs import EPOCH_SLOT, SEAL_EPOCH_CALL, is_epoch_over
from devnet.chain.types import Wei
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.contracts import artifacts
from devnet.contracts import staking as mirror
from devnet.contracts.addresses import STAKING
from devnet.contracts.staking import GenesisValidator, StakingParameters
from tests.contracts.system_zone import (
    PARAMETERS,
    SystemZone,
    genesis,
    key_of,
    key_point,
    operator,
    possession,
    system_zone,
)
from zero_sdk.client.contract import Contract
from zero_sdk.testing import changes_balance, emits, reverts

ETHER = 1 << 60
"""Some more than 10^18 wei, and a power of two, so that rewards come out even."""

STAKES = (5 * ETHER, 3 * ETHER)


@pytest.fixture(scope="module")
def whole() -> SystemZone:
    """Two validators of genesis on four seats; a slot issues 7 wei, unbonding takes 10 slots."""
    return system_zone(genesis(STAKES))


@pytest.fixture
def zone(whole: SystemZone) -> Iterator[SystemZone]:
    with whole.network.isolated():
        yield whole


@pytest.fixture
def staking(zone: SystemZone) -> Contract:
    return zone.contract("Staking")


def register(zone: SystemZone, number: int, stake: int = 0) -> int:
    """A further validator, of the first account."""
    sent = zone.contract("Staking").register(key_point(number), possession(number), value=stake)
    return int(sent.return_value)


def set_of(*members: tuple[int, int]) -> ValidatorSet:
    """Of (number of the key, stake)."""
    return ValidatorSet(tuple(Validator(key_of(number), stake) for number, stake in members))


# ---------------------------------------------------------------- genesis


def test_genesis_starts_with_its_set(zone: SystemZone, staking: Contract) -> None:
    expected = set_of((1, 5 * ETHER), (2, 3 * ETHER))
    assert staking.setRoot() == expected.root
    assert mirror.set_root(zone.load("Staking")) == expected.root
    assert mirror.sealed_set(zone.load("Staking")) == expected
    assert (staking.epoch(), staking.memberCount(), staking.memberStake()) == (0, 2, 8 * ETHER)
    assert staking.memberAt(0) == (1, key_of(1), 5 * ETHER)
    assert staking.memberAt(1) == (2, key_of(2), 3 * ETHER)
    assert (staking.seatCount(), staking.seatedStake(), staking.validatorCount()) == (2, 8 * ETHER, 2)
    assert staking.validatorAt(2) == (key_of(2), to_checksum_address(operator(2)), 3 * ETHER, 2, False)
    assert staking.stakeOf(2, operator(2)) == 3 * ETHER
    assert staking.validatorOf(key_of(2)) == 2
    parameters = (staking.epochHeights(), staking.unbondingSlots(), staking.seatLimit(), staking.issuance())
    assert parameters == (32, 10, 4, 7)
    assert staking.reserve() == 10**6
    assert zone.zone.balance("0x" + STAKING.hex()) == 8 * ETHER + 10**6
    assert (staking.MOST_SEATS(), staking.MOST_STAKE()) == (mirror.MOST_SEATS, mirror.MOST_STAKE)


def test_genesis_stores_what_registering_and_sealing_store() -> None:
    """Slot by slot: three validators who came by calls, and the same three of genesis."""
    zone = system_zone(genesis(()))
    staking = zone.contract("Staking")
    stakes = (5, 6, 7)
    for number, stake in enumerate(stakes, 1):
        sender = "0x" + operator(number).hex()
        zone.zone.fund(sender, ETHER)
        with zone.zone.impersonate(sender):
            staking.register(key_point(number), possession(number), value=stake, sender=sender)
    zone.settle(32, slot=0)
    staking.sealEpoch()
    stored = mirror.storage_of(
        PARAMETERS,
        [
            GenesisValidator(key_of(number), Wei(stake), operator(number))
            for number, stake in enumerate(stakes, 1)
        ],
    )
    # Sealed epoch 1 instead of 0; nothing else differs.
    stored[EPOCH_SLOT] += 1
    load = zone.load("Staking")
    assert {slot: load(slot) for slot in stored} == stored


@pytest.mark.parametrize(
    ("validators", "words"),
    [
        ([GenesisValidator(key_of(1)[1:], Wei(1), operator(1))], "48 bytes"),
        ([GenesisValidator(key_of(1), Wei(0), operator(1))], "has stake"),
        ([GenesisValidator(key_of(1), Wei(1 << 96), operator(1))], "less than 2\\^96"),
        ([GenesisValidator(key_of(1), Wei(1), operator(1))] * 2, "same key"),
        ([GenesisValidator(key_of(1), Wei(1), operator(1))] * 5, "do not fit"),
    ],
)
def test_a_genesis_that_cannot_be_is_refused(validators: list[GenesisValidator], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        mirror.storage_of(PARAMETERS, validators)


@pytest.mark.parametrize("parameters", [StakingParameters(seat_limit=0), StakingParameters(seat_limit=1201)])
def test_numbers_of_seats_have_limits(parameters: StakingParameters) -> None:
    with pytest.raises(ValueError, match="between 1 and 1200 seats"):
        mirror.storage_of(parameters, [])


# ---------------------------------------------------------------- stake


def test_anybody_delegates_without_a_minimum(zone: SystemZone, staking: Contract) -> None:
    alice, bob, *_ = zone.network.accounts
    with emits(staking, "Delegated", validator=1, delegator=bob, amount=1):
        staking.delegate(1, value=1, sender=bob)
    zone.zone.send(staking, data=mirror.delegate_call(1), value=2, sender=alice)
    assert (staking.stakeOf(1, bob), staking.stakeOf(1, alice)) == (1, 2)
    assert staking.validatorAt(1).stake == 5 * ETHER + 3
    assert staking.seatedStake() == 8 * ETHER + 3


def test_delegating_refuses_nothing_too_much_and_nobody(zone: SystemZone, staking: Contract) -> None:
    alice = zone.network.accounts[0]
    with reverts(error="NothingGiven"):
        staking.delegate(1)
    zone.zone.set_balance(alice, 1 << 130)
    most = mirror.MOST_STAKE - 5 * ETHER
    for amount in (most + 1, 1 << 128):
        with reverts(error="TooMuch", amount=amount):
            staking.delegate(1, value=amount)
    staking.delegate(1, value=most)
    with reverts(error="TooMuch", amount=1):
        staking.delegate(1, value=1)
    for unknown in (0, 3, 2**32 - 1):
        with reverts(error="UnknownValidator", validator=unknown):
            staking.delegate(unknown, value=1)
        with reverts(error="UnknownValidator", validator=unknown):
            staking.undelegate(unknown, 1)
        with reverts(error="UnknownValidator", validator=unknown):
            staking.claim(unknown)
        with reverts(error="UnknownValidator", validator=unknown):
            staking.validatorAt(unknown)


def test_what_is_undelegated_is_paid_after_its_slots(zone: SystemZone, staking: Contract) -> None:
    alice = zone.network.accounts[0]
    staking.delegate(1, value=100)
    zone.settle(1, slot=5)
    with emits(staking, "Undelegated", validator=1, delegator=alice, amount=60, index_=0, slot=15):
        assert staking.undelegate(1, 60).return_value == 0
    assert staking.undelegate(1, 40).return_value == 1
    assert (staking.stakeOf(1, alice), staking.unbondingCount(alice)) == (0, 2)
    assert staking.unbondingOf(alice, 1) == (40, 15)
    zone.settle(2, slot=14)
    with reverts(error="StillUnbonding", slot=15, current=14):
        staking.withdraw(0)
    zone.settle(3, slot=15)
    with changes_balance({alice: 40, staking: -40}, zone=zone.zone), emits(staking, "Withdrawn", amount=40):
        staking.withdraw(1)
    with reverts(error="NothingToWithdraw", index_=1):
        staking.withdraw(1)
    with changes_balance({alice: 60}, zone=zone.zone):
        staking.withdraw(0)
    assert staking.unbondingOf(alice, 0) == (0, 0)
    for index in (2, 2**256 - 1):
        with reverts(error="NothingToWithdraw", index_=index):
            staking.withdraw(index)
        with reverts(error="NothingToWithdraw", index_=index):
            staking.unbondingOf(alice, index)


def test_nobody_takes_what_is_not_theirs(zone: SystemZone, staking: Contract) -> None:
    alice, bob, *_ = zone.network.accounts
    staking.delegate(1, value=100, sender=alice)
    with reverts(error="MoreThanDelegated", stake=0, amount=1):
        staking.undelegate(1, 1, sender=bob)
    with reverts(error="MoreThanDelegated", stake=0, amount=100):
        staking.undelegate(2, 100, sender=alice)
    with reverts(error="MoreThanDelegated", stake=100, amount=101):
        staking.undelegate(1, 101, sender=alice)
    with reverts(error="NothingGiven"):
        staking.undelegate(1, 0, sender=alice)
    staking.undelegate(1, 100, sender=alice)
    zone.settle(1, slot=100)
    with reverts(error="NothingToWithdraw", index_=0):
        staking.withdraw(0, sender=bob)
    with reverts(error="NothingToClaim"):
        staking.claim(1, sender=bob)


def test_who_refuses_the_payment_keeps_the_claim(zone: SystemZone, staking: Contract) -> None:
    """A contract that no ether can be sent to."""
    caller = "0x" + operator(1).hex()
    zone.zone.fund(caller, ETHER)
    with zone.zone.impersonate(caller):
        staking.undelegate(1, 100, sender=caller)
        zone.settle(1, slot=100)
        zone.zone.set_code(caller, "0x60006000fd")
        for function, argument in (("withdraw", 0), ("claim", 1)):
            with reverts(error="PaymentRefused", receiver=caller):
                staking[function](argument, sender=caller)
    assert staking.unbondingOf(caller, 0) == (100, 10)


def calling_back(selector: bytes, argument: int) -> str:
    """Code that calls Staking when it is called, and stores 1 where that failed, 2 where it did not."""
    parts = [b"\x63" + selector + b"\x60\x00\x52", b"\x60" + bytes([argument]) + b"\x60\x20\x52"]
    parts += [b"\x60\x00\x60\x00\x60\x24\x60\x1c\x60\x00\x73" + STAKING + b"\x5a\xf1"]
    parts += [b"\x60\x01\x01\x60\x00\x55\x00"]
    return "0x" + b"".join(parts).hex()


@pytest.mark.parametrize(("function", "argument"), [("withdraw", 0), ("claim", 1)])
def test_who_calls_back_while_being_paid_is_paid_once(
    zone: SystemZone, staking: Contract, function: str, argument: int
) -> None:
    caller = "0x" + operator(1).hex()
    zone.zone.fund(caller, ETHER)
    (entry,) = [entry for entry in artifacts.load("Staking").abi if entry.get("name") == function]
    with zone.zone.impersonate(caller):
        staking.undelegate(1, 100, sender=caller)
        staking.handIn(value=900, sender=caller)
        zone.settle(1, slot=100)
        zone.zone.set_code(caller, calling_back(function_abi_to_4byte_selector(entry), argument))
        due = 100 if function == "withdraw" else staking.claim.call(1, sender=caller)
        before = zone.zone.balance(staking)
        assert staking[function](argument, sender=caller, gas=500_000).status == 1
    assert due > 0
    assert before - zone.zone.balance(staking) == due
    assert int.from_bytes(zone.zone.storage(caller, 0), "big") == 1


# ---------------------------------------------------------------- seats


def test_new_stake_takes_a_free_seat(zone: SystemZone, staking: Contract) -> None:
    assert register(zone, 3) == 3
    assert staking.validatorAt(3).place == 0
    with reverts(error="NoStake", validator=3):
        staking.takeSeat(3, 1)
    with emits(staking, "Seated", validator=3, place=3):
        staking.delegate(3, value=1)
    with reverts(error="SeatedAlready", validator=3):
        staking.takeSeat(3, 1)
    with reverts(error="UnknownValidator", validator=9):
        staking.takeSeat(9, 1)


def test_the_last_takes_the_seat_that_becomes_free(zone: SystemZone, staking: Contract) -> None:
    register(zone, 3, 30)
    register(zone, 4, 40)
    alice = zone.network.accounts[0]
    sender = "0x" + operator(1).hex()
    zone.zone.fund(sender, ETHER)
    with emits(staking, "Unseated", validator=1), zone.zone.impersonate(sender):
        staking.undelegate(1, 5 * ETHER, sender=sender)
    assert [staking.validatorAt(number).place for number in (1, 2, 3, 4)] == [0, 2, 3, 1]
    staking.undelegate(3, 30, sender=alice)
    assert [staking.validatorAt(number).place for number in (1, 2, 3, 4)] == [0, 2, 0, 1]
    assert staking.seatedStake() == 3 * ETHER + 40


def test_more_stake_takes_a_seat_when_all_are_taken(zone: SystemZone, staking: Contract) -> None:
    for number, stake in ((3, 30), (4, 40), (5, 35)):
        register(zone, number, stake)
    assert staking.validatorAt(5).place == 0
    assert staking.seatedStake() == 8 * ETHER + 70
    for place in (0, 5, 2**256 - 1):
        with reverts(error="UnknownPlace", place=place):
            staking.takeSeat(5, place)
    with reverts(error="SeatHeldByMore", holder=4, stake=40):
        staking.takeSeat(5, 4)
    with emits(staking, "Unseated", validator=3), emits(staking, "Seated", validator=5, place=4):
        staking.takeSeat(5, 3)
    assert [staking.validatorAt(number).place for number in (1, 2, 3, 4, 5)] == [1, 2, 0, 3, 4]
    staking.delegate(3, value=5)
    with reverts(error="SeatHeldByMore", holder=5, stake=35):
        staking.takeSeat(3, 4)
    staking.delegate(3, value=1)
    staking.takeSeat(3, 4)
    assert staking.seatedStake() == 8 * ETHER + 40 + 36


def test_a_validator_retires_and_resumes(zone: SystemZone, staking: Contract) -> None:
    alice, bob, *_ = zone.network.accounts
    register(zone, 3, 30)
    staking.delegate(3, value=70, sender=bob)
    with reverts(error="OnlyOperator", caller=bob):
        staking.retire(3, sender=bob)
    with reverts(error="ValidatorNotRetired", validator=3):
        staking.resume(3)
    with emits(staking, "Retired", validator=3), emits(staking, "Unseated", validator=3):
        staking.retire(3)
    assert staking.validatorAt(3) == (key_of(3), alice.address, 100, 0, True)
    with reverts(error="ValidatorRetired", validator=3):
        staking.retire(3)
    with reverts(error="ValidatorRetired", validator=3):
        staking.delegate(3, value=1)
    with reverts(error="ValidatorRetired", validator=3):
        staking.takeSeat(3, 1)
    staking.undelegate(3, 70, sender=bob)
    with emits(staking, "Resumed", validator=3), emits(staking, "Seated", validator=3):
        staking.resume(3)
    assert staking.validatorAt(3) == (key_of(3), alice.address, 30, 3, False)
    with reverts(error="UnknownValidator", validator=8):
        staking.retire(8)


def test_a_retired_validator_without_stake_resumes_without_seat(zone: SystemZone, staking: Contract) -> None:
    register(zone, 3)
    staking.retire(3)
    staking.resume(3)
    assert staking.validatorAt(3).place == 0


# ---------------------------------------------------------------- epochs


def test_an_epoch_is_sealed_once_and_has_the_root_that_python_computes(
    zone: SystemZone, staking: Contract
) -> None:
    register(zone, 3, 30)
    first = staking.setRoot()
    assert not is_epoch_over(zone.load("Staking"), 31)
    zone.settle(31)
    with reverts(error="EpochAlreadySealed", epoch=0):
        staking.sealEpoch()
    zone.settle(33)
    assert staking.setRoot() == first
    assert is_epoch_over(zone.load("Staking"), 33)
    expected = set_of((1, 5 * ETHER), (2, 3 * ETHER), (3, 30))
    with emits(staking, "EpochSealed", epoch=1, root=expected.root, members=3, stake=8 * ETHER + 30):
        zone.zone.send(staking, data=SEAL_EPOCH_CALL)
    assert staking.setRoot() == expected.root
    assert mirror.sealed_set(zone.load("Staking")) == expected
    assert mirror.sealed_epoch(zone.load("Staking")) == 1
    with reverts(error="EpochAlreadySealed", epoch=1):
        staking.sealEpoch()
    staking.delegate(3, value=1)
    assert mirror.sealed_set(zone.load("Staking")) == expected
    zone.settle(160)
    staking.sealEpoch()
    assert staking.epoch() == 5
    assert mirror.sealed_set(zone.load("Staking")) == set_of((1, 5 * ETHER), (2, 3 * ETHER), (3, 31))


def test_a_set_that_became_smaller_forgets_its_last_members(zone: SystemZone, staking: Contract) -> None:
    register(zone, 3, 30)
    register(zone, 4, 40)
    zone.settle(32)
    staking.sealEpoch()
    assert staking.memberAt(3) == (4, key_of(4), 40)
    staking.retire(3)
    zone.settle(64)
    staking.sealEpoch()
    assert mirror.sealed_set(zone.load("Staking")) == set_of((1, 5 * ETHER), (2, 3 * ETHER), (4, 40))
    with reverts(error="UnknownPlace", place=3):
        staking.memberAt(3)


def test_a_set_of_nobody_is_not_sealed() -> None:
    """The last set goes on: a network without validators could never come back."""
    zone = system_zone(genesis(()))
    staking = zone.contract("Staking")
    assert staking.setRoot() == ValidatorSet(()).root
    register(zone, 3, 30)
    zone.settle(32)
    staking.sealEpoch()
    staking.retire(1)
    zone.settle(64)
    assert not is_epoch_over(zone.load("Staking"), 64)
    with reverts(error="NobodySeated"):
        staking.sealEpoch()
    assert staking.setRoot() == set_of((3, 30)).root


# ---------------------------------------------------------------- rewards


def test_issuance_is_divided_by_stake(zone: SystemZone, staking: Contract) -> None:
    alice, bob, *_ = zone.network.accounts
    staking.delegate(1, value=4 * ETHER, sender=alice)
    staking.delegate(2, value=4 * ETHER, sender=bob)
    zone.settle(1, slot=100)
    with emits(staking, "Distributed", amount=700):
        staking.delegate(1, value=1, sender=bob)
    # 700 wei over 16 ether of stake.
    owed = [staking.owedTo(1, alice), staking.owedTo(2, bob), staking.owedTo(1, operator(1))]
    assert owed == [175, 175, 218]
    assert (staking.distributed(), staking.reserve(), staking.issuedSlot()) == (700, 10**6 - 700, 100)
    with changes_balance({alice: 175}, zone=zone.zone), emits(staking, "Claimed", amount=175):
        assert staking.claim(1, sender=alice).return_value == 175
    with reverts(error="NothingToClaim"):
        staking.claim(1, sender=alice)


def test_issuance_ends_with_the_reserve_and_goes_on_when_it_is_funded(
    zone: SystemZone, staking: Contract
) -> None:
    zone.settle(1, slot=10**6)
    with emits(staking, "Distributed", amount=10**6):
        staking.handIn.call(value=1)
        staking.fund(value=70)
    assert staking.reserve() == 70
    zone.settle(2, slot=10**6 + 4)
    with emits(staking, "ReserveFunded", amount=1), emits(staking, "Distributed", amount=28):
        staking.fund(value=1)
    assert staking.reserve() == 43
    zone.settle(3, slot=10**6 + 100)
    with emits(staking, "Distributed", amount=43):
        staking.delegate(1, value=1)
    zone.settle(4, slot=10**6 + 101)
    with emits(staking, "Distributed", count=0):
        staking.delegate(1, value=1)


def test_tips_handed_in_are_divided_by_stake(zone: SystemZone, staking: Contract) -> None:
    with emits(staking, "Distributed", amount=800):
        staking.handIn(value=800)
    assert staking.owedTo(1, operator(1)) == 500
    assert staking.owedTo(2, operator(2)) == 300


def test_without_a_seat_nothing_is_earned(zone: SystemZone, staking: Contract) -> None:
    alice = zone.network.accounts[0]
    register(zone, 3, 8 * ETHER)
    staking.handIn(value=1600)
    staking.retire(3)
    staking.handIn(value=800)
    assert staking.owedTo(3, alice) == 800
    staking.resume(3)
    assert staking.owedTo(3, alice) == 800
    staking.handIn(value=1600)
    assert staking.owedTo(3, alice) == 1600
    assert staking.owedTo(1, operator(1)) == 500 + 500 + 500


def test_while_nobody_has_a_seat_tips_go_to_the_reserve_and_nothing_is_issued() -> None:
    zone = system_zone(genesis(()))
    staking = zone.contract("Staking")
    zone.settle(1, slot=50)
    staking.handIn(value=5)
    assert (staking.reserve(), staking.distributed(), staking.issuedSlot()) == (10**6 + 5, 0, 50)
    register(zone, 3, 10)
    zone.settle(2, slot=51)
    staking.delegate(1, value=1)
    assert staking.distributed() == 7


def test_fractions_of_a_wei_are_not_lost(zone: SystemZone, staking: Contract) -> None:
    """A wei at a time over three: each has one after three times."""
    zone = system_zone(genesis((1, 1, 1)))
    staking = zone.contract("Staking")
    for _ in range(3):
        staking.handIn(value=1)
        assert sum(staking.owedTo(number, operator(number)) for number in (1, 2, 3)) <= staking.distributed()
    staking.handIn(value=1)
    assert [staking.owedTo(number, operator(number)) for number in (1, 2, 3)] == [1, 1, 1]


def test_a_delegators_fraction_outlives_what_it_does(zone: SystemZone, staking: Contract) -> None:
    """Half a wei and half a wei are one, though the account was brought up to date between them."""
    alice = zone.network.accounts[0]
    staking.delegate(1, value=8 * ETHER)
    for _ in range(2):
        staking.handIn(value=1)
        staking.delegate(1, value=1)
        staking.undelegate(1, 1)
    assert staking.owedTo(1, alice) == 1
    staking.handIn(value=1)
    assert staking.owedTo(1, alice) == 1


def test_rewards_refuse_nothing_and_more_than_can_be_accounted_for(
    zone: SystemZone, staking: Contract
) -> None:
    for function in (staking.handIn, staking.fund):
        with reverts(error="NothingGiven"):
            function()
        zone.zone.set_balance(zone.network.accounts[0], 1 << 200)
        for amount in ((1 << 127) - 10**6, 1 << 127, 1 << 199):
            with reverts(error="TooMuch", amount=amount):
                function(value=amount)
    staking.handIn(value=(1 << 127) - 10**6 - 1)
    with reverts(error="TooMuch", amount=1):
        staking.fund(value=1)
    zone.settle(1, slot=10**6)
    staking.delegate(1, value=1)
    assert staking.distributed() == (1 << 127) - 1
    assert staking.claim.call(1, sender="0x" + operator(1).hex()) == staking.owedTo(1, operator(1))


# ---------------------------------------------------------------- parameters


def test_the_owner_of_the_registry_changes_parameters(zone: SystemZone, staking: Contract) -> None:
    owner, stranger, *_ = zone.network.accounts
    with reverts(error="OnlyOwner", caller=stranger):
        staking.setParameters(1, 1, 1, sender=stranger)
    for limit in (0, 1201):
        with reverts(error="SeatLimitOutOfRange", limit=limit):
            staking.setParameters(1, limit, 1, sender=owner)
    zone.settle(1, slot=2)
    with emits(staking, "ParametersChanged", unbondingSlots=3, seatLimit=1, issuance=9):
        staking.setParameters(3, 1, 9, sender=owner)
    # What was issued before, at the rate before.
    assert staking.distributed() == 14
    assert staking.seatCount() == 2
    register(zone, 3, 4 * ETHER)
    assert staking.validatorAt(3).place == 0
    staking.takeSeat(3, 2)
    assert staking.seatCount() == 2
    zone.settle(2, slot=3)
    assert staking.undelegate(3, ETHER).return_value == 0
    assert staking.unbondingOf(owner, 0) == (ETHER, 6)
    assert staking.distributed() == 23
