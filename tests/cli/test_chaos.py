"""`zero chaos`: a seed gives the same faults, a network keeps its promises, and a broken one is found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zero_sdk
from tests.cli.devnet_process import Devnet
from tests.cli.process import zero
from zero_sdk.chaos.plan import DRAWING, Shape, draw
from zero_sdk.chaos.promises import Promise, Seen, judge
from zero_sdk.chaos.running import Run, shape_of
from zero_sdk.client.faults import Equivocate, StopProducer

SHAPE = Shape(("system", "alpha", "beta"), 2, 4, (0, 1, 2, 3))


@given(st.integers(0, 1 << 64), st.integers(1, 50), st.sets(st.sampled_from([*DRAWING, Equivocate.name])))
def test_a_seed_gives_the_same_faults_in_the_same_slots(seed: int, slots: int, kinds: set[str]) -> None:
    chosen = sorted(kinds)
    actions = draw(seed, slots, SHAPE, chosen)
    assert actions == draw(seed, slots, SHAPE, chosen)
    assert all(0 <= action.slot < slots for action in actions)
    assert {action.fault.name for action in actions} <= (kinds or {*DRAWING, Equivocate.name})
    liars = {action.fault.validator for action in actions if isinstance(action.fault, Equivocate)}
    assert len(liars) <= 1
    # A longer run begins as the shorter one does.
    assert draw(seed, slots + 5, SHAPE, chosen)[: len(actions)] == actions


def test_where_nobody_may_lie_nobody_does() -> None:
    alone = Shape(("alpha",), 1, 1, ())
    assert not any(isinstance(action.fault, Equivocate) for action in draw(1, 200, alone))
    with pytest.raises(ValueError, match="there is no fault 'equivocate'"):
        draw(1, 5, alone, ["equivocate"])


# ---------------------------------------------------------------- promises


def broken(seen: Seen, **changes: object) -> list[str]:
    outcome = {
        "finality": dict.fromkeys(seen.acknowledged, "finalized"),
        "newest": {"alpha": 3},
        "accused": {},
        "healed": (1, 2),
        **changes,
    }
    promises: tuple[Promise, ...] = judge(seen, **outcome)  # type: ignore[arg-type]
    return [against for promise in promises for against in promise.broken]


def good() -> Seen:
    seen = Seen()
    seen.certificate(1, "0xaa", 3, 4)
    seen.tag("alpha", "finalized", 3)
    seen.acknowledged["0x1234"] = "alpha"
    return seen


def test_what_is_kept_is_kept() -> None:
    assert broken(good()) == []


def test_every_promise_can_be_broken() -> None:
    forked = good()
    forked.block(1, "0xbb")
    assert broken(forked) == ["height 1 was 0xaa and is 0xbb"]
    weak = good()
    weak.certificate(2, "0xcc", 2, 3)
    assert broken(weak) == ["height 2 was signed by 66.7 % of the stake"]
    back = good()
    back.tag("alpha", "finalized", 2)
    assert broken(back) == ["finalized of alpha went from 3 back to 2"]
    assert broken(good(), finality={"0x1234": None}) == ["0x1234 of alpha"]
    assert broken(good(), finality={"0x1234": "latest"}) == ["0x1234 of alpha is latest"]
    assert broken(good(), newest={"alpha": 4}) == ["alpha has block 4 that is not"]
    assert broken(good(), healed=(2, 2)) == ["height 2 when it healed, 2 at the end"]
    liar = good()
    liar.equivocators.add(3)
    assert broken(liar, accused={3: 2}) == []
    assert broken(liar, accused={3: 2, 1: 1}) == ["validator 1"]


# ---------------------------------------------------------------- networks


@settings(max_examples=2, deadline=None)
@given(st.integers(0, 1 << 32))
def test_a_network_in_process_keeps_its_promises(seed: int) -> None:
    with zero_sdk.local() as network:
        lines: list[str] = []
        actions = draw(seed, 5, shape_of(network))
        verdict = Run(network, seed, actions, 5, lines.append).run()
        assert [promise for promise in verdict.promises if not promise.is_kept] == []
        assert network.faults == ()
        assert sum(" for " in line for line in lines) >= len(actions)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(60))
def test_many_seeds_keep_the_promises(seed: int) -> None:
    with zero_sdk.local() as network:
        verdict = Run(network, seed, draw(seed, 12, shape_of(network)), 12, lambda line: None).run()
        assert [promise for promise in verdict.promises if not promise.is_kept] == []


def test_a_network_that_forgets_is_found_out() -> None:
    """Somebody else takes everything back in the middle."""
    with zero_sdk.local() as network:

        def tell(line: str) -> None:
            if line.startswith("slot 2: ") and "settled" in line:
                network.zone("alpha").rpc("anvil_reset")

        verdict = Run(network, 1, (), 4, tell).run()
        against = {promise.text: promise.is_kept for promise in verdict.promises}
        assert not verdict.is_kept
        assert not against["no acknowledged transaction is lost"]
        assert not against["one block a height, signed by two thirds of the stake"]


def test_faults_of_others_stay() -> None:
    with zero_sdk.local() as network:
        other = network.inject(StopProducer("alpha", 1))
        Run(network, 1, draw(1, 2, shape_of(network)), 2, lambda line: None).run()
        assert network.faults == (other,)


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with Devnet("--slot-time", "0.3", folder=tmp_path_factory.mktemp("chaos")) as running:
        yield running


def test_the_command_breaks_a_running_devnet_and_judges_it(devnet: Devnet, tmp_path: Path) -> None:
    url = devnet.description["url"]
    arguments = ("chaos", "--seed", "5", "--slots", "5", "--url", url)
    first = zero(*arguments, folder=tmp_path)
    assert first.code == 0, first.out + first.err
    assert first.out.startswith("seed 5: 5 slots")
    assert first.out.count("\nkept  ") == 6
    told = [line for line in first.err.splitlines() if ", for " in line]
    again = zero(*arguments, "--json", folder=tmp_path)
    assert again.code == 0, again.err
    assert json.loads(again.out)["kept"] is True
    assert [line for line in again.err.splitlines() if ", for " in line] == told
    assert told


def test_a_kind_that_there_is_not_is_refused(devnet: Devnet, tmp_path: Path) -> None:
    done = zero("chaos", "--kinds", "flood", "--url", devnet.description["url"], folder=tmp_path)
    assert done.code == 2
    assert "there is no fault 'flood'" in done.err
