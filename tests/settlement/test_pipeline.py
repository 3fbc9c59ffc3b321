"""Slots beside a network that goes on, driven by hand: what is recorded, decided and applied when."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from devnet.chain.errors import InvalidTransaction
from devnet.folder import DataFolder
from devnet.network import Network, NetworkConfig
from devnet.pace import HEAD_START, SHARE, SLOT_WORK
from devnet.parts import reference_parts
from devnet.pipeline import BUSY_WORK, LONG_SLOT, Outcome, Pipeline, Recording, Work
from devnet.rpc.serving.settling import Settling
from devnet.settlement.chain import Settled
from devnet.settlement.drafting import BLOCK_WORK
from devnet.settlement.faults.kinds import StopProducer
from devnet.state.config import DEVNET
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort
from tests.parts import parts_under_test
from tests.settlement import forcing
from tests.settlement.networks import BOB, assert_valid, network, pay
from tests.settlement.test_programs import OTHER, changing

needs_kernel = pytest.mark.skipif(
    not parts_under_test().state(DEVNET, None).records_anywhere,
    reason="only the kernel's states are recorded elsewhere",
)


class Served:
    """A network whose slots are driven as a server drives them, but one step at a time and without a thread.
    Time is what the test says; nothing takes any."""

    def __init__(
        self,
        net: Network,
        slot_time: float | None = 1.0,
        *,
        elsewhere: bool = False,
        writing: Callable[[], None] = lambda: None,
    ) -> None:
        """With `elsewhere` recording is handed out, where the states allow it. `writing` as in `Pipeline`."""
        self.net = net
        self.now = 100.0
        self.quiet = 0.0
        """From when on the network counts as quiet."""
        self.pipeline = Pipeline(
            net, slot_time, lambda: self.now, records_elsewhere=elsewhere, writing=writing
        )
        self.recording: Recording | None = None
        self.due: float | None = None
        self.work: Work | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether something was handed out."""
        return self.work is not None or self.recording is not None

    def fault(self) -> str | None:
        """Why the last attempt failed."""
        return self.pipeline.fault

    def tick(self) -> None:
        """One look at the clock."""
        self.pipeline.changed(self.now)
        self.due, work = self.pipeline.tick(self.now, self.quiet)
        if work is not None:
            assert not self.is_under_way, "one slot at a time"
            if isinstance(work, Recording):
                self.recording = work
            else:
                self.work = work

    def record(self, seconds: float = 0.0) -> None:
        """What was handed out to be recorded is, and its owner told."""
        recording, self.recording = self.recording, None
        assert recording is not None
        try:
            recording.run()
            outcome = Outcome(recording, None, seconds)
        except Exception as error:
            outcome = Outcome(recording, error, seconds)
        assert not self.pipeline.decided(outcome)

    def until_proposed(self) -> Work:
        """Ticks until there is something to decide."""
        for _ in range(1000):
            self.tick()
            if self.work is not None:
                return self.work
            if self.recording is not None:
                self.record()
                continue
            if self.due is not None:
                self.now = max(self.now, self.due)
        raise AssertionError("nothing was proposed")

    def decide(self, seconds: float = 0.0) -> bool:
        """The outcome of what was proposed; whether the chain grew."""
        work, self.work = self.work, None
        assert work is not None
        try:
            outcome = Outcome(work, work.run(), seconds)
        except Exception as error:
            outcome = Outcome(work, error, seconds)
        return self.pipeline.decided(outcome)

    def slot(self) -> bool:
        """A whole slot."""
        self.until_proposed()
        return self.decide()


def test_a_slot_settles_when_it_is_over_and_not_before() -> None:
    served = Served(network())
    served.tick()
    pay(served.net, "alpha")
    served.now = 100.25
    served.tick()
    assert served.due == 101.0
    served.now = 101.0
    assert served.slot()
    assert served.net.zone("alpha").finality().finalized == 1
    assert_valid(served.net)


def test_an_idle_network_is_not_looked_at() -> None:
    """After the slot that settles all there is, one look finds nothing, and then nobody need look again."""
    served = Served(network())
    pay(served.net, "alpha")
    assert served.slot()
    served.now += 5
    served.pipeline.tick(served.now, 0.0)
    ticks = served.pipeline.ticks
    assert served.pipeline.tick(served.now, 0.0) == (None, None)
    assert served.pipeline.changed(served.now) is not None
    assert served.pipeline.ticks == ticks + 1


