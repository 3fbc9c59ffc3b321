"""Snapshots of the whole network: ids, names, what ends one, how far going back reaches, what they cost."""

from __future__ import annotations

import datetime
import logging
import re
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet import snapshots
from devnet.chain.types import Address, Wei, ZoneName
from devnet.clock import LogicalClock, WallClock
from devnet.folder import DataFolder, Fsync
from devnet.network import Network, NetworkConfig
from devnet.snapshot_book import Ended, SnapshotBook, Taken
from devnet.snapshots import Reach, Snapshots, reach_of_revert
from devnet.zone.errors import BadRequest, LimitExceeded, UnknownSnapshot
from devnet.zone.messages import CallRequest, GenesisAccount, Mining
from devnet.zone.port import ZonePort
from devnet.zone.snapshot_losses import FORGOTTEN, LOSS_LIMIT, SnapshotLoss, SnapshotLosses, utc
from devnet.zone.snapshot_marks import SnapshotMarks

STRANGER = Address(b"\x77" * 20)


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def alpha(network: Network) -> ZonePort:
    return network.zones[ZoneName("alpha")]


@pytest.fixture
def beta(network: Network) -> ZonePort:
    return network.zones[ZoneName("beta")]


def transfer(network: Network, zone: ZonePort, value: int = 1) -> None:
    addresses = network.keys.addresses
    network.send(zone, CallRequest(sender=addresses[0], to=addresses[1], value=Wei(value), gas=21_000))


def numbers(network: Network) -> list[int]:
    return [zone.number() for zone in network.zones.values()]


def usable(network: Network) -> dict[int, list[str]]:
    """The zones that can go back to each snapshot."""
    return {
        info.taken.identifier: [str(use.zone) for use in info.zones if use.loss is None]
        for info in network.snapshots.listing()
    }


def refusal(network: Network, snapshot: int | str) -> str:
    """What zero_revert says."""
    with pytest.raises(UnknownSnapshot) as caught:
        network.revert(snapshot)
    return str(caught.value)


# ---------------------------------------------------------------- ids and names


def test_an_id_is_never_given_twice(network: Network, alpha: ZonePort) -> None:
    seen = [network.snapshot() for _ in range(3)]
    network.snapshots.delete(seen[2])
    seen.append(network.snapshot())
    network.revert(seen[0])
    seen.append(network.snapshot())
    alpha.reset()
    seen.append(network.snapshot("base"))
    assert seen == sorted(set(seen))


def test_a_name_stands_for_the_id(network: Network, alpha: ZonePort) -> None:
    identifier = network.snapshot("base")
    network.mine(alpha)
    network.revert("base")
    assert alpha.number() == 0
    assert network.snapshots.find("base").identifier == identifier
    network.snapshots.delete("base")
    assert usable(network) == {}


@pytest.mark.parametrize("name", ["a", "Base-1_2.3", "x" * 64, "0y", "-", "1.0", "1e3"])
def test_names_have_letters_digits_dots_dashes_and_underscores(network: Network, name: str) -> None:
    network.snapshot(name)
    assert [info.taken.name for info in network.snapshots.listing()] == [name]


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "a/b", "ä", "a\n", "12", "0x12", "0X", "٣"])
def test_other_names_are_refused(network: Network, name: str) -> None:
    with pytest.raises(BadRequest, match="cannot be a snapshot's name"):
        network.snapshot(name)
    assert network.snapshots.listing() == ()


def test_a_name_that_is_taken_is_replaced_only_when_asked(network: Network) -> None:
    old = network.snapshot("base")
    with pytest.raises(BadRequest, match="replace: true"):
        network.snapshot("base")
    new = network.snapshots.take("base", replace=True)
    assert network.snapshots.find("base").identifier == new
    assert f"snapshot {new:#x} took its name (base)" in refusal(network, old)
    assert network.snapshots.take("other", replace=True) > new


def test_a_name_says_what_became_of_its_snapshot(network: Network) -> None:
    first = network.snapshot()
    identifier = network.snapshot("base")
    network.revert(first)
    said = refusal(network, "base")
    assert f"'base' ({identifier:#x})" in said
    assert f"went back to snapshot {first:#x}" in said
    network.snapshot("base")
    network.revert("base")
    assert "none has a name" not in refusal(network, "bse")
    assert "there are: base" in refusal(network, "bse")


