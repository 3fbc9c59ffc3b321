"""EIP-2612: an allowance by signature, so that the holder needs no ether."""

import pytest

from zero_sdk import Account
from zero_sdk.testing import reverts

TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Permit": [
        {"name": "owner", "type": "address"},
        {"name": "spender", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "nonce", "type": "uint256"},
        {"name": "deadline", "type": "uint256"},
    ],
}


def sign_permit(token, holder, spender, value, deadline):
    """v, r and s of the holder's permit."""
    signature = holder.sign_typed_data(
        {
            "types": TYPES,
            "primaryType": "Permit",
            "domain": {
                "name": token.name(),
                "version": "1",
                "chainId": token.zone.chain_id,
                "verifyingContract": token.address,
            },
            "message": {
                "owner": holder.address,
                "spender": spender.address,
                "value": value,
                "nonce": token.nonces(holder),
                "deadline": deadline,
            },
        }
    )
    return signature[64], signature[:32], signature[32:64]


@pytest.fixture
def holder(token):
    """Someone with tokens and no ether."""
    holder = Account.random()
    token.transfer(holder, 100)
    return holder


def test_a_permit_is_an_allowance(token, holder, accounts, clock):
    spender, deadline = accounts[1], clock.now + 3600
    token.permit(holder, spender, 40, deadline, *sign_permit(token, holder, spender, 40, deadline))
    token.transferFrom(holder, spender, 40, sender=spender)
    assert (token.balanceOf(holder), token.balanceOf(spender)) == (60, 40)
    assert token.nonces(holder) == 1


def test_a_permit_holds_once(token, holder, accounts, clock):
    spender, deadline = accounts[1], clock.now + 3600
    signature = sign_permit(token, holder, spender, 40, deadline)
    token.permit(holder, spender, 40, deadline, *signature)
    with reverts(error="ERC2612InvalidSigner", owner=holder):
        token.permit(holder, spender, 40, deadline, *signature)


def test_a_permit_ends(token, holder, accounts, clock):
    spender, deadline = accounts[1], clock.now + 3600
    signature = sign_permit(token, holder, spender, 40, deadline)
    clock.advance(3601)
    with reverts(error="ERC2612ExpiredSignature", deadline=deadline):
        token.permit(holder, spender, 40, deadline, *signature)


def test_a_permit_is_for_one_amount(token, holder, accounts, clock):
    spender, deadline = accounts[1], clock.now + 3600
    signature = sign_permit(token, holder, spender, 40, deadline)
    with reverts(error="ERC2612InvalidSigner"):
        token.permit(holder, spender, 41, deadline, *signature)
