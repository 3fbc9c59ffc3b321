"""A token with roles, and several calls in one."""

import pytest
from hypothesis import given, settings

import zero_sdk
from zero_sdk.testing import abi, changes_balance, emits, reverts

NOBODY = "0x" + "00" * 20
MOST = 2**256 - 1


@pytest.fixture(scope="module")
def tickets(deploy, accounts):
    tickets = deploy("Tickets")
    tickets.grantRoles(accounts[1], tickets.CASHIER())
    return tickets


def test_cashiers_make_tickets(tickets, accounts):
    _, cashier, guest, *_ = accounts
    with emits(tickets, "Transfer", from_=NOBODY, to=guest, amount=10, count=1):
        tickets.mint(guest, 10, sender=cashier)
    with reverts(error="Unauthorized"):
        tickets.mint(guest, 10, sender=guest)
    tickets.renounceRoles(tickets.CASHIER(), sender=cashier)
    with reverts(error="Unauthorized"):
        tickets.mint(guest, 10, sender=cashier)


@settings(max_examples=15, deadline=None)
@given(have=abi("uint256"), send=abi("uint256"), more=abi("uint256"))
def test_tickets_are_neither_lost_nor_made_on_the_way(tickets, accounts, have, send, more):
    owner, _, guest, other, *_ = accounts
    tickets.mint(guest, have)
    if have + more > MOST:
        with reverts(error="TotalSupplyOverflow"):
            tickets.mint(owner, more)
    if send > have:
        with reverts(error="InsufficientBalance"):
            tickets.transfer(other, send, sender=guest)
    else:
        with changes_balance({guest: -send, other: send}, token=tickets):
            tickets.transfer(other, send, sender=guest)
    assert tickets.balanceOf(guest) + tickets.balanceOf(other) == tickets.totalSupply() == have


def test_an_owner_hands_over_when_the_next_one_asks(tickets, accounts, clock):
    owner, _, heir, *_ = accounts
    with reverts(error="NoHandoverRequest"):
        tickets.completeOwnershipHandover(heir)
    tickets.requestOwnershipHandover(sender=heir)
    end = tickets.ownershipHandoverExpiresAt(heir)
    clock.set(end + 1)
    with reverts(error="NoHandoverRequest"):
        tickets.completeOwnershipHandover(heir)
    tickets.requestOwnershipHandover(sender=heir)
    with emits(tickets, "OwnershipTransferred", oldOwner=owner, newOwner=heir):
        tickets.completeOwnershipHandover(heir)
    assert tickets.owner() == heir


def test_several_calls_are_one_transaction(tickets, accounts):
    _, cashier, guest, *_ = accounts
    calls = [
        tickets.mint.encode(guest, 5),
        tickets.grantRoles.encode(guest, 2),
        tickets.balanceOf.encode(guest),
    ]
    transaction = tickets.multicall(calls)
    assert len(transaction.events_of(tickets, "Transfer")) == 1
    assert tickets.balanceOf.decode(transaction.return_value[2]) == 5
    assert tickets.hasAllRoles(guest, 2)
    with reverts(error="Unauthorized"):
        tickets.multicall(calls, sender=cashier)  # the second is the owner's alone
    assert tickets.balanceOf(guest) == 5


def test_permits_are_signed(tickets, accounts, clock, zone):
    guest, other = zero_sdk.Account.random(), accounts[3]
    tickets.mint(guest, 5)
    deadline = clock.now + 60

    def permit(value, nonce):
        domain = {
            "name": "Tickets",
            "version": "1",
            "chainId": zone.chain_id,
            "verifyingContract": tickets.address,
        }
        fields = {
            "owner": "address",
            "spender": "address",
            "value": "uint256",
            "nonce": "uint256",
            "deadline": "uint256",
        }
        kinds = {"name": "string", "version": "string", "chainId": "uint256", "verifyingContract": "address"}
        signature = guest.sign_typed_data(
            {
                "domain": domain,
                "types": {
                    "EIP712Domain": [{"name": name, "type": kind} for name, kind in kinds.items()],
                    "Permit": [{"name": name, "type": kind} for name, kind in fields.items()],
                },
                "primaryType": "Permit",
                "message": dict(
                    zip(fields, (guest.address, other.address, value, nonce, deadline), strict=True)
                ),
            }
        )
        return guest, other, value, deadline, signature[64], signature[:32], signature[32:64]

    with reverts(error="InvalidPermit"):
        tickets.permit(*permit(5, 1))
    tickets.permit(*permit(5, 0))
    tickets.transferFrom(guest, other, 5, sender=other)
    assert tickets.balanceOf(other) == 5
    clock.set(deadline + 1)
    with reverts(error="PermitExpired"):
        tickets.permit(*permit(5, 1))