# ---------------------------------------------------------------- how far going back reaches


def test_a_zone_goes_back_alone_to_a_snapshot_of_any_zone(
    network: Network, alpha: ZonePort, beta: ZonePort
) -> None:
    for zone in (alpha, beta):
        transfer(network, zone)
    taken = network.snapshot()
    for zone in (alpha, beta):
        transfer(network, zone)
    clock = network.clock.reading()
    for zone in (beta, alpha):
        others = [other.block("latest") for other in network.zones.values() if other is not zone]
        assert network.revert_zone(zone, taken) is Reach.ZONE
        assert zone.number() == 1
        assert [other.block("latest") for other in network.zones.values() if other is not zone] == others
        assert network.clock.reading() == clock


def test_the_network_goes_back_to_one_moment_again_and_again(network: Network) -> None:
    for zone in network.zones.values():
        transfer(network, zone)
    taken = network.snapshot()
    moment = [zone.block("latest") for zone in network.zones.values()], network.clock.reading()
    for count in range(1, 4):
        for zone in list(network.zones.values())[:count]:
            transfer(network, zone, value=count)
        network.revert(taken)
        assert ([zone.block("latest") for zone in network.zones.values()], network.clock.reading()) == moment


def test_a_newer_snapshot_stays_usable_where_the_zone_did_not_go_back(
    network: Network, alpha: ZonePort, beta: ZonePort
) -> None:
    first = network.snapshot()
    network.mine(beta)
    second = network.snapshot("second")
    network.mine(alpha)
    network.mine(beta)
    network.revert_zone(alpha, first)
    assert usable(network) == {first: ["system", "alpha", "beta"], second: ["system", "beta"]}
    said = refusal(network, second)
    assert "zone alpha: the zone went back to snapshot 0x1 (block 0) when block 1 of 2026-01-01" in said
    assert "evm_revert still takes system and beta back to it" in said
    with pytest.raises(UnknownSnapshot, match="zone alpha: the zone went back"):
        network.revert_zone(alpha, second)
    assert numbers(network) == [0, 0, 2]
    network.revert_zone(beta, "second")
    assert numbers(network) == [0, 0, 1]
    network.revert(first)
    assert usable(network) == {first: ["system", "alpha", "beta"]}


@given(number=st.integers(0, 50), proposed=st.integers(0, 50))
def test_only_below_what_was_proposed_the_whole_network_goes_back(number: int, proposed: int) -> None:
    """Protocol section 7: above a zone's last proposed update a revert touches that zone only."""
    zone, other = ZoneName("alpha"), ZoneName("beta")
    reach = reach_of_revert(zone, number, {zone: proposed, other: 10**9})
    assert reach is (Reach.NETWORK if proposed > number else Reach.ZONE)
    assert reach_of_revert(zone, number, {other: proposed}) is Reach.ZONE


def test_a_revert_below_what_was_proposed_takes_everything_back_and_says_so(
    network: Network, alpha: ZonePort, beta: ZonePort, caplog: pytest.LogCaptureFixture
) -> None:
    network.mine(alpha)
    taken = network.snapshot()
    moment = numbers(network), network.clock.reading()
    for zone in (alpha, beta, beta):
        network.mine(zone)
    with caplog.at_level(logging.WARNING):
        reach = network.snapshots.revert_zone(alpha, taken, {ZoneName("alpha"): 1})
        assert (reach, numbers(network), caplog.records) == (Reach.ZONE, [0, 1, 2], [])
        network.mine(alpha)
        assert network.snapshots.revert_zone(alpha, taken, {ZoneName("alpha"): 2}) is Reach.NETWORK
    assert (numbers(network), network.clock.reading()) == moment
    (record,) = caplog.records
    assert record.getMessage() == (
        f"zone alpha went back to snapshot {taken:#x} below what was proposed for settlement: the whole "
        "network went back with it"
    )


def test_a_network_that_cannot_go_back_is_left_as_it_is(
    network: Network, alpha: ZonePort, beta: ZonePort
) -> None:
    network.mine(beta)
    taken = network.snapshot()
    network.mine(alpha)
    beta.rollback(1)
    network.mine(beta)
    before = numbers(network), network.clock.reading(), usable(network)
    assert "zone beta: a rollback to block 0" in refusal(network, taken)
    with pytest.raises(UnknownSnapshot):
        network.snapshots.revert_zone(alpha, taken, {ZoneName("alpha"): 5})
    assert (numbers(network), network.clock.reading(), usable(network)) == before


