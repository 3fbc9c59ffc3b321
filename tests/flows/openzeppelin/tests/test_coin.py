"""ERC-20, with approvals that are signed."""

from hypothesis import given, settings

import zero_sdk
from zero_sdk.testing import abi, changes_balance, emits, reverts

HOUR = 3600
PERMIT = [
    {"name": name, "type": kind}
    for name, kind in (
        ("owner", "address"),
        ("spender", "address"),
        ("value", "uint256"),
        ("nonce", "uint256"),
        ("deadline", "uint256"),
    )
]
DOMAIN = [
    {"name": name, "type": kind}
    for name, kind in (
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
    )
]


def signed_permit(coin, owner, spender, value, deadline):
    """The arguments of `permit`, with the owner's signature (EIP-2612)."""
    _, name, version, chain_id, contract, *_ = coin.eip712Domain()
    message = {
        "owner": owner.address,
        "spender": spender.address,
        "value": value,
        "nonce": coin.nonces(owner),
        "deadline": deadline,
    }
    signature = owner.sign_typed_data(
        {
            "domain": {
                "name": name,
                "version": version,
                "chainId": chain_id,
                "verifyingContract": contract,
            },
            "types": {"EIP712Domain": DOMAIN, "Permit": PERMIT},
            "primaryType": "Permit",
            "message": message,
        }
    )
    return owner, spender, value, deadline, signature[64], signature[:32], signature[32:64]


def test_transfers_move_balances(coin, accounts):
    alice, bob, *_ = accounts
    with (
        changes_balance({alice: -5, bob: 5}, token=coin),
        emits(coin, "Transfer", from_=alice, to=bob, value=5, count=1),
    ):
        assert coin.transfer(bob, 5).return_value is True


def test_what_is_not_there_is_not_moved(coin, accounts):
    with reverts(error="ERC20InsufficientBalance", sender=accounts[1], balance=0, needed=1):
        coin.transfer(accounts[0], 1, sender=accounts[1])
    with reverts(error="ERC20InsufficientAllowance", spender=accounts[1]):
        coin.transferFrom(accounts[0], accounts[1], 1, sender=accounts[1])
    with reverts(error="ERC20InvalidReceiver"):
        coin.transfer("0x" + "00" * 20, 1)


@settings(max_examples=15, deadline=None)
@given(value=abi("uint256", max_value=10**24), approved=abi("uint256"))
def test_an_approval_is_used_up(coin, accounts, value, approved):
    alice, bob, carol, *_ = accounts
    coin.approve(bob, approved)
    if value > approved:
        with reverts(error="ERC20InsufficientAllowance", allowance=approved, needed=value):
            coin.transferFrom(alice, carol, value, sender=bob)
        return
    coin.transferFrom(alice, carol, value, sender=bob)
    # An approval of everything is never used up.
    assert coin.allowance(alice, bob) == (approved if approved == 2**256 - 1 else approved - value)
    assert coin.balanceOf(carol) == value
    assert coin.balanceOf(alice) + value == coin.totalSupply()


def test_a_permit_is_an_approval_that_another_hands_in(coin, accounts, clock, zone):
    alice, bob, carol = zero_sdk.Account.random("alice"), *accounts[1:3]
    coin.transfer(alice, 7)
    permit = signed_permit(coin, alice, bob, 7, clock.now + HOUR)
    with emits(coin, "Approval", owner=alice, spender=bob, value=7):
        coin.permit(*permit, sender=carol)
    coin.transferFrom(alice, bob, 7, sender=bob)
    assert (coin.balanceOf(bob), coin.nonces(alice), zone.balance(alice)) == (7, 1, 0)
    with reverts(error="ERC2612InvalidSigner", owner=alice):
        coin.permit(*permit, sender=carol)


def test_a_permit_ends(coin, accounts, clock):
    alice, bob, *_ = accounts
    deadline = clock.now + HOUR
    permit = signed_permit(coin, alice, bob, 7, deadline)
    clock.advance(HOUR + 1)
    with reverts(error="ERC2612ExpiredSignature", deadline=deadline):
        coin.permit(*permit)


def test_a_permit_counts_in_its_zone_alone(coin, deploy, zones, accounts, clock):
    alice, bob, *_ = accounts
    there = deploy("Coin", 1, zone=zones["beta"])
    permit = signed_permit(coin, alice, bob, 7, clock.now + HOUR)
    with reverts(error="ERC2612InvalidSigner"):
        there.permit(*permit)
