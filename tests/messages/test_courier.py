"""The courier: every message is proven and delivered once, after it was settled, as its options say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts.addresses import ENDPOINT, EXECUTOR, RECEIVE_LIBRARY, SEND_LIBRARY
from devnet.contracts.calldata import Tail, joined, octets
from devnet.contracts.delivering import commit_call, execute_call
from devnet.messages.accounts import COURIER_FLOAT
from devnet.messages.errors import NotDeliverable, NotProvable, UnknownMessage
from devnet.messages.faults import (
    BadCourierFault,
    CorruptDeliveries,
    CorruptPart,
    DelayDeliveries,
    DropDeliveries,
    DuplicateDeliveries,
    ReorderDeliveries,
    Selection,
    check_kind,
)
from devnet.messages.life import Status, StepKind
from devnet.messages.message import MessageCursor, MessageFilter
from devnet.messages.modes import ModeKind
from devnet.messages.turn import ActionKind
from devnet.packets.options import Compose, NativeDrop, Options, Ordered, Receive
from devnet.packets.packet import padded
from devnet.zone.messages import CallRequest, Mining
from tests.messages.posts import GAS, VALUE, Posts, posts, selector

DELIVERED, FAILED, BLOCKED = Status.DELIVERED, Status.FAILED, Status.BLOCKED


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> Posts:
    return posts(request.param)


@pytest.fixture
def two(whole: Posts) -> Iterator[Posts]:
    """A network as it was when everything was deployed."""
    snapshot = whole.network.snapshot()
    yield whole
    courier = whole.network.courier
    assert courier.trouble is None
    courier.faults.clear()
    courier.resume()
    courier.set_mode(ModeKind.AUTOMATIC)
    for zone in whole.network.zones.values():
        zone.set_mining(Mining())
    whole.network.revert(snapshot)


def settle(two: Posts) -> None:
    two.network.settle()
    assert two.network.courier.trouble is None


# ------------------------------------------------------------ the way of a message


@pytest.mark.parametrize("way", [("alpha", "beta"), ("beta", "system"), ("system", "alpha")])
def test_a_message_is_delivered_after_it_was_settled(two: Posts, way: tuple[str, str]) -> None:
    source, destination = way
    message = two.send(source, destination, b"hello")
    assert two.status(message) == [Status.SENT]
    before = two.port(destination).number()
    settle(two)
    life = two.life(message)
    assert life.status is DELIVERED
    assert life.settlement_height == two.network.settlement.chain.height
    assert [step.kind for step in life.steps] == [StepKind.SENT, StepKind.VERIFIED, StepKind.DELIVERED]
    # Proven and delivered in one block.
    assert two.port(destination).number() == before + 1
    assert two.taken(destination) == [b"hello"]
    heights = two.heights()
    settle(two)
    settle(two)
    assert two.heights() == heights
    assert two.network.settlement.standing() == ()


def test_many_messages_of_a_path_are_delivered_in_one_block(two: Posts) -> None:
    sent = [two.send("alpha", "beta", bytes([number])) for number in range(5)]
    before = two.port("beta").number()
    settle(two)
    assert two.status(*sent) == [DELIVERED] * 5
    assert two.port("beta").number() == before + 1
    assert two.taken("beta") == [bytes([number]) for number in range(5)]


def test_the_couriers_accounts_are_not_the_users(two: Posts) -> None:
    two.send("alpha", "beta", b"hello")
    settle(two)
    couriers = two.network.courier.addresses
    assert not set(couriers) & set(two.network.keys.addresses)
    block = two.port("beta").block("latest")
    assert block is not None
    assert {transaction.sender for transaction in block.transactions} <= set(couriers)
    accounts = two.network.courier.status().accounts
    assert len(accounts) == len(couriers) * 3
    assert sum(account.balance < COURIER_FLOAT for account in accounts) == 1


def test_a_proof_is_of_the_newest_settlement_block_or_of_an_older_one(two: Posts) -> None:
    two.network.courier.pause()
    first = two.send("alpha", "beta", b"one")
    with pytest.raises(NotProvable):
        two.network.messages.proof(first.guid)
    settle(two)
    height = two.network.settlement.chain.height
    second = two.send("alpha", "beta", b"two")
    settle(two)
    for guid, at in ((first.guid, height), (first.guid, height + 1), (second.guid, None)):
        proof = two.network.messages.proof(guid, at)
        assert proof.height == (height + 1 if at is None else at)
    with pytest.raises(NotProvable):
        two.network.messages.proof(second.guid, height)
    with pytest.raises(UnknownMessage):
        two.network.messages.proof(Hash32(bytes(32)))


# ------------------------------------------------------------ options


def test_a_delivery_has_the_gas_and_value_of_its_options(two: Posts) -> None:
    lucky = Address(b"\xab" * 20)
    drop = NativeDrop(Wei(30), padded(lucky))
    message = two.send("alpha", "beta", b"hello", Receive(0, Wei(7)), drop)
    settle(two)
    life = two.life(message)
    assert life.status is DELIVERED
    assert (two.received("beta"), two.port("beta").balance(lucky)) == (7, 30)
    assert [(drop.receiver, drop.amount, drop.success) for drop in life.drops] == [(lucky, 30, True)]


def test_currency_is_dropped_once_however_often_a_delivery_fails(two: Posts) -> None:
    lucky = Address(b"\xab" * 20)
    two.tell("beta", "refuse(bool)", 1)
    message = two.send("alpha", "beta", b"hello", NativeDrop(Wei(30), padded(lucky)))
    settle(two)
    assert two.status(message) == [FAILED]
    two.tell("beta", "refuse(bool)", 0)
    two.network.courier.retry(message.guid)
    assert two.status(message) == [DELIVERED]
    assert two.port("beta").balance(lucky) == 30


def test_a_drop_that_somebody_made_fail_is_made_all_the_same(two: Posts) -> None:
    """Anybody may drop what a message's options name, with too little gas, and has the currency back."""
    needy = Address(b"\xcd" * 20)
    # Stores a word, for which the stipend is too little.
    two.port("beta").set_account(needy, code=bytes.fromhex("600160005500"))
    two.network.courier.pause()
    message = two.send("alpha", "beta", b"hello", NativeDrop(Wei(30), padded(needy)))
    settle(two)
    header = message.packet.header
    origin = joined(header.path.src_eid, header.path.sender, header.nonce)
    drops = Tail(joined(1, needy.rjust(32, b"\0"), 30))
    call = joined(origin, header.path.dst_eid, header.path.receiver, drops, 0)
    data = selector("nativeDrop((uint32,bytes32,uint64),uint32,address,(address,uint256)[],uint256)") + call
    two.order("beta", EXECUTOR, data, Wei(30))
    assert [drop.success for drop in two.life(message).drops] == [False]
    two.network.courier.resume()
    two.network.courier.step()
    assert two.status(message) == [DELIVERED]
    assert [drop.success for drop in two.life(message).drops] == [False, True]
    assert two.port("beta").balance(needy) == 30


