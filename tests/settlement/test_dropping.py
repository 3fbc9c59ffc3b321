"""Whatever goes back while slots are recorded: a draft goes with its blocks, and with no others."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.zone.errors import UnknownSnapshot
from tests.settlement.networks import assert_valid, network, pay
from tests.settlement.test_pipeline import Served

NAMES = ("alpha", "beta")
steps = st.one_of(
    st.tuples(
        st.sampled_from(["pay", "pay", "snapshot", "tick", "tick", "record", "decide"]), st.integers(0, 1)
    ),
    st.tuples(st.sampled_from(["rollback", "reorg", "revert", "revert network", "reset"]), st.integers(0, 9)),
)


class Run:
    """A network that is served, and what is done to it."""

    def __init__(self, *, elsewhere: bool) -> None:
        self.served = Served(network(), elsewhere=elsewhere)
        self.net = self.served.net
        self.snapshots: list[int] = []
        self.amount = 0

    def do(self, step: str, number: int) -> None:
        """One step; `number` chooses among what there is."""
        served, net = self.served, self.net
        zone = net.zone(NAMES[number % 2])
        match step:
            case "pay":
                self.amount += 1
                pay(net, zone, self.amount)
            case "snapshot":
                self.snapshots.append(net.snapshot())
            case "tick" if not served.is_under_way:
                served.now += 0.5
                served.tick()
            case "record" if served.recording is not None:
                served.record()
            case "decide" if served.work is not None:
                served.decide()
            case "rollback":
                net.rollback(zone, min(number // 2, zone.number()))
            case "reorg":
                net.reorg(zone, min(number // 2, zone.number()), [])
            case "revert" | "revert network" if self.snapshots:
                self._revert(self.snapshots[number % len(self.snapshots)], number, whole=step != "revert")
            case "reset" if number == 0:
                net.reset(zone)

    def _revert(self, snapshot: int, number: int, *, whole: bool) -> None:
        try:
            if whole:
                self.net.revert(snapshot)
            else:
                self.net.revert_zone(self.net.zone(NAMES[number % 2]), snapshot)
        except UnknownSnapshot:
            self.snapshots.remove(snapshot)

    def hashes(self) -> dict[tuple[int, int], bytes]:
        """Of the blocks of the draft that is being made, by zone and number."""
        drafting = self.net.settlement.drafting
        zones = list(self.net.zones.values())
        blocks = (
            {} if drafting is None else {key: zones[key[0]].block(key[1]) for key in drafting.newest.items()}
        )
        return {key: block.hash for key, block in blocks.items() if block is not None}

    def finish(self) -> None:
        """Nothing happens any more until all is final."""
        served = self.served
        for _ in range(40):
            if served.work is not None:
                served.decide()
            elif served.recording is not None:
                served.record()
            elif not self.net.settlement.standing():
                return
            else:
                served.now += 1
                served.tick()
        raise AssertionError("something never becomes final")


@pytest.mark.parametrize("elsewhere", [True, False])
@settings(max_examples=60, deadline=None)
@given(st.lists(steps, max_size=40))
def test_a_draft_goes_with_its_blocks_and_with_no_others(
    elsewhere: bool, given_steps: list[tuple[str, int]]
) -> None:
    run = Run(elsewhere=elsewhere)
    for step, number in given_steps:
        drafting, before = run.net.settlement.drafting, run.hashes()
        height, incarnation = run.net.settlement.chain.height, run.net.settlement.chain.incarnation
        run.do(step, number)
        chain = run.net.settlement.chain
        if drafting is not None and run.net.settlement.drafting is drafting:
            assert run.hashes() == before, "what is recorded is what there is"
        if (
            drafting is not None
            and drafting.is_dropped
            and (chain.height, chain.incarnation) == (height, incarnation)
        ):
            zones = list(run.net.zones.values())
            now = {key: zones[key[0]].block(key[1]) for key in before}
            gone = [key for key, block in now.items() if block is None or block.hash != before[key]]
            assert gone, "one of its blocks went"
    run.finish()
    assert not run.net.settlement.settler.hindrances
    assert_valid(run.net)
