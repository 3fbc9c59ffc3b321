"""Validators that live elsewhere: whose seat it is, what they refuse, and what a bad one costs."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32
from devnet.chain.validator_set import ValidatorSet
from devnet.config import NetworkConfig
from devnet.folder import DataFolder
from devnet.network import Network
from devnet.settlement.acceptance import UpdateFlaw
from devnet.settlement.chain import Settled
from devnet.settlement.chain_codec import decode_change
from devnet.settlement.consensus.messages import Status
from devnet.settlement.consensus.wire import encode_message
from devnet.settlement.faults.kinds import CorruptColumns, Lie, LyingProducer
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.remote.catching_up import Forked, Page, TooFarBehind, catch_up
from devnet.settlement.remote.following import Following
from devnet.settlement.remote.node import Dismissed
from devnet.settlement.remote.seats import MOST_FLAWS, MOST_MESSAGES, MOST_SESSIONS, Seats, SeatTaken, Session
from devnet.settlement.standstill import Undecided
from devnet.settlement.votes import Choice, Vote, VoteKind
from tests.parts import parts_under_test
from tests.rpc.asking import Asker
from tests.settlement.elsewhere import Elsewhere, Outlet, following
from tests.settlement.networks import assert_valid, network, pay

ALPHA = 1


def settle_one(net: Network) -> None:
    pay(net, "alpha")
    assert len(net.settle()) == 1


def wait_for_final(validator: Elsewhere, height: int) -> None:
    until = time.monotonic() + 30
    while not any(final.height >= height for final in validator.finals):
        assert time.monotonic() < until, f"{validator.happened}"
        time.sleep(0.01)


def test_a_validator_elsewhere_signs_what_it_checked_itself() -> None:
    net = network()
    settle_one(net)
    with Elsewhere(net, 1) as one:
        for height in (2, 3):
            settle_one(net)
            newest = net.settlement.chain.newest
            assert newest is not None
            assert 1 in newest.certificate.members
            wait_for_final(one, height)
        assert [final.root for final in one.finals][1:] == [
            settled.block.root for settled in net.settlement.chain
        ][1:]
        assert one.node.following.position.head == net.settlement.chain.head
    settle_one(net)
    assert_valid(net)


@contextmanager
def impatient(net: Network) -> Iterator[None]:
    """Whoever waits for validators elsewhere is told again and again to give up."""
    is_over = threading.Event()

    def cancel() -> None:
        while not is_over.wait(0.7):
            net.settlement.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@pytest.mark.parametrize("seats", [(0, 1), (0, 1, 2), (0, 1, 2, 3)])
def test_it_settles_however_many_live_elsewhere(seats: tuple[int, ...]) -> None:
    net = network()
    validators = [Elsewhere(net, index) for index in seats]
    for validator in validators:
        validator.__enter__()
    try:
        settle_one(net)
        settle_one(net)
        for validator in validators:
            wait_for_final(validator, 2)
    finally:
        for validator in validators:
            validator.__exit__(None, None, None)
    assert_valid(net)


def test_what_development_takes_back_a_validator_elsewhere_follows() -> None:
    net = network()
    with Elsewhere(net, 2) as two:
        settle_one(net)
        snapshot = net.snapshot()
        settle_one(net)
        wait_for_final(two, 2)
        net.revert(snapshot)
        settle_one(net)
        wait_for_final(two, 2)
        newest = net.settlement.chain.newest
        assert newest is not None
        assert newest.block.incarnation == 1
        assert 2 in newest.certificate.members
    assert_valid(net)


def test_a_seat_is_somebodys_for_a_whole_height() -> None:
    """Who goes in the middle is not replaced there: nobody knows what he signed."""
    net = network()
    silent = [Outlet(), Outlet()]
    keys = [validator.public_key for validator in net.settlement.validators.validators]
    seats = net.hub.seats
    sessions = [seats.attach(key, outlet) for key, outlet in zip(keys[2:], silent, strict=True)]
    pay(net, "alpha")
    with impatient(net), pytest.raises(Undecided, match=r"validators 2, 3 of 50\.0 % of the stake silent"):
        net.settle()
    for session in sessions:
        seats.detach(session)
    with impatient(net), pytest.raises(Undecided, match="is not attached"):
        net.settle()
    with Elsewhere(net, 3) as three:
        assert len(net.settle()) == 1
        wait_for_final(three, 1)
    newest = net.settlement.chain.newest
    assert newest is not None
    assert set(newest.certificate.members) == {0, 1, 3}
    # The next height has everybody here again.
    settle_one(net)
    assert_valid(net)


def test_who_comes_in_the_middle_votes_from_the_next_height_on() -> None:
    seats = Seats()
    net = network()
    setting = following(net).setting()
    key = setting.validators.validators[1].public_key
    outlet = Outlet()
    assert seats.begin(setting, frozenset(range(4)), lambda index: None) == frozenset()
    seats.attach(key, outlet)
    told = outlet.notices.get_nowait()
    assert (told.height, told.index, told.has_seat) == (1, 1, False)  # type: ignore[union-attr]
    # An attempt at the same height changes nothing about that.
    assert seats.begin(setting, frozenset(range(4)), lambda index: None) == frozenset()
    # Where nobody here has the key, it may begin at once.
    assert seats.begin(setting, frozenset((0, 2, 3)), lambda index: None) == {1}


def test_a_key_has_one_connection() -> None:
    seats = Seats()
    session = seats.attach(b"\x01" * 48, Outlet())
    with pytest.raises(SeatTaken):
        seats.attach(b"\x01" * 48, Outlet())
    seats.detach(session)
    seats.attach(b"\x01" * 48, Outlet())


# ---------------------------------------------------------------- what it refuses


def test_a_corrupt_column_makes_only_its_holder_refuse() -> None:
    net = network()
    with Elsewhere(net, 1) as one:
        net.faults.inject(CorruptColumns((1,)), seed=7)
        settle_one(net)
        wait_for_final(one, 1)
        refused = [each for each in one.happened if isinstance(each, Dismissed)]
        assert refused
        assert all(each.reason.startswith(UpdateFlaw.DATA.value) for each in refused)
        assert all(vote.root is None for vote in one.voted)
        newest = net.settlement.chain.newest
        assert newest is not None
        assert 1 not in newest.certificate.members


def test_with_a_third_elsewhere_that_refuses_a_lie_nothing_of_it_is_final() -> None:
    net = network()
    turn = net.settlement.settler.producers.turn(ALPHA, 1).index
    with Elsewhere(net, 0) as zero, Elsewhere(net, 1) as one:
        net.faults.inject(LyingProducer(ALPHA, Lie.PROOF, turn), seed=3)
        pay(net, "alpha")
        net.settle()
        for validator in (zero, one):
            wait_for_final(validator, 1)
        for validator in (zero, one):
            assert net.settlement.chain.at(1) is not None
            assert validator.node.following.chain.at(1).updates == net.settlement.chain.at(1).updates  # type: ignore[union-attr]
        # The other producer's was accepted.
        (update,) = net.settlement.chain.at(1).updates  # type: ignore[union-attr]
        assert net.settlement.settler.producers.turn(ALPHA, update.slot).index != turn


def follow(own: Following, settled: Settled) -> None:
    own.check(settled)
    own.append(settled)


def test_a_chain_is_built_from_certificates_alone() -> None:
    net = network()
    for _ in range(3):
        settle_one(net)
    own = following(net)
    for settled in net.settlement.chain:
        follow(own, settled)
    assert own.position.head == net.settlement.chain.head


def test_a_decision_that_is_not_signed_gets_onto_no_chain() -> None:
    net, other = network(), network()
    settle_one(net)
    pay(other, "beta")
    other.settle()
    (true,), (false,) = net.settlement.chain, other.settlement.chain
    own = following(net)
    elected = ValidatorSet(net.settlement.validators.validators[1:])
    for lie, flaw in (
        (replace(true, block=false.block), Flaw.ROOT),
        (replace(true, certificate=false.certificate), Flaw.ROOT),
        (replace(true, certificate=replace(true.certificate, signers=b"\x03")), Flaw.STAKE),
        (replace(true, certificate=replace(true.certificate, kind=VoteKind.PREVOTE)), Flaw.KIND),
        (replace(true, block=replace(true.block, height=2)), Flaw.HEIGHT),
        (replace(true, block=replace(true.block, parent_root=true.block.root)), Flaw.PARENT),
        (replace(true, updates=false.updates), Flaw.PAYLOAD),
        (replace(true, updates=()), Flaw.PAYLOAD),
        (replace(true, elected=elected), Flaw.PAYLOAD),
    ):
        with pytest.raises(Refused) as refused:
            follow(own, lie)
        assert refused.value.flaw is flaw
    assert own.chain.height == 0
    follow(own, true)
    assert own.position.head == net.settlement.chain.head


# ---------------------------------------------------------------- what a bad one costs


def attached(net: Network, index: int) -> tuple[Outlet, Session]:
    outlet = Outlet()
    key = net.settlement.validators.validators[index].public_key
    return outlet, net.hub.seats.attach(key, outlet)


def test_garbage_ends_the_connection_and_nothing_else() -> None:
    net = network()
    outlet, session = attached(net, 1)
    net.hub.seats.begin(following(net).setting(), frozenset(range(4)), lambda index: None)
    net.hub.seats.receive(session, None, b"\xff garbage")
    assert net.hub.seats.take(0.01) is None
    assert outlet.closed
    assert "message" in outlet.closed[0]
    settle_one(net)


def test_votes_that_do_not_hold_end_the_connection() -> None:
    net = network()
    outlet, session = attached(net, 1)
    other, _ = attached(net, 2)
    pay(net, "alpha")

    def lie() -> None:
        # When it is told the height, so that nothing is of the one before.
        assert outlet.notices.get(timeout=30) is not None
        for number in range(MOST_FLAWS + 2):
            choice = Choice(1, Hash32(bytes([number + 1]) * 32))
            vote = Vote(VoteKind.PREVOTE, 1, number % 3, choice, 1, bytes(96))
            net.hub.seats.receive(session, None, encode_message(vote))

    liar = threading.Thread(target=lie)
    liar.start()
    with impatient(net), pytest.raises(Undecided):
        net.settle()
    liar.join()
    assert outlet.closed == ["it sends what does not hold: signature"]
    assert not other.closed
    assert net.hub.seats.attached == (net.settlement.validators.validators[2].public_key,)


def test_who_floods_loses_its_own_messages() -> None:
    net = network()
    _, session = attached(net, 1)
    seats = net.hub.seats
    seats.begin(following(net).setting(), frozenset(range(4)), lambda index: None)
    message = encode_message(Status(1))
    taken = [seats.receive(session, None, message) for _ in range(MOST_MESSAGES + 10)]
    assert taken == [True] * MOST_MESSAGES + [False] * 10
    assert seats.take(1) is not None
    assert seats.receive(session, None, message)
    stranger = seats.attach(b"\x07" * 48, Outlet())
    assert not seats.receive(stranger, None, message), "it is in no set"
    seats.end(None)
    assert not seats.receive(session, None, message), "no height is agreed upon"


def test_strangers_make_room_for_validators() -> None:
    net = network()
    seats = net.hub.seats
    strangers = [Outlet() for _ in range(MOST_SESSIONS)]
    settle_one(net)
    for number, outlet in enumerate(strangers):
        seats.attach(number.to_bytes(48, "big"), outlet)
    with pytest.raises(SeatTaken):
        seats.attach(b"\x07" * 48, Outlet())
    attached(net, 1)
    assert sum(bool(outlet.closed) for outlet in strangers) == 1
    assert len(seats.attached) == MOST_SESSIONS


def test_who_does_not_answer_is_waited_for_less_and_less() -> None:
    net = network()
    _, session = attached(net, 1)
    seats = net.hub.seats
    clock = [0.0]

    def now() -> float:
        clock[0] += 0.6
        return clock[0]

    waited = []
    base = following(net).setting()
    for height in range(1, 17):
        seats.begin(replace(base, height=height), frozenset(range(4)), lambda index: None)
        before = clock[0]
        seats.await_ready(now)
        waited.append(clock[0] - before > 1.0)
    assert waited[0]
    assert sum(waited) < 6
    assert session is not None


# ---------------------------------------------------------------- catching up


class Asked:
    """A network's answers to a validator that catches up."""

    def __init__(self, net: Network, least: int = 1) -> None:
        self.net = net
        self.least = least

    async def decisions(self, first: int) -> Page:
        chain = self.net.settlement.chain
        # Few at a time, so that there are several pages.
        found = [settled for settled in chain if first <= settled.block.height < first + 2]
        kept = [] if first < self.least else found
        return Page(chain.incarnation, chain.height, kept)

    async def root_at(self, height: int) -> Hash32 | None:
        return self.net.settlement.chain.root_at(height)