def test_composed_calls_that_are_paid_for_are_made(two: Posts) -> None:
    two.tell("beta", "compose(uint16)", 3)
    composes = Compose(0, GAS, Wei(5)), Compose(2, GAS)
    message = two.send("alpha", "beta", b"hello", *composes, gas=500_000)
    settle(two)
    life = two.life(message)
    assert [call.status for call in life.composes] == [DELIVERED, Status.SENT, DELIVERED]
    assert [call.gas for call in life.composes] == [GAS, None, GAS]
    assert two.composed("beta") == [b"hello"] * 2
    assert two.received("beta") == 5
    two.network.courier.retry(message.guid, compose=1, gas=GAS)
    assert two.life(message).composes[1].status is DELIVERED
    with pytest.raises(NotDeliverable, match="was made"):
        two.network.courier.retry(message.guid, compose=1, gas=GAS)


def test_a_composed_call_that_fails_waits_for_a_retry(two: Posts) -> None:
    two.tell("beta", "compose(uint16)", 1)
    message = two.send("alpha", "beta", b"hello", Compose(0, 30_000), gas=400_000)
    settle(two)
    (call,) = two.life(message).composes
    assert call.status is FAILED
    heights = two.heights()
    settle(two)
    two.network.courier.retry(message.guid, compose=0, gas=GAS)
    (call,) = two.life(message).composes
    assert call.status is DELIVERED
    assert two.heights()[2] == heights[2] + 1