def test_slots_count_on_while_nothing_changes() -> None:
    served = Served(network())
    pay(served.net, "alpha")
    assert served.slot()
    first = served.net.settlement.chain.head.slot
    served.now += 20
    pay(served.net, "alpha")
    assert served.slot()
    assert served.net.settlement.chain.head.slot >= first + 20
    assert_valid(served.net)


def test_without_slots_only_wishes_settle() -> None:
    served = Served(network(), None)
    pay(served.net, "alpha")
    served.now += 50
    served.tick()
    assert (served.due, served.work) == (None, None)
    granted: list[Sequence[Settled] | Exception] = []
    served.pipeline.wish(granted.append)
    assert served.slot()
    served.tick()
    (settled,) = granted
    assert not isinstance(settled, Exception)
    assert [entry.block.height for entry in settled] == [1]
    pay(served.net, "alpha")
    served.now += 50
    served.tick()
    assert (served.due, served.work) == (None, None)


def test_a_wish_comes_true_at_once_where_nothing_waits() -> None:
    served = Served(network())
    granted: list[Sequence[Settled] | Exception] = []
    served.pipeline.wish(granted.append)
    served.tick()
    assert granted == [()]


def test_a_wish_while_a_slot_is_under_way_gets_what_came_before_it_too() -> None:
    served = Served(network())
    pay(served.net, "alpha")
    served.until_proposed()
    pay(served.net, "beta")
    granted: list[Sequence[Settled] | Exception] = []
    served.pipeline.wish(granted.append)
    assert served.decide()
    assert not granted
    assert served.slot()
    (settled,) = granted
    assert not isinstance(settled, Exception)
    assert [entry.block.height for entry in settled] == [1, 2]
    assert served.net.zone("beta").finality().finalized == 1


def test_what_waits_while_a_slot_is_decided_is_the_next_ones() -> None:
    served = Served(network())
    pay(served.net, "alpha")
    served.until_proposed()
    for _ in range(3):
        pay(served.net, "alpha")
        served.now += 1
        served.tick()
        assert served.work is not None
    assert served.decide()
    assert served.net.zone("alpha").finality().finalized == 1
    assert served.slot()
    assert served.net.zone("alpha").finality().finalized == 4
    assert_valid(served.net)


def test_under_load_settlement_takes_its_share_and_no_more() -> None:
    """What recording and deciding took is rested for, as long as somebody asks for something."""
    served = Served(network())
    served.quiet = float("inf")
    pay(served.net, "alpha")
    served.until_proposed()
    began = served.now
    assert served.decide(seconds=0.5)
    pay(served.net, "alpha")
    served.until_proposed()
    assert served.now - began >= 0.5 * (1 / SHARE - 1)


@needs_kernel
def test_what_was_earned_before_a_slot_pays_for_recording_and_for_deciding() -> None:
    """Where both take what they took before, the next slot is earned in 31 times as long, no longer."""
    served = Served(network(), elsewhere=True)
    served.quiet = float("inf")
    began: list[float] = []
    for _ in range(24):
        pay(served.net, "alpha")
        until_recording(served)
        began.append(served.now)
        served.record(0.05)
        served.until_proposed()
        assert served.decide(seconds=0.15)
    assert began[-1] - began[-2] == pytest.approx(0.2 * (1 / SHARE - 1), rel=0.05)


def test_a_burst_that_is_over_before_a_slot_is_earned_meets_none() -> None:
    served = Served(network())
    pay(served.net, "alpha")
    served.until_proposed()
    assert served.decide(seconds=0.1), "so it is known what to expect"
    served.now = 200.0
    served.tick()
    assert not served.pipeline.wants_to_look
    served.quiet = float("inf")
    pay(served.net, "alpha")
    served.tick()
    assert served.due == 201.0
    served.now = 201.0
    served.tick()
    assert served.due is not None
    earned = served.due
    assert 201.0 < earned < 200.0 + HEAD_START
    for now in (201.1, (201.0 + earned) / 2, earned - 0.001):
        served.now = now
        pay(served.net, "alpha")
        served.tick()
        assert (served.due, served.pipeline.phase_name) == (earned, "waiting")
    served.quiet = 0.0
    assert served.slot()
    assert served.net.zone("alpha").finality().finalized == 5


