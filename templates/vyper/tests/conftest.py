import pytest

LOCK = 3600


@pytest.fixture(scope="module")
def vault(deploy):
    """Deployed once; whatever a test does to it is undone at the test's end."""
    return deploy("Vault", LOCK)
