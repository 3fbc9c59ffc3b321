import pytest

LASTS = 1000


@pytest.fixture(scope="session")
def voters(accounts):
    """Five people with different weights in each zone."""
    return {
        zone: {account: weight + place for place, account in enumerate(accounts[:5])}
        for zone, weight in (("alpha", 1), ("beta", 10), ("gamma", 100))
    }


@pytest.fixture(scope="module")
def polls(deploy, clock, voters):
    """A poll in three zones, counted in alpha, that is open for a while."""
    return deploy.script(voters, clock.now + LASTS)


@pytest.fixture(scope="session")
def close(clock):
    """Lets time pass until voting is over, and each zone report."""

    def closes(polls):
        clock.advance(LASTS)
        return [poll.report(value=poll.quote()) for poll in polls.values()]

    return closes