def test_a_message_for_another_executor_is_proven_and_left_to_it(two: Posts) -> None:
    alpha, box = two.port("alpha"), two.boxes["alpha"]
    other = Address(b"\xee" * 20)
    alpha.set_account(other, code=alpha.account(EXECUTOR).code)
    for slot in range(5):
        alpha.set_storage(other, slot, alpha.storage(EXECUTOR, slot))
    ours = two.send("alpha", "beta", b"ours")
    alpha.impersonate(box)
    alpha.set_account(box, balance=VALUE)
    chosen = joined(10_000, other.rjust(32, b"\0"))
    # One setting, of type 1, for beta: its tuple begins after its offset.
    setting = joined(two.network.config.zone_eid("beta"), 1, octets(chosen))
    settings = Tail(joined(1, 32) + setting)
    call = joined(box.rjust(32, b"\0"), SEND_LIBRARY.rjust(32, b"\0"), settings)
    data = selector("setConfig(address,address,(uint32,uint32,bytes)[])") + call
    two.network.send(alpha, CallRequest(sender=box, to=ENDPOINT, data=data, gas=1_000_000))
    theirs = two.send("alpha", "beta", b"theirs")
    assert (ours.executor, theirs.executor) == (EXECUTOR, other)
    assert ours.fee == theirs.fee - 2 * 16 * 10**9
    settle(two)
    assert two.status(ours, theirs) == [DELIVERED, Status.VERIFIED]
    assert two.network.courier.status().waiting == 0
    two.order("beta", EXECUTOR, execute_call(theirs.packet, GAS))
    assert two.status(theirs) == [DELIVERED]


# ------------------------------------------------------------ failing, blocked


def test_a_refused_message_fails_and_can_be_retried(two: Posts) -> None:
    two.tell("beta", "refuse(bool)", 1)
    message = two.send("alpha", "beta", b"hello", Receive(0, Wei(7)))
    settle(two)
    life = two.life(message)
    assert life.status is FAILED
    assert life.reason is not None
    assert life.reason.data[:4] == selector("Refused(bytes)")
    heights = two.heights()
    settle(two)
    two.network.mine(two.port("beta"))
    settle(two)
    # It is not tried again and again.
    assert two.heights() == [heights[0], heights[1], heights[2] + 1]
    two.tell("beta", "refuse(bool)", 0)
    two.network.courier.retry(message.guid)
    life = two.life(message)
    assert (life.status, life.is_retried, len(life.attempts)) == (DELIVERED, True, 2)
    assert two.received("beta") == 7
    with pytest.raises(NotDeliverable):
        two.network.courier.retry(message.guid)


@pytest.mark.parametrize("gas", [GAS, 16_000_000])
def test_the_largest_message_fails_where_its_receiver_uses_up_all_gas(two: Posts, gas: int) -> None:
    """And its delivery does not, which would be tried for ever; nor where it may use the most there is."""
    two.tell("beta", "burnAndSay(uint256)", 256)
    message = two.send("alpha", "beta", b"\xff" * 10_000, gas=gas)
    settle(two)
    life = two.life(message)
    assert (life.status, len(life.attempts)) == (FAILED, 1)
    settle(two)
    assert len(two.life(message).attempts) == 1


