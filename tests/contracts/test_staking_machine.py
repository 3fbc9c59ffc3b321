"""Staking keeps every wei, whatever is done in whatever order: beside it runs a model in exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.contracts import staking as mirror
from devnet.contracts.addresses import STAKING
from devnet.contracts.layout import Load, unpacked
from tests.contracts.system_zone import (
    PARAMETERS,
    genesis,
    key_of,
    key_point,
    operator,
    possession,
    system_zone,
)
from zero_sdk.client.errors import Reverted
from zero_sdk.testing import ZoneMachine, reverts, run_machine

UNIT = 1 << 128
DELEGATORS = 3
KEYS = (3, 4, 5, 6)
"""Of validators that may come, beside the two of genesis; there are four seats."""

AMOUNTS = st.one_of(st.integers(1, 10), st.integers(1, 10**20), st.sampled_from([1, 3, 10**18, 1 << 90]))
WHO = st.integers(0, DELEGATORS - 1)
WHICH = st.integers(1, 2 + len(KEYS))


class Staked(ZoneMachine):
    """Rewards are modelled as what they are: exact fractions of a wei, divided by the stake that has a seat
    at the moment."""

    @initialize()
    def begin(self) -> None:
        self.system = self.system_zone
        self.staking = self.system.contract("Staking")
        genesis_operators = [operator(1), operator(2)]
        self.people = [account.address for account in self.network.accounts[:DELEGATORS]]
        self.people += ["0x" + address.hex() for address in genesis_operators]
        self.keys = {1: 1, 2: 2}
        self.operators: dict[int, int] = {}
        self.stake = {(1, DELEGATORS): 1000, (2, DELEGATORS + 1): 17}
        self.earned: dict[tuple[int, int], Fraction] = {}
        self.claimed: dict[tuple[int, int], int] = {}
        self.unbonding: dict[int, list[tuple[int, int]]] = {person: [] for person in range(DELEGATORS)}
        self.seats = [1, 2]
        self.retired: set[int] = set()
        self.height = self.slot = self.issued_slot = self.epoch = 0
        self.reserve = PARAMETERS.reserve
        self.distributed = 0
        self.sealed = self.set_now()

    # ------------------------------------------------------------ the model

    def stake_of(self, validator: int) -> int:
        return sum(stake for (number, _), stake in self.stake.items() if number == validator)

    def set_now(self) -> ValidatorSet:
        return ValidatorSet(
            tuple(Validator(key_of(self.keys[number]), self.stake_of(number)) for number in self.seats)
        )

    def distribute(self, amount: int) -> None:
        seated = sum(self.stake_of(number) for number in self.seats)
        self.distributed += amount
        for (number, person), stake in self.stake.items():
            if number in self.seats and stake:
                place = (number, person)
                self.earned[place] = self.earned.get(place, Fraction(0)) + Fraction(amount * stake, seated)

    def accrue(self) -> None:
        passed, self.issued_slot = self.slot - self.issued_slot, self.slot
        if self.seats and passed:
            amount = min(passed * PARAMETERS.issuance, self.reserve)
            self.reserve -= amount
            self.distribute(amount)

    def vacate(self, validator: int) -> None:
        place, last = self.seats.index(validator), self.seats.pop()
        if last != validator:
            self.seats[place] = last

    # ------------------------------------------------------------ what happens

    @rule(slots=st.integers(0, 30), heights=st.integers(1, 40))
    def settle(self, slots: int, heights: int) -> None:
        self.height, self.slot = self.height + heights, self.slot + slots
        self.system.settle(self.height, self.slot)

    @precondition(lambda self: len(self.keys) < 2 + len(KEYS))
    @rule(who=WHO, amount=st.one_of(st.just(0), AMOUNTS))
    def register(self, who: int, amount: int) -> None:
        number, key = len(self.keys) + 1, KEYS[len(self.keys) - 2]
        self.staking.register(key_point(key), possession(key), value=amount, sender=self.people[who])
        self.keys[number] = key
        self.operators[number] = who
        if amount:
            self.add(number, who, amount)

    @rule(which=WHICH, who=WHO, amount=AMOUNTS)
    def delegate(self, which: int, who: int, amount: int) -> None:
        if which not in self.keys:
            with reverts(error="UnknownValidator"):
                self.staking.delegate(which, value=amount, sender=self.people[who])
        elif which in self.retired:
            with reverts(error="ValidatorRetired"):
                self.staking.delegate(which, value=amount, sender=self.people[who])
        else:
            self.staking.delegate(which, value=amount, sender=self.people[who])
            self.add(which, who, amount)

    def add(self, number: int, who: int, amount: int) -> None:
        self.accrue()
        self.stake[number, who] = self.stake.get((number, who), 0) + amount
        if number not in self.seats and len(self.seats) < PARAMETERS.seat_limit:
            self.seats.append(number)

    @rule(which=WHICH, who=WHO, part=st.fractions(0, 1, max_denominator=4), more=st.integers(0, 1))
    def undelegate(self, which: int, who: int, part: Fraction, more: int) -> None:
        if which not in self.keys:
            return
        stake = self.stake.get((which, who), 0)
        amount = int(stake * part) + more
        if amount == 0 or amount > stake:
            with reverts(error="MoreThanDelegated" if amount else "NothingGiven"):
                self.staking.undelegate(which, amount, sender=self.people[who])
            return
        self.staking.undelegate(which, amount, sender=self.people[who])
        self.accrue()
        self.stake[which, who] = stake - amount
        self.unbonding[who].append((amount, self.slot + PARAMETERS.unbonding_slots))
        if which in self.seats and self.stake_of(which) == 0:
            self.vacate(which)

    @rule(who=WHO, index=st.integers(0, 5))
    def withdraw(self, who: int, index: int) -> None:
        before = self.system.zone.balance(self.people[who])
        waiting = self.unbonding[who]
        if index >= len(waiting) or waiting[index][0] == 0:
            with reverts(error="NothingToWithdraw"):
                self.staking.withdraw(index, sender=self.people[who])
        elif self.slot < waiting[index][1]:
            with reverts(error="StillUnbonding"):
                self.staking.withdraw(index, sender=self.people[who])
        else:
            self.staking.withdraw(index, sender=self.people[who], gas_price=0)
            assert self.system.zone.balance(self.people[who]) == before + waiting[index][0]
            waiting[index] = (0, 0)

    @rule(which=WHICH, who=WHO)
    def claim(self, which: int, who: int) -> None:
        if which not in self.keys:
            return
        try:
            expected = self.staking.claim.call(which, sender=self.people[who])
        except Reverted:
            with reverts(error="NothingToClaim"):
                self.staking.claim(which, sender=self.people[who])
            return
        before = self.system.zone.balance(self.people[who])
        self.staking.claim(which, sender=self.people[who], gas_price=0)
        self.accrue()
        assert self.system.zone.balance(self.people[who]) == before + expected
        self.claimed[which, who] = self.claimed.get((which, who), 0) + expected

    @rule(amount=AMOUNTS, who=WHO)
    def hand_in(self, amount: int, who: int) -> None:
        self.staking.handIn(value=amount, sender=self.people[who])
        self.accrue()
        if self.seats:
            self.distribute(amount)
        else:
            self.to_reserve(amount)

    def to_reserve(self, amount: int) -> None:
        self.reserve += amount

    @rule(amount=AMOUNTS)
    def fund(self, amount: int) -> None:
        self.staking.fund(value=amount)
        self.accrue()
        self.to_reserve(amount)

    @rule(which=WHICH)
    def retire(self, which: int) -> None:
        if which not in self.operators or which in self.retired:
            return
        self.staking.retire(which, sender=self.people[self.operators[which]])
        self.accrue()
        self.retired.add(which)
        if which in self.seats:
            self.vacate(which)

    @rule(which=WHICH)
    def resume(self, which: int) -> None:
        if which not in self.retired:
            return
        self.staking.resume(which, sender=self.people[self.operators[which]])
        self.accrue()
        self.retired.remove(which)
        if self.stake_of(which) and len(self.seats) < PARAMETERS.seat_limit:
            self.seats.append(which)

    @rule(which=WHICH, place=st.integers(0, 5))
    def take_seat(self, which: int, place: int) -> None:
        if which not in self.keys:
            return
        if which in self.retired or which in self.seats or self.stake_of(which) == 0:
            with reverts():
                self.staking.takeSeat(which, place)
            return
        is_full = len(self.seats) == PARAMETERS.seat_limit
        if is_full and not (
            1 <= place <= len(self.seats) and self.stake_of(self.seats[place - 1]) < self.stake_of(which)
        ):
            with reverts():
                self.staking.takeSeat(which, place)
            return
        self.staking.takeSeat(which, place)
        self.accrue()
        if len(self.seats) == PARAMETERS.seat_limit:
            self.vacate(self.seats[place - 1])
        self.seats.append(which)

    @rule()
    def seal(self) -> None:
        current = self.height // PARAMETERS.epoch_heights
        if current <= self.epoch or not self.seats:
            with reverts():
                self.staking.sealEpoch()
            return
        self.staking.sealEpoch()
        self.epoch, self.sealed = current, self.set_now()

    # ------------------------------------------------------------ what always holds

    @invariant()
    def the_set_is_the_models(self) -> None:
        load = self.system.load("Staking")
        assert mirror.set_root(load) == self.sealed.root
        assert mirror.sealed_set(load) == self.sealed
        assert self.staking.seatCount() == len(self.seats)
        assert [self.staking.validatorAt(number).place for number in self.seats] == list(
            range(1, len(self.seats) + 1)
        )
        assert self.staking.seatedStake() == sum(self.stake_of(number) for number in self.seats)

    @invariant()
    def every_wei_is_somebodys(self) -> None:
        """Exactly: what was distributed is what is owed, claimed, or waits as a fraction. And the balance
        covers all of it."""
        load = self.system.load("Staking")
        remainder, reserve = unpacked(load(mirror.RESERVE_SLOT), 128, 128)
        distributed = self.staking.distributed()
        owed = {place: self.owed(load, *place) for place in self.stake}
        claimed = sum(self.claimed.values())
        # Nothing that the model does not know of, and no reward from nothing.
        assert claimed * UNIT + sum(owed.values()) + remainder == distributed * UNIT
        staked = sum(self.stake.values())
        assert staked == sum(self.staking.stakeOf(number, self.people[who]) for number, who in self.stake)
        unbonding = sum(amount for waiting in self.unbonding.values() for amount, _ in waiting)
        balance = self.system.zone.balance("0x" + STAKING.hex())
        assert balance * UNIT == (staked + unbonding + reserve) * UNIT + sum(owed.values()) + remainder

    @invariant()
    def rewards_are_in_proportion(self) -> None:
        """As in exact fractions, but for what waits to be divided: less than all stake times 2^-128 wei."""
        if self.issued_slot != self.staking.issuedSlot():
            return
        load = self.system.load("Staking")
        assert self.staking.distributed() == self.distributed
        for place, exact in self.earned.items():
            got = Fraction(self.owed(load, *place), UNIT) + self.claimed.get(place, 0)
            assert abs(got - exact) < Fraction(1, 1000)

    def owed(self, load: Load, number: int, who: int) -> int:
        """What a delegator has earned and not claimed, in 2^-128 wei, from storage alone."""
        slot = mirror.delegation_slot(number, bytes.fromhex(self.people[who][2:]))
        stake, fraction = unpacked(load(slot), 128, 128)
        base = mirror.validator_slot(number)
        place, mark = unpacked(load(base + 1), 128, 32)[1], load(base + 5)
        earned = load(4) - mark if place else mark
        total = load(slot + 2) * UNIT + fraction + stake * (earned - load(slot + 1))
        assert self.staking.owedTo(number, self.people[who]) == total // UNIT
        return total


def run(examples: int, steps: int) -> None:
    zone = system_zone(genesis((1000, 17)))
    for account in zone.network.accounts[:DELEGATORS]:
        zone.zone.set_balance(account, 1 << 110)
    run_machine(
        Staked,
        network=zone.network,
        system_zone=zone,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
    )


def test_staking_keeps_every_wei() -> None:
    run(15, 30)


@pytest.mark.full
def test_staking_keeps_every_wei_for_long() -> None:
    run(300, 60)