def test_blocks_before_a_slot_is_earned_ask_nobody_to_look() -> None:
    """Neither does one while another thread records."""
    served = Served(network(), elsewhere=True)
    pay(served.net, "alpha")
    served.until_proposed()
    assert served.decide(seconds=0.1), "so it is known what to expect"
    served.now = 200.0
    served.tick()
    served.quiet = float("inf")
    pay(served.net, "alpha")
    served.tick()
    served.now = 201.0
    served.tick()
    earned = served.due
    assert earned is not None
    assert earned > served.now
    pay(served.net, "alpha")
    assert served.pipeline.changed(served.now) == earned
    served.now = earned
    served.tick()
    pay(served.net, "alpha")
    if served.recording is not None:
        assert served.pipeline.changed(served.now) is None
    assert served.slot()


def test_a_burst_that_does_not_end_is_settled_nevertheless() -> None:
    served = Served(network())
    served.quiet = float("inf")
    pay(served.net, "alpha")
    served.until_proposed()
    # So slow that it will never be earned.
    assert served.decide(seconds=1000.0)
    served.now += 40_000
    pay(served.net, "alpha")
    began = served.now
    served.until_proposed()
    assert served.now - began <= HEAD_START + 1
    assert served.decide()


def test_after_every_block_means_under_load_too() -> None:
    served = Served(network(), 0.0)
    served.quiet = float("inf")
    pay(served.net, "alpha")
    began = served.now
    assert served.slot()
    assert served.now == began


def test_a_quiet_network_need_not_rest() -> None:
    served = Served(network())
    pay(served.net, "alpha")
    served.until_proposed()
    began = served.now
    assert served.decide(seconds=5.0)
    pay(served.net, "alpha")
    served.until_proposed()
    assert served.now - began <= 1.0


def test_a_busy_slot_takes_some_blocks_and_leaves_the_rest() -> None:
    served = Served(network())
    served.net.mine(served.net.zone("alpha"), 60)
    served.quiet = float("inf")
    assert served.slot()
    settled = served.net.zone("alpha").finality().finalized
    assert 0 < settled < 60
    served.quiet = 0.0
    assert served.slot()
    assert served.net.zone("alpha").finality().finalized == 60
    assert_valid(served.net)


def sizes_of_slots(served: Served, count: int, per_work: float = 0.0) -> list[int]:
    """How many blocks of alpha so many slots take, each a second after the one before."""
    alpha = served.net.zone("alpha")
    sizes = []
    for _ in range(count):
        before = alpha.finality().finalized
        served.now += 1
        (section,) = served.until_proposed().draft.sections
        size = section.newest - before
        assert served.decide(per_work * (SLOT_WORK + size * BLOCK_WORK))
        assert alpha.finality().finalized == before + size
        sizes.append(size)
    return sizes