def test_a_clock_on_the_wall_goes_on() -> None:
    now = 1_000.0
    network = Network(NetworkConfig(genesis_time=1_000), clock=WallClock(lambda: now))
    taken = network.snapshot()
    now = 1_500.0
    network.revert(taken)
    assert network.clock.reading().now == 1_500
    assert network.snapshots.listing()[0].taken.clock == 1_000


# ---------------------------------------------------------------- what ends a snapshot, and what it then says


def _reset(network: Network, zone: ZonePort) -> None:
    zone.reset()


def _roll_back(network: Network, zone: ZonePort) -> None:
    zone.rollback(1)


def _reorganise(network: Network, zone: ZonePort) -> None:
    zone.reorg(1, [], network.clock.reading())


def _revert(network: Network, zone: ZonePort) -> None:
    network.revert_zone(zone, "genesis")


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (_reset, "zone alpha: a reset took the zone back to genesis when block 2 of"),
        (
            _roll_back,
            "zone alpha: a rollback to block 1 removed the block that it was taken at, when block 2 of",
        ),
        (_reorganise, "zone alpha: a reorganisation above block 1 removed its block, when block 2 of"),
        (_revert, "zone alpha: the zone went back to snapshot 0x1 (block 0) when block 2 of"),
    ],
)
def test_what_ended_a_snapshot_in_a_zone_is_said(
    network: Network, alpha: ZonePort, end: Callable[[Network, ZonePort], None], reason: str
) -> None:
    network.snapshot("genesis")
    for _ in range(2):
        network.mine(alpha)
    lost = network.snapshot()
    end(network, alpha)
    network.mine(alpha)
    assert reason in refusal(network, lost)
    # Whatever comes later ended it no more.
    alpha.reset()
    assert reason in refusal(network, lost)
    assert usable(network)[lost] == ["system", "beta"]


def test_a_reorganisation_that_cannot_be_ends_nothing(network: Network, alpha: ZonePort) -> None:
    for _ in range(2):
        network.mine(alpha)
    taken = network.snapshot()
    bad = network.sign(alpha, CallRequest(sender=network.keys.addresses[0], to=STRANGER, nonce=7, gas=21_000))
    with pytest.raises(Exception, match="nonce"):
        alpha.reorg(2, [(bad, 1)], network.clock.reading())
    network.revert(taken)
    assert alpha.number() == 2


def test_what_was_deleted_or_never_taken_is_said(network: Network) -> None:
    taken = network.snapshot()
    network.snapshots.delete(taken)
    assert re.search("it was deleted at 2026-01-01 00:00:00 UTC", refusal(network, taken))
    for unknown in (0, 99, -1):
        assert "it was never taken" in refusal(network, unknown)
    with pytest.raises(UnknownSnapshot):
        network.snapshots.delete(taken)


def test_the_oldest_unnamed_snapshots_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_LIMIT", 3)
    network = Network()
    named = network.snapshot("named")
    first = network.snapshot()
    rest = [network.snapshot() for _ in range(4)]
    assert list(usable(network)) == [named, *rest[-2:]]
    for gone in (first, *rest[:2]):
        assert "3 newer ones were taken, which is the limit; a name keeps one" in refusal(network, gone)
    network.revert(named)
    assert list(usable(network)) == [named]


def test_names_never_go_by_themselves_so_there_is_a_limit_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "SNAPSHOT_LIMIT", 2)
    monkeypatch.setattr(snapshots, "NAMED_LIMIT", 3)
    network = Network()
    named = [network.snapshot(name) for name in "abc"]
    with pytest.raises(LimitExceeded, match="3 snapshots have names"):
        network.snapshot("d")
    assert network.snapshots.take("a", replace=True) > named[-1]
    network.snapshots.delete("b")
    assert list(usable(network)) == [named[2], network.snapshots.find("a").identifier]
    network.snapshot("d")


def test_the_limit_is_lower_where_zones_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshots, "MARK_LIMIT", 12)
    for zones, limit in ((("one",), 6), (("one", "two", "three"), 3)):
        network = Network(NetworkConfig(zones=zones))
        for _ in range(10):
            network.snapshot()
        assert len(usable(network)) == limit


