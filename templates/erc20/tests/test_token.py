from zero_sdk import ether
from zero_sdk.testing import changes_balance, emits, reverts


def test_has_name_symbol_and_supply(token):
    assert (token.name(), token.symbol(), token.decimals()) == ("Token", "TKN", 18)
    assert token.totalSupply() == ether(1000)


def test_the_owner_mints(token, accounts):
    with emits(token, "Transfer", to=accounts[1], value=5), changes_balance({accounts[1]: 5}, token=token):
        token.mint(accounts[1], 5)
    assert token.totalSupply() == ether(1000) + 5


def test_nobody_else_mints(token, accounts):
    with reverts(error="OwnableUnauthorizedAccount", account=accounts[1]):
        token.mint(accounts[1], 5, sender=accounts[1])


def test_the_cap_holds(token, owner):
    room = token.cap() - token.totalSupply()
    token.mint(owner, room)
    with reverts(error="CapExceeded", wanted=token.cap() + 1, cap=token.cap()):
        token.mint(owner, 1)


def test_transfers_move_tokens(token, owner, accounts):
    with changes_balance({owner: -7, accounts[1]: 7}, token=token):
        token.transfer(accounts[1], 7)


def test_nobody_sends_more_than_there_is(token, accounts):
    with reverts(error="ERC20InsufficientBalance", sender=accounts[1], balance=0, needed=1):
        token.transfer(accounts[0], 1, sender=accounts[1])


def test_an_allowance_is_used_up(token, owner, accounts):
    spender, friend = accounts[1], accounts[2]
    token.approve(spender, 10)
    token.transferFrom(owner, friend, 10, sender=spender)
    with reverts(error="ERC20InsufficientAllowance"):
        token.transferFrom(owner, friend, 1, sender=spender)


def test_the_script_deploys_to_every_zone(deploy, owner):
    tokens = deploy.script()
    assert list(tokens) == ["alpha", "beta"]
    assert {token.owner() for token in tokens.values()} == {owner}
