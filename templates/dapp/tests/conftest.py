import pytest


@pytest.fixture(scope="module")
def guestbook(deploy):
    """Deployed once; whatever a test does to it is undone at the test's end."""
    return deploy("Guestbook")
