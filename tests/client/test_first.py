"""A network in this process, a contract, and what it answers."""

from __future__ import annotations

import pytest

import zero_sdk
from tests.client.contracts import document


def test_a_contract_is_deployed_called_sent_to_and_says_why_it_fails() -> None:
    network = zero_sdk.local()
    alice, bob = network.accounts[:2]
    kitchen = network["alpha"].deploy(document("Kitchen"), 5)
    assert kitchen.value() == 5
    assert kitchen.owner() == alice
    assert kitchen.set(7, sender=bob).return_value == 5
    with pytest.raises(zero_sdk.Reverted) as caught:
        kitchen.fail(2)
    assert caught.value.error is not None
    assert caught.value.error.args == (alice.address, 5)