def test_reasons_are_read_with_what_the_network_was_told(two: Posts) -> None:
    two.tell("beta", "refuse(bool)", 1)
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    abi = [{"type": "error", "name": "Refused", "inputs": [{"name": "message", "type": "bytes"}]}]
    two.network.artifacts.add_document({"contractName": "Mailbox", "abi": abi}, "Mailbox")
    reason = two.life(message).reason
    assert reason is not None
    assert (reason.error, reason.text[:8]) == ("Refused", "Refused(")


def test_a_retry_can_give_more_gas(two: Posts) -> None:
    message = two.send("alpha", "beta", b"hello", gas=30_000)
    settle(two)
    assert two.status(message) == [FAILED]
    zone, (request,) = two.network.courier.retry_requests(message.guid, gas=GAS)
    assert (zone, request.to) == (two.index("beta"), EXECUTOR)
    sender = two.network.keys.addresses[3]
    two.network.send(two.port("beta"), replace(request, sender=sender))
    assert two.status(message) == [DELIVERED]


def test_a_path_that_is_not_open_is_tried_again_when_it_is(two: Posts) -> None:
    two.tell("beta", "close(bool)", 1)
    sent = [two.send("alpha", "beta", bytes([number])) for number in range(2)]
    settle(two)
    assert two.status(*sent) == [BLOCKED] * 2
    reason = two.life(sent[0]).reason
    assert reason is not None
    assert reason.error == "LZ_PathNotInitializable"
    with pytest.raises(NotDeliverable, match="until its peer is set"):
        two.network.courier.retry(sent[0].guid)
    heights = two.heights()
    settle(two)
    assert two.heights() == heights
    two.tell("beta", "close(bool)", 0)
    assert two.status(*sent) == [DELIVERED] * 2


def test_a_gap_holds_up_what_comes_after_it(two: Posts) -> None:
    one = two.send("alpha", "beta", b"one")
    two.network.courier.faults.inject(DropDeliveries(Selection(guid=one.guid)))
    two_ = two.send("alpha", "beta", b"two")
    settle(two)
    assert two.status(one, two_) == [Status.SETTLED, BLOCKED]
    reason = two.life(two_).reason
    assert reason is not None
    assert "message 1 " in reason.text
    two.network.courier.faults.clear()
    two.network.courier.step()
    assert two.status(one, two_) == [DELIVERED] * 2


def test_messages_in_order_wait_for_each_other(two: Posts) -> None:
    two.tell("beta", "refuse(bool)", 1)
    sent = [two.send("alpha", "beta", bytes([number]), Ordered()) for number in range(3)]
    settle(two)
    assert two.status(*sent) == [FAILED, Status.VERIFIED, Status.VERIFIED]
    two.tell("beta", "refuse(bool)", 0)
    two.network.courier.retry(sent[0].guid)
    assert two.status(*sent) == [DELIVERED] * 3
    assert two.taken("beta") == [bytes([number]) for number in range(3)]


def test_where_there_is_nothing_to_do_a_turn_does_nothing(two: Posts) -> None:
    heights = two.heights()
    turn = two.network.courier.step()
    assert turn.is_done
    assert turn.actions == ()
    assert two.heights() == heights


# ------------------------------------------------------------ others


def test_what_somebody_else_delivers_is_not_delivered_again(two: Posts) -> None:
    two.network.courier.pause()
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    proof = two.network.messages.proof(message.guid)
    packet = message.packet
    two.order("beta", RECEIVE_LIBRARY, commit_call(packet.header.encoded, packet.payload_hash, proof))
    assert two.status(message) == [Status.VERIFIED]
    two.order("beta", EXECUTOR, execute_call(packet, GAS))
    assert two.status(message) == [DELIVERED]
    two.network.courier.resume()
    settle(two)
    assert two.network.courier.step().actions == ()
    assert two.taken("beta") == [b"hello"]


