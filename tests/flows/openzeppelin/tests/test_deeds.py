"""ERC-721 behind roles."""

import pytest

from zero_sdk.testing import emits, reverts

NOBODY = "0x" + "00" * 20


@pytest.fixture(scope="module")
def deeds(deploy, accounts):
    deeds = deploy("Deeds")
    deeds.grantRole(deeds.CLERK(), accounts[1])
    return deeds


def test_clerks_hand_out_deeds(deeds, accounts):
    admin, clerk, owner, *_ = accounts
    with emits(deeds, "Transfer", from_=NOBODY, to=owner, tokenId=7):
        deeds.mint(owner, 7, sender=clerk)
    assert deeds.ownerOf(7) == owner
    with reverts(error="AccessControlUnauthorizedAccount", account=admin, neededRole=deeds.CLERK()):
        deeds.mint(owner, 8)
    with reverts(error="ERC721InvalidSender", sender=NOBODY):
        deeds.mint(owner, 7, sender=clerk)


def test_roles_are_given_and_taken_by_their_admin(deeds, accounts):
    admin, clerk, other, *_ = accounts
    with reverts(error="AccessControlUnauthorizedAccount", account=clerk, neededRole=bytes(32)):
        deeds.grantRole(deeds.CLERK(), other, sender=clerk)
    with emits(deeds, "RoleRevoked", role=deeds.CLERK(), account=clerk, sender=admin):
        deeds.revokeRole(deeds.CLERK(), clerk)
    assert not deeds.hasRole(deeds.CLERK(), clerk)


def test_a_deed_goes_where_it_is_understood(deeds, coin, accounts):
    _, clerk, owner, other, *_ = accounts
    deeds.mint(owner, 1, sender=clerk)
    with reverts(error="ERC721InvalidReceiver", receiver=coin):
        deeds.safeTransferFrom(owner, coin, 1, sender=owner)
    deeds.approve(other, 1, sender=owner)
    deeds.safeTransferFrom(owner, other, 1, b"with love", sender=other)
    assert deeds.ownerOf(1) == other
    assert deeds.getApproved(1) == NOBODY
    with reverts(error="ERC721InsufficientApproval", operator=owner, tokenId=1):
        deeds.transferFrom(other, owner, 1, sender=owner)
    assert deeds.supportsInterface(bytes.fromhex("80ac58cd"))