def backlogged(monkeypatch: pytest.MonkeyPatch, blocks: int, *, elsewhere: bool = True) -> Served:
    """With that many empty blocks, of which a quiet slot takes ten."""
    monkeypatch.setattr("devnet.pipeline.QUIET_WORK", 10 * BLOCK_WORK)
    served = Served(network(), elsewhere=elsewhere)
    for _ in range(blocks // 50):
        served.net.mine(served.net.zone("alpha"), 50)
    return served


@needs_kernel
def test_slots_of_a_quiet_network_grow_as_long_as_they_are_full(monkeypatch: pytest.MonkeyPatch) -> None:
    served = backlogged(monkeypatch, 100)
    assert sizes_of_slots(served, 4) == [10, 20, 40, 30]
    served.net.mine(served.net.zone("alpha"), 50)
    assert sizes_of_slots(served, 3) == [10, 20, 20]
    assert_valid(served.net)


@needs_kernel
def test_slots_are_small_again_as_soon_as_somebody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    served = backlogged(monkeypatch, 200)
    assert sizes_of_slots(served, 2) == [10, 20]
    # It is quiet again when the next slot begins.
    served.quiet = served.now + 0.5
    assert sizes_of_slots(served, 2) == [10, 20]
    served.quiet = float("inf")
    assert sizes_of_slots(served, 1) == [BUSY_WORK // BLOCK_WORK]
    served.quiet = 0.0
    assert sizes_of_slots(served, 2) == [10, 20]
    # A wish takes everything.
    served.pipeline.wish(lambda _: None)
    assert sizes_of_slots(served, 1) == [80]


@needs_kernel
def test_slots_of_a_quiet_network_take_about_half_a_second_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging by those before: one of 20 blocks does here."""
    served = backlogged(monkeypatch, 400)
    per_work = LONG_SLOT / (SLOT_WORK + 20 * BLOCK_WORK)
    sizes = sizes_of_slots(served, 12, per_work)
    assert sizes[:2] == [10, 20]
    assert set(sizes[8:]) <= {20, 21}


def test_slots_that_the_owner_records_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    served = backlogged(monkeypatch, 50, elsewhere=False)
    assert sizes_of_slots(served, 5) == [10] * 5


def go_back(net: Network, zone: ZonePort, back: str, snapshot: int, depth: int) -> None:
    """By one of the ways that there are."""
    match back:
        case "rollback":
            net.rollback(zone, depth)
        case "reorg":
            net.reorg(zone, depth, [])
        case "revert":
            net.revert_zone(zone, snapshot)
        case "revert network":
            net.revert(snapshot)
        case _:
            net.reset(zone)


def until_all_is_final(served: Served, zone: ZonePort) -> None:
    """After blocks went while they were recorded: first what was below them, then the rest."""
    for _ in range(2):
        if zone.finality().finalized < zone.number():
            assert served.slot()
    assert zone.finality().finalized == zone.number()


@pytest.mark.parametrize("back", ["rollback", "revert", "reset"])
def test_blocks_that_go_while_they_are_recorded_are_not_proposed(back: str) -> None:
    served = Served(network())
    net, alpha = served.net, served.net.zone("alpha")
    snapshot = net.snapshot()
    net.mine(alpha, 20)
    served.tick()
    assert served.due is not None
    served.now = served.due
    served.tick()
    served.tick()
    assert served.work is None
    assert served.pipeline.phase_name == "recording"
    go_back(net, alpha, back, snapshot, 15)
    assert net.settlement.chain.incarnation == 0, "nobody voted for anything"
    pay(net, alpha, 7)
    until_all_is_final(served, alpha)
    assert net.zone("alpha").finality().finalized == alpha.number()
    assert_valid(net)


def until_recording(served: Served) -> Recording:
    """Ticks until something is handed out to be recorded."""
    while served.recording is None:
        served.tick()
        if served.due is not None:
            served.now = max(served.now, served.due)
    return served.recording


@needs_kernel
def test_what_another_thread_can_record_is_handed_out() -> None:
    """Its owner records nothing of it, and goes on meanwhile."""
    served = Served(network(), elsewhere=True)
    net = served.net
    for _ in range(3):
        pay(net, "alpha")
    drafting = until_recording(served).drafting
    for _ in range(5):
        served.tick()
    assert not drafting.draft
    assert (served.work, served.due, served.pipeline.phase_name) == (None, None, "recording")
    thread = threading.Thread(target=served.record)
    thread.start()
    for _ in range(20):
        pay(net, "alpha")
    thread.join()
    assert drafting.draft is not None
    assert not served.is_under_way, "its owner has to write the blocks first"
    assert served.slot()
    assert net.zone("alpha").finality().finalized == 3
    assert served.slot()
    assert net.zone("alpha").finality().finalized == 23
    assert_valid(net)


def test_what_only_its_owner_can_record_is_not_handed_out() -> None:
    net = Network(NetworkConfig(), reference_parts())
    served = Served(net, elsewhere=True)
    pay(net, "alpha")
    while served.work is None:
        served.tick()
        assert not served.recording
        served.now = served.now if served.due is None else max(served.now, served.due)
    assert served.decide()


@needs_kernel
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("back", ["rollback", "reorg", "revert", "revert network", "reset"])
def test_blocks_that_go_while_another_thread_records_them_are_not_proposed(back: str, is_first: bool) -> None:
    """Whether they go before it looks at them or after: what it could not record hinders nobody later."""
    served = Served(network(), elsewhere=True)
    net, alpha = served.net, served.net.zone("alpha")
    pay(net, alpha)
    net.settle()
    snapshot = net.snapshot()
    for _ in range(3):
        pay(net, alpha)
    drafting = until_recording(served).drafting
    if not is_first:
        drafting.record()
    go_back(net, alpha, back, snapshot, 3)
    assert drafting.is_dropped
    incarnation = net.settlement.chain.incarnation
    assert incarnation == (back == "reset"), "only with what was settled somebody had voted"
    served.record()
    assert served.pipeline.phase_name == "waiting"
    assert net.settlement.proposed().get(alpha.config.name) == (None if back == "reset" else 1)
    pay(net, alpha, 7)
    assert served.slot()
    assert net.settlement.hindrance(alpha) is None
    assert alpha.finality().finalized == alpha.number()
    assert_valid(net)


@pytest.mark.parametrize("elsewhere", [True, False])
@pytest.mark.parametrize("is_wished", [True, False])
def test_after_blocks_went_it_is_tried_again_by_the_clock(elsewhere: bool, is_wished: bool) -> None:
    """Where somebody waits, at once."""
    served = Served(network(), elsewhere=elsewhere)
    net, alpha = served.net, served.net.zone("alpha")
    pay(net, alpha)
    while served.pipeline.phase_name != "recording":
        served.tick()
        served.now = served.now if served.due is None else max(served.now, served.due)
    if is_wished:
        served.pipeline.wish(lambda _: None)
    net.rollback(alpha, 1)
    pay(net, alpha, 7)
    served.now = 101.25
    if served.recording is not None:
        served.record()
    else:
        served.due, _ = served.pipeline.tick(served.now, served.quiet)
    assert served.pipeline.phase_name == "waiting"
    assert served.pipeline.changed(served.now) == (101.25 if is_wished else 102.0)
    assert served.slot()
    assert alpha.finality().finalized == alpha.number()
    assert_valid(net)


@needs_kernel
def test_recording_that_is_not_dropped_in_time_hinders_nobody() -> None:
    """The blocks go in the middle of it: it fails, and that is forgotten with it."""
    served = Served(network(), elsewhere=True)
    net, alpha = served.net, served.net.zone("alpha")
    for _ in range(3):
        pay(net, alpha)
    drafting = until_recording(served).drafting
    net.rollback(alpha, 2)
    while not drafting.turn():
        pass
    assert "alpha" in drafting.hindrances
    served.record()
    pay(net, alpha, 7)
    until_all_is_final(served, alpha)
    assert net.settlement.hindrance(alpha) is None
    assert alpha.finality().finalized == alpha.number() == 2
    assert_valid(net)


@needs_kernel
def test_a_reorganisation_that_cannot_be_is_no_hindrance_to_what_is_recorded_meanwhile() -> None:
    """The blocks are gone for a moment, and another thread may look for them just then."""
    served = Served(network(), elsewhere=True)
    net, alpha = served.net, served.net.zone("alpha")
    for _ in range(3):
        pay(net, alpha)
    block = alpha.block(3)
    assert block is not None
    sent = block.transactions[0]
    drafting = until_recording(served).drafting
    with pytest.raises(InvalidTransaction):
        net.reorg(alpha, 2, [(sent, 0), (sent, 1)])
    assert drafting.is_dropped
    served.record()
    until_all_is_final(served, alpha)
    assert alpha.finality().finalized == alpha.number() == 3
    assert_valid(net)


@needs_kernel
def test_history_that_ends_in_the_middle_of_recording_hinders_its_zone_alone() -> None:
    """Between the witness of an update and its transactions."""
    net = network(history=2)
    alpha = net.zone("alpha")
    for name in ("alpha", "beta"):
        pay(net, name)
    drafting = net.settlement.settler.drafting()
    assert drafting is not None
    (first, *others) = drafting._tasks

    class Ending:
        """The zone, whose owner makes blocks at the worst moment."""

        def __getattr__(self, name: str) -> Any:
            return getattr(alpha, name)

        def record_update(self, *of: Any) -> Any:
            witness = alpha.record_update(*of)
            for _ in range(4):
                pay(net, alpha)
            return witness

    drafting._tasks = deque([replace(first, zone=cast("ZonePort", Ending())), *others])
    drafting.record()
    assert set(drafting.hindrances) == {"alpha"}
    draft = drafting.draft
    assert draft is not None
    assert [section.zone for section in draft.sections] == [2]


@needs_kernel
def test_recording_that_fails_is_tried_again_by_the_clock() -> None:
    served = Served(network(), elsewhere=True)
    pay(served.net, "alpha")
    recording, served.recording = until_recording(served), None
    assert not served.pipeline.decided(Outcome(recording, ValueError("a fault"), 0.0))
    assert served.fault() == "a fault"
    assert served.slot()
    assert served.fault() is None
    assert_valid(served.net)


@needs_kernel
def test_a_dump_loaded_while_another_thread_records_takes_its_place(tmp_path: Path) -> None:
    served = Served(network(), elsewhere=True)
    net = served.net
    pay(net, "alpha")
    path = tmp_path / "dump"
    with path.open("wb") as sink:
        net.dump(sink)
    pay(net, "beta")
    drafting = until_recording(served).drafting
    with path.open("rb") as file:
        net.load(file)
    assert drafting.is_dropped
    served.record()
    assert served.slot()
    assert net.zone("alpha").finality().finalized == 1
    assert net.zone("beta").finality().finalized == 0
    assert_valid(net)


@pytest.mark.parametrize("back", ["rollback", "reorg", "revert", "revert network", "reset"])
def test_going_back_below_what_is_being_decided_withdraws_it(back: str) -> None:
    served = Served(network())
    net, alpha, beta = served.net, served.net.zone("alpha"), served.net.zone("beta")
    pay(net, alpha)
    net.settle()
    snapshot = net.snapshot()
    pay(net, alpha, 5)
    pay(net, beta)
    served.until_proposed()
    assert net.settlement.proposed() == {"alpha": 2, "beta": 1}
    pay(net, beta)
    go_back(net, alpha, back, snapshot, 1)
    assert net.settlement.chain.incarnation == 1
    assert net.settlement.proposed() == ({} if back == "reset" else {"alpha": 1})
    # Only with the zones' snapshots does more than the zone go: by depth, nobody else knew of anything.
    assert beta.number() == (2 if back in ("rollback", "reorg") else 0)
    height = net.settlement.chain.height
    assert not served.decide()
    assert net.settlement.chain.height == height
    pay(net, alpha, 9)
    assert served.slot()
    assert net.settlement.chain.head.height == height + 1
    assert_valid(net)


BACK = ["rollback", "reorg", "failed reorg", "revert", "revert network"]


@pytest.mark.parametrize("back", BACK)
@pytest.mark.parametrize("elsewhere", [True, False])
def test_going_back_above_what_is_being_recorded_leaves_it_alone(back: str, elsewhere: bool) -> None:
    """On the owner's thread that is between two of its turns."""
    served = Served(network(), elsewhere=elsewhere)
    net, alpha = served.net, served.net.zone("alpha")
    for _ in range(12):
        pay(net, alpha)
    served.tick()
    assert served.due is not None
    served.now = served.due
    served.tick()
    if served.recording is None:
        served.tick()
    drafting = net.settlement.drafting
    assert drafting is not None
    assert not drafting.draft
    snapshot = net.snapshot()
    pay(net, alpha)
    sent = net.sign(alpha, CallRequest(sender=net.keys.addresses[0], to=BOB))
    for _ in range(2):
        pay(net, alpha)
    if back == "failed reorg":
        with pytest.raises(InvalidTransaction):
            net.reorg(alpha, 2, [(sent, 0), (sent, 1)])
    else:
        go_back(net, alpha, back, snapshot, 3)
    assert not drafting.is_dropped
    assert net.settlement.drafting is drafting
    assert served.slot()
    assert net.settlement.chain.incarnation == 0
    assert alpha.finality().finalized == 12
    assert_valid(net)


@needs_kernel
def test_what_another_thread_records_is_right_while_blocks_above_it_come_and_go() -> None:
    served = Served(network(), elsewhere=True)
    net, alpha = served.net, served.net.zone("alpha")
    for _ in range(40):
        pay(net, alpha)
    snapshot = net.snapshot()
    drafting = until_recording(served).drafting
    thread = threading.Thread(target=drafting.record)
    thread.start()
    for run in range(1, 1000):
        pay(net, alpha, run)
        pay(net, alpha, run + 1)
        net.revert_zone(alpha, snapshot)
        if not thread.is_alive():
            break
    thread.join()
    assert not drafting.is_dropped
    assert not drafting.hindrances
    assert served.slot()
    assert net.settlement.hindrance(alpha) is None
    assert alpha.finality().finalized == 40
    assert_valid(net)


def test_a_zone_that_goes_back_alone_hinders_no_draft_of_others() -> None:
    served = Served(network())
    net, alpha = served.net, served.net.zone("alpha")
    pay(net, "beta")
    while (drafting := net.settlement.drafting) is None:
        served.now = served.now if served.due is None else max(served.now, served.due)
        served.tick()
    pay(net, alpha)
    net.reset(alpha)
    assert not drafting.is_dropped
    assert served.slot()
    assert net.zone("beta").finality().finalized == 1
    assert_valid(net)


@needs_kernel
def test_reverts_that_meet_every_recording_keep_nothing_else_from_becoming_final() -> None:
    """A suite goes back to its fixture again and again, always while blocks of it are recorded."""
    served = Served(network(), elsewhere=True)
    net, alpha, beta = served.net, served.net.zone("alpha"), served.net.zone("beta")
    for _ in range(3):
        pay(net, alpha)
    pay(net, beta)
    snapshot = net.snapshot()
    dropped = 0
    for run in range(1, 9):
        pay(net, alpha, run)
        drafting = until_recording(served).drafting
        net.revert_zone(alpha, snapshot)
        served.record()
        dropped += drafting.is_dropped
        if not drafting.is_dropped:
            assert served.slot()
            pay(net, beta)
        assert alpha.number() == 3
    assert dropped >= 4, "they were met"
    assert net.settlement.chain.incarnation == 0
    assert alpha.finality().finalized == 3, "the fixture"
    assert beta.finality().finalized == beta.number() - 1 == dropped, "and what others do"
    pay(net, alpha, 9)
    assert served.slot()
    assert (alpha.finality().finalized, beta.finality().finalized) == (4, beta.number())
    assert_valid(net)


def test_going_back_above_what_is_being_decided_leaves_it_alone() -> None:
    served = Served(network())
    net, alpha = served.net, served.net.zone("alpha")
    pay(net, alpha)
    served.until_proposed()
    pay(net, alpha)
    snapshot = net.snapshot()
    pay(net, alpha)
    net.revert_zone(alpha, snapshot)
    net.rollback(alpha, 1)
    assert net.settlement.chain.incarnation == 0
    assert served.decide()
    assert alpha.finality().finalized == 1 == alpha.number()
    assert_valid(net)


def test_a_slot_whose_producers_are_stopped_is_another_ones() -> None:
    served = Served(network())
    served.net.faults.inject(StopProducer(1, 0))
    for _ in range(3):
        pay(served.net, "alpha")
        assert served.slot()
    assert served.net.zone("alpha").finality().finalized == 3
    assert_valid(served.net)


def test_a_network_without_any_producer_is_not_looked_at_all_the_time() -> None:
    served = Served(network(), 0.0)
    served.net.faults.inject(StopProducer(1))
    pay(served.net, "alpha")
    for _ in range(10):
        served.tick()
        assert served.due is not None
        assert served.due > served.now
        served.now = served.due
    served.net.faults.clear()
    assert served.slot()
    assert_valid(served.net)


@pytest.mark.parametrize("slot_time", [0.0, 1.0])
def test_what_cannot_be_settled_before_something_changes_is_left_alone(slot_time: float) -> None:
    """A program that nobody here has is in force."""
    net, _ = changing(OTHER)
    net.settle()
    assert net.settlement.hindrance(net.zone("alpha")) is not None
    served = Served(net, slot_time)
    served.tick()
    if served.due is not None:
        served.now = served.due
        served.tick()
    assert (served.due, served.pipeline.wants_to_look) == (None, False)
    granted: list[Sequence[Settled] | Exception] = []
    served.pipeline.wish(granted.append)
    served.tick()
    assert granted == [()]
    assert (served.due, served.pipeline.wants_to_look) == (None, False)
    assert net.settlement.hindrance(net.zone("alpha")) is not None
    pay(net, "beta")
    assert served.slot()
    assert net.zone("beta").finality().finalized == net.zone("beta").number()


def test_what_hindered_a_zone_is_told_until_it_is_known_whether_it_does_still() -> None:
    """Reserved blocks have no headers of their own, which recording finds."""
    served = Served(network())
    net, alpha = served.net, served.net.zone("alpha")
    net.mine(alpha, 100_000)
    hindrance = None
    for _ in range(20):
        pay(net, "beta")
        assert served.slot()
        hindrance = hindrance or net.settlement.hindrance(alpha)
    assert hindrance is not None
    pay(net, "beta")
    while served.pipeline.phase_name != "recording":
        served.now = served.now if served.due is None else max(served.now, served.due)
        served.tick()
    assert net.settlement.hindrance(alpha) == hindrance
    net.rollback(alpha, alpha.number() - 2)
    assert served.slot()
    assert net.settlement.hindrance(alpha) is None
    assert_valid(net)


@pytest.mark.asyncio
async def test_who_asks_for_a_block_that_settling_made_waits_until_it_is_written(tmp_path: Path) -> None:
    """What is due of an inbox, in the first slot after a folder was opened: before the first vote all is
    written, and what is being written is not to be told of yet."""
    config = NetworkConfig()
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path, config)) as net:
        forcing.post(net, net.zone("alpha"), forcing.signed(net, net.zone("alpha")).encoded)
        while not net.settlement.wanting():
            forcing.settle(net)
    with Network(config, parts_under_test(), folder=DataFolder.open(tmp_path, config)) as net:
        alpha = net.zone("alpha")
        name, before, commit = alpha.config.name, alpha.number(), net.commit
        settling = Settling(asyncio.get_running_loop(), net)
        held: list[asyncio.Future[None] | None] = []

        def committing() -> None:
            commit()
            if alpha.number() > before:
                assert not net.is_ahead(name), "the zone says no more that it is"
                held.append(settling.settled(name))

        net.commit = committing  # type: ignore[method-assign]
        served = Served(net, writing=settling.writing)
        with settling.change():
            served.until_proposed()
            assert alpha.number() > before
            assert held
            for future in held:
                assert future is not None
                assert not future.done()
        for future in held:
            assert future is not None
            await asyncio.wait_for(future, 10)
        assert served.decide()