def test_nobody_makes_a_message_fail_by_calling_with_too_little(two: Posts) -> None:
    two.network.courier.pause()
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    proof = two.network.messages.proof(message.guid)
    packet = message.packet
    two.order("beta", RECEIVE_LIBRARY, commit_call(packet.header.encoded, packet.payload_hash, proof))
    two.order("beta", EXECUTOR, execute_call(packet, 25_000))
    two.order("beta", EXECUTOR, execute_call(packet, GAS, b"something else"))
    life = two.life(message)
    assert life.status is Status.VERIFIED
    assert [attempt.counts for attempt in life.attempts] == [False, False]
    two.network.courier.resume()
    two.network.courier.step()
    assert two.status(message) == [DELIVERED]


# ------------------------------------------------------------ mining and accounts


def test_where_blocks_are_made_by_hand_a_message_waits_for_them(two: Posts) -> None:
    beta = two.port("beta")
    beta.set_mining(Mining(automine=False))
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    # Beta holds no settlement block that knows the message before it makes a block.
    assert two.status(message) == [Status.SETTLED]
    assert two.network.courier.step().actions == ()
    two.network.mine(beta)
    assert len(beta.pending_transactions()) == 2
    turn = two.network.courier.step()
    # What waits is not sent again.
    assert turn.actions == ()
    two.network.mine(beta)
    assert two.status(message) == [DELIVERED]


def test_transactions_that_became_too_cheap_are_sent_again_for_more(two: Posts) -> None:
    beta = two.port("beta")
    beta.set_mining(Mining(automine=False))
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    two.network.mine(beta)
    (first, *_) = beta.pending_transactions()
    beta.set_next_base_fee(Wei(first.max_fee_per_gas * 3))
    turn = two.network.courier.step()
    assert [action.kind for action in turn.actions] == [ActionKind.REPLACE] * 2
    two.network.mine(beta)
    assert two.status(message) == [DELIVERED]


def test_of_transactions_that_do_the_same_each_is_sent_again_for_more(two: Posts) -> None:
    two.network.courier.faults.inject(DuplicateDeliveries())
    beta = two.port("beta")
    beta.set_mining(Mining(automine=False))
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    two.network.mine(beta)
    first, *others = beta.pending_transactions()
    beta.set_next_base_fee(Wei(first.max_fee_per_gas * 3))
    turn = two.network.courier.step()
    # One that is left would hold up all that its account sent after it.
    assert [action.kind for action in turn.actions] == [ActionKind.REPLACE] * (1 + len(others))
    two.network.mine(beta)
    assert two.status(message) == [DELIVERED]


def test_an_empty_account_is_told_of_and_goes_on_when_it_has_something(two: Posts) -> None:
    beta = two.port("beta")
    for account in two.network.courier.addresses:
        beta.set_account(account, balance=Wei(1000))
    message = two.send("alpha", "beta", b"hello")
    two.network.settle()
    assert two.status(message) == [Status.SETTLED]
    trouble = two.network.courier.trouble
    assert trouble is not None
    assert "too little in zone beta" in trouble
    # What goes elsewhere does not make it forgotten.
    elsewhere = two.send("beta", "alpha", b"elsewhere")
    two.network.settle()
    assert two.status(elsewhere) == [DELIVERED]
    assert two.network.courier.trouble == trouble
    for account in two.network.courier.addresses:
        beta.set_account(account, balance=COURIER_FLOAT)
    two.network.mine(beta)
    assert two.status(message) == [DELIVERED]
    assert two.network.courier.trouble is None


# ------------------------------------------------------------ modes


def test_by_hand_nothing_moves_until_it_is_told_to(two: Posts) -> None:
    two.network.courier.set_mode(ModeKind.MANUAL)
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    two.network.mine(two.port("beta"))
    assert two.status(message) == [Status.SETTLED]
    turn = two.network.courier.step()
    assert [action.kind for action in turn.actions] == [ActionKind.COMMIT, ActionKind.DELIVER]
    assert turn.is_done
    assert two.status(message) == [DELIVERED]


