import pytest

from zero_sdk import ether
from zero_sdk.messages import Oft
from zero_sdk.testing import reverts


def test_all_of_it_is_in_the_first_zone(tokens, accounts):
    assert [token.totalSupply() for token in tokens.values()] == [ether(1_000_000), 0, 0]
    assert tokens["alpha"].balanceOf(accounts[0]) == ether(1_000_000)


def test_tokens_move_to_another_zone(tokens, accounts, supply, on_the_way):
    friend = accounts[1]
    sent = Oft(tokens["alpha"]).send("beta", friend, ether(5))
    assert tokens["alpha"].totalSupply() == supply - ether(5)
    assert tokens["beta"].totalSupply() == 0
    assert on_the_way(tokens) == ether(5)
    assert sent.message.delivered()
    assert tokens["beta"].balanceOf(friend) == ether(5)
    assert on_the_way(tokens) == 0


def test_they_move_on_and_back(tokens, accounts, supply):
    friend = accounts[1]
    assert Oft(tokens["alpha"]).send("beta", friend, ether(5)).message.delivered()
    assert Oft(tokens["beta"]).send("gamma", friend, ether(2), sender=friend).message.delivered()
    assert Oft(tokens["gamma"]).send("alpha", friend, ether(1), sender=friend).message.delivered()
    assert [token.balanceOf(friend) for token in tokens.values()] == [ether(1), ether(3), ether(1)]
    assert sum(token.totalSupply() for token in tokens.values()) == supply


def test_what_is_finer_than_six_places_stays(tokens, accounts, supply):
    sent = Oft(tokens["alpha"]).send("beta", accounts[1], ether(1) + 999)
    assert sent.message.delivered()
    assert tokens["beta"].balanceOf(accounts[1]) == ether(1)
    assert tokens["alpha"].totalSupply() == supply - ether(1)


def test_nobody_moves_what_he_has_not(tokens, accounts):
    with reverts(error="ERC20InsufficientBalance"):
        Oft(tokens["alpha"]).send("beta", accounts[1], ether(1), sender=accounts[2])


@pytest.mark.parametrize("change", ["setPeer", "setEnforcedOptions", "setDelegate"])
def test_only_the_owner_changes_who_is_believed(tokens, accounts, change):
    given = {"setPeer": (50102, bytes(32)), "setEnforcedOptions": ([],), "setDelegate": (accounts[1],)}
    with reverts(error="OwnableUnauthorizedAccount"):
        tokens["alpha"][change](*given[change], sender=accounts[1])
