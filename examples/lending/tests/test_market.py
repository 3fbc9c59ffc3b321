import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zero_sdk import ether
from zero_sdk.testing import reverts

FAULTS = [("drop", {}), ("delay", {"slots": 2}), ("duplicate", {}), ("reorder", {}), ("corrupt", {})]


def test_collateral_counts_when_it_has_arrived(market, accounts, deposit, carry):
    ann = accounts[1]
    deposit(market, ann, ether(10))
    with reverts(error="TooMuch", most=0):
        market.bank.borrow(1, sender=ann)
    carry()
    market.bank.borrow(ether(10), sender=ann)
    with reverts(error="TooMuch"):
        market.bank.borrow(1, sender=ann)
    assert market.bank.balanceOf(ann) == ether(10)


def test_what_no_debt_needs_comes_back(market, accounts, deposit, withdraw, carry):
    ann = accounts[1]
    deposit(market, ann, ether(10))
    carry()
    market.bank.borrow(ether(4), sender=ann)
    with reverts(error="TooMuch"):
        withdraw(market, ann, ether(7))
    withdraw(market, ann, ether(6))
    # It counts no more from now on, though it has not arrived.
    with reverts(error="TooMuch"):
        market.bank.borrow(1, sender=ann)
    before = market.vault.zone.balance(ann)
    carry()
    assert market.vault.zone.balance(ann) == before + ether(6)
    market.bank.repay(ether(4), sender=ann)
    withdraw(market, ann, ether(4))
    carry()
    assert market.vault.zone.balance(market.vault) == 0


def test_a_debt_that_has_become_too_much_is_taken_over(market, accounts, deposit, withdraw, carry):
    ann, bob = accounts[1:3]
    for who, amount in ((ann, 10), (bob, 100)):
        deposit(market, who, ether(amount))
    carry()
    market.bank.borrow(ether(10), sender=ann)
    market.bank.borrow(ether(20), sender=bob)
    with reverts(error="IsSafe"):
        market.bank.takeOver(ann, sender=bob)
    market.bank.setPrice(ether("1.3"))
    market.bank.takeOver(ann, sender=bob)
    assert (market.bank.debt(ann), market.bank.collateral(ann)) == (0, 0)
    assert market.bank.collateral(bob) == ether(110)
    withdraw(market, bob, ether(10))
    carry()
    assert market.vault.zone.balance(market.vault) == ether(100)


def test_who_does_not_take_what_is_paid_has_it_owed(market, accounts, deposit, withdraw, carry):
    ann = accounts[1]
    deposit(market, ann, ether(1))
    carry()
    withdraw(market, ann, ether(1))
    # Code without a way to take anything: PUSH0 PUSH0 REVERT.
    market.vault.zone.set_code(ann, "0x5f5ffd")
    carry()
    assert market.vault.owed(ann) == ether(1)
    market.vault.zone.set_code(ann, "0x")
    market.vault.claim("0x" + "77" * 20, sender=ann)
    assert market.vault.zone.balance("0x" + "77" * 20) == ether(1)


@pytest.mark.parametrize(("kind", "fields"), FAULTS, ids=[kind for kind, _ in FAULTS])
def test_each_deposit_counts_once(market, accounts, deposit, faulty_turn, carry, kind, fields):
    people = accounts[1:3]
    for amount in (1, 2, 3):
        deposit(market, people[0], ether(amount))
    faulty_turn(kind, **fields)
    assert check(market, people) == (ether(6) if kind in ("drop", "delay") else 0)
    carry()
    assert check(market, people) == 0
    assert market.bank.collateral(people[0]) == ether(6)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["deposit", "withdraw", "borrow", "repay", "settle", "courier", "clear", *dict(FAULTS)]
        ),
        st.integers(1, 2),
        st.integers(1, 20),
    ),
    max_size=12,
)


@settings(max_examples=6, deadline=None)
@given(steps=STEPS)
def test_collateral_is_in_one_place_whatever_happens(
    market, network, accounts, deposit, withdraw, carry, steps
):
    bank, people = market.bank, accounts[1:3]
    for what, who, size in steps:
        person, amount = people[who - 1], ether(size)
        free = bank.collateral(person) - bank.debt(person)
        if what == "deposit":
            deposit(market, person, amount)
        elif what == "withdraw" and free:
            withdraw(market, person, min(amount, free))
        elif what == "borrow" and free:
            bank.borrow(min(amount, free), sender=person)
        elif what == "repay":
            bank.repay(min(amount, bank.debt(person)), sender=person)
        elif what in dict(FAULTS):
            network.courier.inject(what, **dict(FAULTS)[what])
        elif what == "clear":
            network.courier.clear()
        elif what == "settle":
            network.settle()
        elif what == "courier":
            network.courier.step()
        check(market, people)
    network.courier.clear()
    carry()
    assert check(market, people) == 0


def check(market, people):
    """What is on its way, when everything that is anywhere is counted."""
    vault, bank = market.vault, market.bank
    came, went = pending(vault, bank, "Deposited", "Credited"), pending(bank, vault, "LetGo", "Released")
    assert vault.zone.balance(vault) == sum(bank.collateral(who) for who in people) + came + went
    assert bank.totalSupply() == sum(bank.debt(who) for who in people)
    assert all(bank.debt(who) * 100 <= bank.valueOf(who) * bank.BORROW() for who in people)
    return came + went


def pending(source, target, sent, taken):
    on_the_way = {each.args.guid: each.args.amount for each in source.events[sent].get()}
    for each in target.events[taken].get():
        # Raises where something comes twice, or was never sent.
        assert on_the_way.pop(each.args.guid) == each.args.amount
    return sum(on_the_way.values())