class AskedOverRpc(Asked):
    """The same over JSON-RPC."""

    async def decisions(self, first: int) -> Page:
        told = Asker(self.net)("zero_getDecisions", hex(first))
        changes = [decode_change(bytes.fromhex(each[2:])) for each in told["decisions"]]
        found = [change for change in changes if isinstance(change, Settled)]
        return Page(int(told["incarnation"], 16), int(told["height"], 16), found)


def caught_up(validator: Elsewhere) -> bool:
    own, chain = validator.node.following.chain, validator.net.settlement.chain
    return (own.head, own.incarnation) == (chain.head, chain.incarnation)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from(["settle", "mark", "back", "meet"]), max_size=9))
def test_whatever_happened_while_it_was_away_a_validator_gets_to_the_same_chain(
    happenings: list[str],
) -> None:
    net = network()
    validator = Elsewhere(net, 1)
    marks: list[int] = []
    for happening in (*happenings, "meet"):
        if happening == "settle":
            settle_one(net)
        elif happening == "mark":
            marks.append(net.snapshot())
        elif happening == "back" and marks:
            net.revert(marks[-1])
        elif happening == "meet":
            asyncio.run(catch_up(validator.node, Asked(net)))
            assert caught_up(validator)


def test_who_saw_more_become_final_than_a_killed_network_kept_follows_it_into_another_life(
    tmp_path: Path,
) -> None:
    config = NetworkConfig()
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path / "kept", config)) as net:
        settle_one(net)
        net.commit()
        shutil.copytree(tmp_path / "kept", tmp_path / "killed")
        settle_one(net)
        validator = Elsewhere(net, 1)
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path / "killed", config)) as again:
        asyncio.run(catch_up(validator.node, AskedOverRpc(again)))
        position = validator.node.following.position
        assert (position.head.height, position.incarnation) == (1, 1)
        settle_one(again)
        asyncio.run(catch_up(validator.node, AskedOverRpc(again)))
        validator.net = again
        assert caught_up(validator)


def test_another_chain_without_a_new_incarnation_is_not_followed() -> None:
    net, other = network(), network()
    for _ in range(2):
        settle_one(net)
    validator = Elsewhere(net, 1)
    pay(other, "beta")
    other.settle()
    settle_one(other)
    with pytest.raises(Forked, match="block 1 is another"):
        asyncio.run(catch_up(validator.node, Asked(other)))
    with pytest.raises(Forked, match="block 1 is another, or gone"):
        asyncio.run(catch_up(validator.node, Asked(network())))


def test_who_was_away_for_too_long_says_so() -> None:
    net = network()
    validator = Elsewhere(net, 1)
    for _ in range(3):
        settle_one(net)
    with pytest.raises(TooFarBehind, match="does not give 1 any more"):
        asyncio.run(catch_up(validator.node, Asked(net, least=3)))
