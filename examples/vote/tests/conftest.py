import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "deploy.py"
LASTS = 1000


@pytest.fixture(scope="session")
def voters(accounts):
    """Five people with different weights in each zone."""
    return {
        zone: {account: weight + place for place, account in enumerate(accounts[:5])}
        for zone, weight in (("alpha", 1), ("beta", 10), ("gamma", 100))
    }


@pytest.fixture(scope="module")
def polls(network, deploy, clock, voters):
    """A poll in three zones, counted in alpha, that is open for a while."""
    network.artifacts.add(deploy.build)
    return runpy.run_path(str(SCRIPT))["main"](network, voters, clock.now + LASTS)


@pytest.fixture(scope="session")
def close(clock):
    """Lets time pass until voting is over, and each zone report."""

    def closes(polls):
        clock.advance(LASTS)
        return [poll.report(value=poll.quote()) for poll in polls.values()]

    return closes


@pytest.fixture(scope="session")
def carry(network):
    """Settles and lets the courier work, for as many slots as it may have been told to wait."""

    def carries(slots=4):
        for _ in range(slots):
            network.mine()
            network.settle()
            network.courier.step()

    return carries


@pytest.fixture(scope="session")
def go_wrong(network):
    """Settles and has the courier take one turn with a fault, and holds that the fault showed."""

    def goes_wrong(kind, fields):
        network.courier.inject(kind, **fields)
        network.courier.mode = "manual"
        network.settle()
        done = [
            (action.kind, action.guid) for action in network.courier.step().actions if action.kind != "wait"
        ]
        if kind in ("drop", "delay"):
            assert not done
        elif kind != "reorder":
            # The second one is the same again, or the first was wrong.
            assert all(done.count((what, guid)) > 1 for what, guid in done if what == "commit")
        # What is reordered are messages of one path, and here each zone sends one.
        assert kind in ("drop", "delay") or done
        network.courier.clear()

    return goes_wrong