def test_what_the_memory_limit_took_is_said(network: Network, alpha: ZonePort) -> None:
    old = network.snapshot()
    for _ in range(6):
        network.mine(alpha)
    young = network.snapshot()
    assert alpha.history().pinned == 0
    alpha.forget(4)
    assert "--memory-limit" in refusal(network, old)
    assert usable(network)[old] == ["system", "beta"]
    network.mine(alpha)
    network.revert(young)
    assert alpha.number() == 6


def test_snapshots_hold_the_history_that_they_need() -> None:
    network = Network(NetworkConfig(zones=("alpha",), history=2))
    zone = network.default_zone
    network.mine(zone)
    taken = network.snapshot()
    for _ in range(8):
        network.mine(zone)
    (info,) = network.snapshots.listing()
    assert [(use.number, use.pinned) for use in info.zones] == [(0, 1), (1, 9)]
    assert zone.history().oldest == 1
    network.revert_zone(zone, taken)
    assert zone.number() == 1
    for _ in range(8):
        network.mine(zone)
    network.snapshots.delete(taken)
    network.mine(zone)
    assert zone.history().oldest == zone.number() - 2


# ---------------------------------------------------------------- what is brought back


def test_settings_of_the_coming_blocks_go_back_and_manners_of_the_node_stay(
    network: Network, alpha: ZonePort
) -> None:
    """As in Anvil and Hardhat: a revert changes neither whose signatures are needed nor when blocks come."""
    taken = network.snapshot()
    before = alpha.status()
    alpha.set_gas_limit(40_000_000)
    alpha.set_coinbase(STRANGER)
    alpha.set_next_base_fee(Wei(7))
    alpha.increase_time(100)
    alpha.set_chain_id(5)
    alpha.impersonate(STRANGER)
    alpha.set_mining(Mining(automine=False))
    network.revert(taken)
    after = alpha.status()
    assert after.mining == Mining(automine=False)
    assert alpha.impersonated() == {STRANGER}
    alpha.set_mining(before.mining)
    assert alpha.status() == before


def test_the_list_says_when_and_where(network: Network, alpha: ZonePort) -> None:
    listed = Snapshots(network.zones, LogicalClock(5_000), now=lambda: 77.9)
    network.mine(alpha)
    identifier = listed.take("base")
    network.mine(alpha)
    (info,) = listed.listing()
    assert info.taken == Taken(identifier, "base", 5_000, 77, (0, 1, 0))
    assert [(use.zone, use.number, use.loss, use.pinned) for use in info.zones] == [
        ("system", 0, None, 1),
        ("alpha", 1, None, 2),
        ("beta", 0, None, 1),
    ]


# ---------------------------------------------------------------- what it costs


def _crowded(accounts: int) -> Network:
    """A network whose one application zone has so many accounts more."""
    holders = {
        Address(number.to_bytes(20, "big")): GenesisAccount(Wei(1)) for number in range(1_000, accounts)
    }
    return Network(NetworkConfig(zones=("alpha",), genesis_accounts=holders))


