import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "deploy.py"


@pytest.fixture(scope="module")
def tokens(network, deploy):
    """Deployed and wired once, as `zero deploy` does it; each test begins there."""
    network.artifacts.add(deploy.build)
    return runpy.run_path(str(SCRIPT))["main"](network)


@pytest.fixture(scope="module")
def supply(tokens):
    """What there is of the token, whatever happens."""
    return sum(token.totalSupply() for token in tokens.values())


@pytest.fixture(scope="session")
def on_the_way(network):
    """What left a zone and has not arrived, in the token's smallest unit."""

    def amount(tokens):
        sent = {move.args.guid: move.args.amountReceivedLD for move in moves(tokens, "OFTSent")}
        for arrived in moves(tokens, "OFTReceived"):
            # Raises where something arrives that was not sent, or arrives twice.
            assert sent.pop(arrived.args.guid) == arrived.args.amountReceivedLD
        return sum(sent.values())

    return amount


def moves(tokens, event):
    return [each for token in tokens.values() for each in token.events[event].get()]


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
        done = [action for action in network.courier.step().actions if action.kind != "wait"]
        proven = [action.guid for action in done if action.kind == "commit"]
        if kind in ("drop", "delay"):
            assert not done
        elif kind == "reorder":
            # All of a path are proven first, and delivered in any order; else each as it is proven.
            for zone in network.zones:
                steps = [action.kind for action in done if action.zone == zone]
                assert steps == sorted(steps)
            assert proven
        else:
            # The second one is the same again, or the first was wrong.
            assert proven
            assert all(proven.count(guid) > 1 for guid in proven)
        network.courier.clear()

    return goes_wrong