def test_a_delayed_message_waits_for_its_slots(two: Posts) -> None:
    two.network.courier.set_mode(ModeKind.DELAYED, 3)
    message = two.send("alpha", "beta", b"hello")
    settle(two)
    assert two.status(message) == [Status.SETTLED]
    assert two.network.courier.next_release is not None
    for _ in range(3):
        # A logical clock moves by a second, which is a slot here, with every block.
        two.network.mine(two.port("alpha"))
    assert two.status(message) == [DELIVERED]
    with pytest.raises(ValueError, match="a delay"):
        two.network.courier.set_mode(ModeKind.DELAYED, -1)
    with pytest.raises(ValueError, match="only the mode"):
        two.network.courier.set_mode(ModeKind.AUTOMATIC, 1)


# ------------------------------------------------------------ faults


@pytest.mark.parametrize(
    "kind",
    [
        DuplicateDeliveries(),
        ReorderDeliveries(),
        *(CorruptDeliveries(part) for part in CorruptPart),
    ],
    ids=lambda kind: str(getattr(kind, "part", type(kind).__name__)),
)
def test_faults_harm_no_message(two: Posts, kind: DuplicateDeliveries) -> None:
    two.network.courier.faults.inject(kind, seed=3)
    two.tell("beta", "compose(uint16)", 1)
    sent = [two.send("alpha", "beta", bytes([number]), Compose(0, GAS), gas=400_000) for number in range(4)]
    settle(two)
    assert two.status(*sent) == [DELIVERED] * 4
    texts = [bytes([number]) for number in range(4)]
    assert sorted(two.taken("beta")) == texts
    assert (two.taken("beta") == texts) is not isinstance(kind, ReorderDeliveries)
    assert sorted(two.composed("beta")) == texts


def test_what_is_wrong_is_refused_on_chain(two: Posts) -> None:
    two.network.courier.faults.inject(CorruptDeliveries())
    message = two.send("alpha", "beta", b"hello")
    before = two.port("beta").number()
    settle(two)
    block = two.port("beta").block(before + 1)
    assert block is not None
    assert [receipt.status for receipt in block.receipts] == [False, True, True]
    assert two.status(message) == [DELIVERED]


def test_faults_meet_a_share_of_the_messages_the_same_every_time(two: Posts) -> None:
    faults = two.network.courier.faults
    fault = faults.inject(DropDeliveries(Selection(rate=0.5)), seed=1)
    sent = [two.send("alpha", "beta", bytes([number])) for number in range(8)]
    met = [fault.meets(message) for message in sent]
    assert set(met) == {True, False}
    settle(two)
    held_up = met.index(True)
    # What comes after a gap is proven, and not delivered.
    assert two.status(*sent[:held_up]) == [DELIVERED] * held_up
    assert DELIVERED not in two.status(*sent[held_up:])
    assert faults.clear() == (fault,)
    settle(two)
    two.network.courier.step()
    assert two.status(*sent) == [DELIVERED] * 8


def test_a_fault_can_delay_messages_of_a_zone(two: Posts) -> None:
    two.network.courier.faults.inject(DelayDeliveries(5, Selection(source=two.index("alpha"))))
    one = two.send("alpha", "beta", b"one")
    two_ = two.send("system", "beta", b"two")
    settle(two)
    assert two.status(one, two_) == [Status.SETTLED, DELIVERED]
    two.network.mine(two.port("alpha"), 5)
    assert two.status(one) == [DELIVERED]


@pytest.mark.parametrize(
    "kind",
    [
        DropDeliveries(Selection(source=3)),
        DropDeliveries(Selection(rate=0)),
        DelayDeliveries(0),
        DelayDeliveries(1 << 20),
    ],
)
def test_faults_that_cannot_be_are_refused(kind: DropDeliveries) -> None:
    with pytest.raises(BadCourierFault):
        check_kind(kind, 3)