def _calls(action: Callable[[], object]) -> int:
    """How many functions are called, this interpreter's own included."""
    count = 0

    def profile(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


def _costs(network: Network) -> tuple[int, int, int]:
    """What a snapshot, a block with a transfer, and going back do: calls of a snapshot, calls and hashes of a
    revert."""
    zone = network.default_zone
    transfer(network, zone)
    store = zone._ledger.state  # type: ignore[attr-defined]
    before = store.costs.copy()
    taking = _calls(network.snapshot)
    assert store.costs == before
    taken = network.snapshot()
    network.revert(taken)
    # Nothing happened, so nothing is touched.
    assert store.costs == before
    transfer(network, zone)
    before = store.costs.copy()
    reverting = _calls(lambda: network.revert(taken))
    spent = store.costs - before
    assert (spent.entry_reads, spent.appends, spent.compaction_reads, spent.compaction_appends) == (
        0,
        0,
        0,
        0,
    )
    return taking, reverting, spent.hashes


@pytest.mark.parametrize("accounts", [10_000, pytest.param(1_000_000, marks=pytest.mark.full)])
def test_costs_do_not_grow_with_the_state(accounts: int) -> None:
    """A tree over a hundred times the entries has seven levels more on each way up."""
    small, large = _costs(_crowded(2_000)), _costs(_crowded(accounts))
    assert small[0] == large[0] < 200
    assert small[2] < 250
    # A transfer changes six values. In the small tree each leaves and takes a place of one twig; in the large
    # one the place that it leaves is in an old twig, with a way up of its own.
    ways = 2 * 6
    more_levels = (accounts // 2_000).bit_length()
    assert large[2] <= small[2] + ways * more_levels
    assert large[1] <= small[1] + 20 * ways * more_levels


def test_costs_do_not_grow_with_the_snapshots_or_the_loops(network: Network, alpha: ZonePort) -> None:
    """As loadFixture does: one snapshot, gone back to a thousand times; and a thousand others beside it."""
    for _ in range(1_000):
        network.snapshot()
    taken = network.snapshot()
    store = alpha._ledger.state  # type: ignore[attr-defined]
    seen = set()
    for _ in range(1_000):
        transfer(network, alpha)
        before = store.costs.copy()
        network.revert(taken)
        spent = store.costs - before
        seen.add((spent.entry_reads, spent.hashes))
    assert len(seen) == 1
    assert len(network.snapshots.book) == 1_001
    counted = set()
    for _ in range(20):
        transfer(network, alpha)
        counted.add(_calls(lambda: network.revert(taken)))
    # The events' ring now and then packs what is old.
    assert max(counted) <= min(counted) + 200


def test_memory_does_not_grow_with_the_loops(network: Network, alpha: ZonePort) -> None:
    """Neither where one snapshot is gone back to, nor where newer ones come and go in between."""
    taken = network.snapshot()
    transfer(network, alpha)
    rounds = LOSS_LIMIT + 100

    def loop() -> None:
        for _ in range(rounds):
            network.snapshot("inner")
            network.revert(taken)

    loop()
    filters = [tracemalloc.Filter(True, f"*{name}*") for name in ("snapshot", "rewind", "mempool", "overlay")]
    tracemalloc.start()
    try:
        loop()
        before = tracemalloc.take_snapshot().filter_traces(filters)
        loop()
        after = tracemalloc.take_snapshot().filter_traces(filters)
    finally:
        tracemalloc.stop()
    grown = sum(entry.size_diff for entry in after.compare_to(before, "filename"))
    assert grown < 32 * rounds


def test_snapshots_between_which_nothing_changed_share_everything(network: Network, alpha: ZonePort) -> None:
    alpha.set_mining(Mining(automine=False))
    for value in range(50):
        transfer(network, alpha, value)
    alpha.set_account(STRANGER, balance=Wei(5))
    marks = alpha._rewind.marks  # type: ignore[attr-defined]
    taken = [network.snapshot() for _ in range(3)]
    assert len({id(marks.get(identifier)) for identifier in taken}) == 1
    transfer(network, alpha)
    network.revert(taken[0])
    # Also after going back: the next one is the same moment.
    assert marks.get(network.snapshot()) is marks.get(taken[0])
    alpha.increase_time(1)
    assert marks.get(network.snapshot()) is not marks.get(taken[0])
    assert marks.get(network.snapshot()).pool is marks.get(taken[0]).pool


def test_what_a_deleted_snapshot_held_is_free(network: Network, alpha: ZonePort) -> None:
    marks = alpha._rewind.marks  # type: ignore[attr-defined]
    for _ in range(10):
        network.mine(alpha)
        network.snapshot()
    for identifier in list(usable(network)):
        network.snapshots.delete(identifier)
    assert (len(marks.marks), marks.lowest_number, len(network.snapshots.book)) == (0, None, 0)


# ---------------------------------------------------------------- the book and the losses


@given(st.data())
def test_the_same_changes_make_the_same_book(data: st.DataObject) -> None:
    """Against a plain dictionary, and made again from the recorded changes and from its state."""
    book, again = SnapshotBook(), SnapshotBook()
    book.record_changes()
    plain: dict[int, Taken] = {}
    reasons: dict[int, str] = {}
    for step in range(data.draw(st.integers(0, 30))):
        kind = data.draw(st.sampled_from(["take", "delete", "revert"]))
        if kind == "take":
            free = sorted({None, "a", "b", "c"} - {taken.name for taken in plain.values()}, key=str) or [None]
            taken = Taken(book.last_id + 1, data.draw(st.sampled_from([None, *free])), step, step, (step,))
            book.apply(taken)
            plain[taken.identifier] = taken
        elif plain:
            chosen = data.draw(st.sampled_from(sorted(plain)))
            reason = f"{kind} {data.draw(st.integers(0, 1))}"
            ended = [chosen] if kind == "delete" else [other for other in plain if other > chosen]
            if not ended:
                continue
            last = chosen if kind == "delete" else book.last_id
            book.apply(Ended(ended[0] if kind == "delete" else chosen + 1, last, reason))
            for identifier in ended:
                reasons[identifier] = reason
                del plain[identifier]
    for change in book.take_changes():
        again.apply(change)
    assert book.take_changes() == ()
    assert book.state() == again.state() == SnapshotBook.from_state(book.state()).state()
    for one in (book, again, SnapshotBook.from_state(book.state())):
        assert list(one) == list(plain.values())
        assert one.oldest_unnamed == next((key for key, taken in plain.items() if taken.name is None), None)
        assert {one.why_gone(identifier): identifier for identifier in reasons}.keys() == set(
            reasons.values()
        )
        for identifier, reason in reasons.items():
            assert one.get(identifier) is None
            assert one.why_gone(identifier) == reason


def test_a_forgotten_reason_is_not_replaced_by_a_wrong_one() -> None:
    losses = SnapshotLosses()
    losses.add(SnapshotLoss(5, 6, "the first"))
    for number in range(LOSS_LIMIT - 1):
        losses.add(SnapshotLoss(2, 10 + number, f"number {number}"))
    assert losses.reason(5) == "the first"
    losses.add(SnapshotLoss(2, 5_000, "the last"))
    assert losses.reason(5) == FORGOTTEN
    assert losses.reason(5_000) == "the last"


def test_neighbours_that_went_for_one_reason_are_one() -> None:
    losses = SnapshotLosses()
    for number in range(1, 10_000):
        losses.add(SnapshotLoss(number, number, "the limit"))
    assert list(losses) == [SnapshotLoss(1, 9_999, "the limit")]


def test_ids_only_rise() -> None:
    network = Network(NetworkConfig(zones=("alpha",)))
    marks: SnapshotMarks = network.default_zone._rewind.marks  # type: ignore[attr-defined]
    network.snapshot()
    mark = marks.get(1)
    assert mark is not None
    for low in (0, 1):
        with pytest.raises(ValueError, match="cannot follow"):
            marks.put(low, mark)
        with pytest.raises(ValueError, match="cannot follow"):
            network.snapshots.book.apply(Taken(low, None, 0, 0, (0, 0)))


def test_moments_are_named_whatever_the_timestamp() -> None:
    assert utc(0) == "1970-01-01 00:00:00 UTC"
    assert utc((1 << 64) - 1) == f"second {(1 << 64) - 1}"
    last = int(datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=datetime.UTC).timestamp())
    assert utc(last) == "9999-12-31 23:59:59 UTC"


# ---------------------------------------------------------------- in a data folder


def test_a_network_that_is_opened_again_has_its_snapshots(tmp_path: Path) -> None:
    config = NetworkConfig()

    def opened() -> Network:
        return Network(config, folder=DataFolder.open(tmp_path / "data", config, Fsync.NEVER))

    with opened() as network:
        base = network.snapshot("base")
        transfer(network, network.default_zone)
        lost = network.snapshot()
        network.revert_zone(network.zone("beta"), base)
        said = refusal(network, lost)
        before = network.snapshots.listing()
    with opened() as network:
        assert network.snapshots.listing() == before
        assert refusal(network, lost) == said
        network.revert("base")
        assert (numbers(network), network.clock.mark()) == ([0, 0, 0], config.genesis_time)
        network.snapshots.delete(base)
    with opened() as network:
        # Nothing is left, and still no id is given twice.
        assert network.snapshots.listing() == ()
        assert network.snapshot() == lost + 1


def test_the_documents_program_runs() -> None:
    document = (Path(__file__).parents[1] / "docs" / "snapshots.md").read_text(encoding="utf-8")
    lines = document[: document.index("On the command line")].splitlines()
    program = "\n".join(line.removeprefix("    ") for line in lines if line.startswith("    ") or not line)
    assert "network.revert(" in program
    exec(compile(program, "docs/snapshots.md", "exec"), {})
