import pytest


@pytest.fixture(scope="module")
def tokens(deploy):
    """Deployed and wired once, as `zero deploy` does it; each test begins there."""
    return deploy.script()


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
