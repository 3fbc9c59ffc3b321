"""ForcedInbox: queues of transactions, the chain over them, and what is due when."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.forced import Posting
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Wei
from devnet.contracts import forced_inbox as mirror
from devnet.contracts.forced_inbox import InboxParameters
from tests.contracts.system_zone import SystemZone, genesis, operator, system_zone
from zero_sdk.client.contract import Contract
from zero_sdk.testing import emits, reverts

PARAMETERS = InboxParameters(due_gas=100_000, due_heights=8, most_bytes=100, fee_per_gas=Wei(3))
GAS = 21_000


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> SystemZone:
    return system_zone(genesis((1 << 40,), inbox=PARAMETERS), request.param)


@pytest.fixture
def zone(whole: SystemZone) -> Iterator[SystemZone]:
    with whole.network.isolated():
        yield whole


@pytest.fixture
def inbox(zone: SystemZone) -> Contract:
    return zone.contract("ForcedInbox")


def postings(*transactions: bytes, gas: int = GAS) -> list[Posting]:
    return [Posting(keccak256(transaction), gas) for transaction in transactions]


def test_genesis_holds_the_parameters(zone: SystemZone, inbox: Contract) -> None:
    assert (inbox.dueGas(), inbox.dueHeights(), inbox.mostBytes(), inbox.feePerGas()) == (100_000, 8, 100, 3)
    assert mirror.parameters_of(zone.load("ForcedInbox")) == PARAMETERS


def test_every_zone_has_its_queue(zone: SystemZone, inbox: Contract) -> None:
    poster = zone.network.accounts[1]
    load = zone.load("ForcedInbox")
    first = mirror.chain_over(ZERO_HASH, postings(b"one"))
    with emits(inbox, "Posted", zone=1, index_=0, chain=first, gas=GAS, poster=poster, transaction=b"one"):
        assert inbox.post(1, b"one", GAS, value=3 * GAS, sender=poster).return_value == 0
    assert inbox.post(2, b"two", 30_000, value=90_000).return_value == 0
    assert inbox.post(1, b"three", 40_000, value=120_000).return_value == 1
    assert [inbox.countOf(index) for index in range(3)] == [0, 2, 1]
    assert [mirror.count_of(load, index) for index in range(3)] == [0, 2, 1]
    last = mirror.entry_at(load, 1, 1)
    assert last.chain == mirror.chain_over(first, postings(b"three", gas=40_000))
    assert (last.gas, last.gas_before, last.posted_in) == (40_000, GAS, zone.zone.block_number)
    assert inbox.entryAt(1, 1) == (last.chain, last.gas, last.gas_before, last.posted_in)
    assert inbox.entryAt(2, 0).chain == mirror.chain_over(ZERO_HASH, postings(b"two", gas=30_000))
    assert mirror.chain_before(load, 1, 0) == ZERO_HASH
    assert mirror.chain_before(load, 1, 1) == first
    assert mirror.entry_at(load, 1, 2).chain == ZERO_HASH
    for place in ((0, 0), (1, 2), (7, 0)):
        with reverts(error="UnknownEntry", zone=place[0], index_=place[1]):
            inbox.entryAt(*place)


def test_the_fee_goes_to_the_stakers(zone: SystemZone, inbox: Contract) -> None:
    staking = zone.contract("Staking")
    inbox.post(1, b"one", GAS, value=3 * GAS)
    assert staking.owedTo(1, operator(1)) == 3 * GAS
    assert zone.zone.balance(inbox) == 0


def test_without_a_price_nothing_is_sent_along(zone: SystemZone, inbox: Contract) -> None:
    owner, stranger, *_ = zone.network.accounts
    with reverts(error="OnlyOwner", caller=stranger):
        inbox.setFee(0, sender=stranger)
    with emits(inbox, "FeeChanged", feePerGas=0):
        inbox.setFee(0, sender=owner)
    assert mirror.parameters_of(zone.load("ForcedInbox")) == InboxParameters(100_000, 8, 100, Wei(0))
    inbox.post(1, b"one", GAS)
    with reverts(error="WrongFee", expected=0, given=1):
        inbox.post(1, b"one", GAS, value=1)


def test_what_cannot_be_posted(inbox: Contract) -> None:
    for index in (3, 2**32 - 1):
        with reverts(error="UnknownZone", zone=index):
            inbox.post(index, b"one", GAS, value=3 * GAS)
    for length in (0, 101):
        with reverts(error="TransactionLength", length=length):
            inbox.post(1, bytes(length), GAS, value=3 * GAS)
    for gas in (0, 20_999, 100_001, 2**64 - 1):
        with reverts(error="GasOutOfRange", gas=gas):
            inbox.post(1, b"one", gas, value=10)
    for value in (0, 3 * GAS - 1, 3 * GAS + 1):
        with reverts(error="WrongFee", expected=3 * GAS, given=value):
            inbox.post(1, b"one", GAS, value=value)
    inbox.post(1, bytes(100), 100_000, value=300_000)
    assert inbox.countOf(1) == 1


@pytest.mark.parametrize("length", [1, 31, 32, 33, 64, 100])
def test_the_calldata_written_by_hand_is_the_call(zone: SystemZone, inbox: Contract, length: int) -> None:
    transaction = bytes(range(1, length + 1))
    zone.zone.send(inbox, data=mirror.post_call(2, transaction, GAS), value=3 * GAS)
    assert mirror.entry_at(zone.load("ForcedInbox"), 2, 0).chain == mirror.chain_over(
        ZERO_HASH, postings(transaction)
    )


# ---------------------------------------------------------------- what was consumed


def test_only_the_queues_own_transactions_in_their_order_are_next(zone: SystemZone, inbox: Contract) -> None:
    posted = [b"one", b"two", b"two", b"three"]
    for transaction in posted:
        inbox.post(1, transaction, GAS, value=3 * GAS)
    load = zone.load("ForcedInbox")

    def holds(first: int, transactions: list[Posting]) -> bool:
        return mirror.read_part(load, 1, first, first + len(transactions)).holds(transactions)

    for first in range(5):
        for end in range(first, 5):
            assert holds(first, postings(*posted[first:end]))
    wrong = [[b"two"], [b"two", b"one"], [b"one", b"two", b"three"], [b""], [*posted, b"four"]]
    assert not any(holds(0, postings(*transactions)) for transactions in wrong)
    assert not holds(1, postings(b"three"))
    assert not holds(5, postings(b"one"))
    assert not mirror.read_part(load, 2, 0, 1).holds(postings(b"one"))
    assert mirror.read_part(load, 2, 0, 0).holds([])
    more, less = GAS + 1, GAS - 1
    assert not any(holds(0, postings(b"one", gas=gas)) for gas in (more, less, 0))
    assert not holds(0, [*postings(b"one", gas=more), *postings(b"two", gas=less)])


def test_a_part_of_the_queue_is_shown_by_a_few_slots(zone: SystemZone, inbox: Contract) -> None:
    for number in range(1, 5):
        inbox.post(1, b"x", GAS * number, value=3 * GAS * number)
    read: set[int] = set()
    whole = zone.load("ForcedInbox")

    def load(slot: int) -> int:
        read.add(slot)
        return whole(slot)

    part = mirror.read_part(load, 1, 1, 3)
    assert len(read) == 7
    assert part.count == 4
    assert part.before == mirror.entry_at(whole, 1, 0)
    assert part.last == mirror.entry_at(whole, 1, 2)
    assert part.next == mirror.entry_at(whole, 1, 3)
    assert part.gas_with_next == (2 + 3 + 4) * GAS
    nothing = mirror.read_part(whole, 1, 4, 4)
    assert (nothing.last, nothing.next) == (None, None)


# ---------------------------------------------------------------- what is due


@settings(max_examples=12)
@given(
    gas=st.lists(st.integers(GAS, PARAMETERS.due_gas), max_size=8),
    heights=st.lists(st.integers(0, 3), min_size=1, max_size=6),
)
def test_what_is_due_is_capped_and_rolls_on(whole: SystemZone, gas: list[int], heights: list[int]) -> None:
    """Of any queue, read from the contract's storage: no height is asked for more than its gas, none that
    could take one more is let off, and all of it is due in the end."""
    with whole.network.isolated():
        inbox = whole.contract("ForcedInbox")
        for amount in gas:
            inbox.post(1, b"x", amount, value=3 * amount)
        load = whole.load("ForcedInbox")
        consumed = 0
        for passed in heights:
            most = passed * PARAMETERS.due_gas
            least = mirror.least_index(load, 1, consumed, len(gas), most)
            due = sum(gas[consumed:least])
            assert due <= most
            assert least == len(gas) or due + gas[least] > most
            for index in range(consumed, len(gas)):
                is_over = mirror.read_part(load, 1, consumed, index).gas_with_next > most
                assert is_over == (index >= least)
            consumed = least
        for _ in gas:
            consumed = mirror.least_index(load, 1, consumed, len(gas), PARAMETERS.due_gas)
        assert consumed == len(gas)


def test_only_what_has_settled_is_due(zone: SystemZone, inbox: Contract) -> None:
    for _ in range(3):
        inbox.post(1, b"x", GAS, value=3 * GAS)
    load = zone.load("ForcedInbox")
    height = PARAMETERS.due_gas
    assert mirror.least_index(load, 1, 0, settled=2, most_gas=height) == 2
    assert mirror.least_index(load, 1, 0, settled=0, most_gas=height) == 0
    assert mirror.least_index(load, 1, 2, settled=1, most_gas=height) == 2
    assert mirror.least_index(load, 1, 0, settled=3, most_gas=0) == 0
    assert mirror.least_index(load, 2, 0, settled=0, most_gas=9 * height) == 0