def test_after_an_attempt_in_vain_it_is_tried_again_by_the_clock_in_the_turn_of_another() -> None:
    served = Served(network())
    pay(served.net, "alpha")
    work = served.until_proposed()
    served.work = None
    assert not served.pipeline.decided(Outcome(work, ValueError("a fault"), 0.0))
    assert served.fault() == "a fault"
    first = work.draft.slot
    again = served.until_proposed()
    producers = served.net.settlement.settler.producers
    assert producers.turn(1, again.draft.slot) != producers.turn(1, first)
    assert served.decide()
    assert served.fault() is None
    assert_valid(served.net)


def test_what_was_voted_for_before_an_attempt_failed_is_still_proposed() -> None:
    served = Served(network())
    pay(served.net, "alpha")
    work = served.until_proposed()
    served.work = None
    served.pipeline.decided(Outcome(work, ValueError("a fault"), 0.0))
    assert served.net.settlement.proposed() == {"alpha": 1}
    served.net.rollback(served.net.zone("alpha"), 1)
    assert served.net.settlement.chain.incarnation == 1
    assert served.net.settlement.proposed() == {}


def test_a_dump_loaded_while_a_slot_is_decided_takes_its_place(tmp_path: Path) -> None:
    """What validators signed for the network that was here is not contradicted by the one that is loaded."""
    served = Served(network())
    net = served.net
    pay(net, "alpha")
    path = tmp_path / "dump"
    with path.open("wb") as sink:
        net.dump(sink)
    certified = {}
    pay(net, "beta")
    work = served.until_proposed()
    agreed = work.run()
    certified[agreed.block.incarnation, agreed.block.height] = agreed.block.root
    with path.open("rb") as file:
        net.load(file)
    assert net.settlement.chain.incarnation == 1
    assert not served.decide()
    assert net.settlement.chain.height == 0
    assert served.slot()
    newest = net.settlement.chain.newest
    assert newest is not None
    key = newest.block.incarnation, newest.block.height
    assert certified.setdefault(key, newest.block.root) == newest.block.root
    assert_valid(net)
    # The dump again: what was settled since is another past.
    with path.open("rb") as file:
        net.load(file)
    assert net.settlement.chain.incarnation == 2
    # And a dump that goes on from here is none.
    pay(net, "alpha")
    net.settle()
    with path.open("wb") as sink:
        net.dump(sink)
    with path.open("rb") as file:
        net.load(file)
    assert net.settlement.chain.incarnation == 2
    assert_valid(net)