# ------------------------------------------------------------ going back


def test_a_delivery_that_was_taken_back_is_made_again(two: Posts) -> None:
    message = two.send("alpha", "beta", b"hello")
    beta = two.port("beta")
    snapshot = two.network.snapshot()
    two.network.courier.pause()
    settle(two)
    two.network.courier.resume()
    two.network.courier.step()
    assert two.status(message) == [DELIVERED]
    two.network.rollback(beta, 1)
    assert two.status(message) == [Status.SETTLED]
    assert two.taken("beta") == []
    two.network.courier.step()
    assert two.status(message) == [DELIVERED]
    settle(two)
    # Below what was settled: the sending goes, too, or stays unsettled.
    two.network.revert(snapshot)
    assert two.status(message) == [Status.SENT]
    settle(two)
    assert two.status(message) == [DELIVERED]
    assert two.taken("beta") == [b"hello"]


def test_a_message_whose_block_was_reorganised_away_is_gone(two: Posts) -> None:
    alpha = two.port("alpha")
    message = two.send("alpha", "beta", b"hello")
    cursor = two.network.messages.touched().cursor
    two.network.reorg(alpha, 1, ())
    assert two.network.messages.get(message.guid) is None
    assert message.guid in two.network.messages.touched(cursor).guids
    with pytest.raises(UnknownMessage):
        two.life(message)
    # The nonce is free again: another message has the same GUID.
    other = two.send("alpha", "beta", b"other")
    assert other.guid == message.guid
    settle(two)
    assert two.taken("beta") == [b"other"]


# ------------------------------------------------------------ asking


def test_messages_are_found_newest_first_by_what_they_are(two: Posts) -> None:
    ways = [("alpha", "beta"), ("beta", "alpha"), ("alpha", "system"), ("alpha", "beta")]
    sent = [two.send(*way, bytes([number])) for number, way in enumerate(ways)]
    messages = two.network.messages
    found = [each.message for each in messages.find()]
    assert found == sent[::-1]
    assert [each.message for each in messages.find(limit=2)] == sent[:1:-1]
    before = MessageCursor.of(sent[2])
    assert [each.message for each in messages.find(before=before)] == sent[1::-1]
    wanted = MessageFilter(source=1, destination=2)
    assert [each.message for each in messages.find(wanted)] == [sent[3], sent[0]]
    settle(two)
    assert messages.find(MessageFilter(statuses=frozenset((Status.SENT,)))) == ()
    assert len(messages.find(MessageFilter(statuses=frozenset((DELIVERED,))))) == 4
    path = sent[1].path
    wanted = MessageFilter(sender=path.sender, receiver=path.receiver)
    assert [each.message for each in messages.find(wanted)] == [sent[1]]
    number = sent[2].sent.block_number
    wanted = MessageFilter(source=1, first_block=number, last_block=number)
    assert [each.message for each in messages.find(wanted)] == [sent[2]]
    wanted = MessageFilter(transaction_hash=sent[0].sent.transaction_hash)
    assert [each.message for each in messages.find(wanted)] == [sent[0]]


def test_who_watches_hears_of_every_step(two: Posts) -> None:
    messages = two.network.messages
    cursor = messages.touched().cursor
    message = two.send("alpha", "beta", b"hello")
    touched = messages.touched(cursor)
    assert touched.guids == (message.guid,)
    assert messages.touched(touched.cursor).guids == ()
    two.network.courier.pause()
    settle(two)
    settled = messages.touched(touched.cursor)
    assert settled.guids == (message.guid,)
    two.network.courier.resume()
    two.network.courier.step()
    assert set(messages.touched(settled.cursor).guids) == {message.guid}


def test_options_are_read_as_they_were_sent(two: Posts) -> None:
    message = two.send("alpha", "beta", b"hello", Ordered())
    assert message.decoded_options == Options((Receive(GAS), Ordered()))
