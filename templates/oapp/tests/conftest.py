import pytest


@pytest.fixture(scope="module")
def messengers(deploy):
    """Deployed and wired once, as `zero deploy` does it; each test begins there."""
    return deploy.script()


@pytest.fixture(scope="session")
def send():
    """Sends a text from one zone to another for its price; gives the transaction."""

    def sends(messengers, source, target, text, **options):
        eid = messengers[target].zone.eid
        fee = messengers[source].quote(eid, text)
        return messengers[source].send(eid, text, value=fee, **options)

    return sends


@pytest.fixture(scope="session")
def texts():
    """What came to a messenger, oldest first."""
    return lambda messenger: [messenger.texts(place).text for place in range(messenger.count())]
