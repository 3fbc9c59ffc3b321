"""ERC-1155."""

import pytest

from zero_sdk.testing import emits, reverts


@pytest.fixture(scope="module")
def prizes(deploy, accounts):
    prizes = deploy("Prizes")
    prizes.give(accounts[1], [1, 2], [10, 20])
    return prizes


def test_several_kinds_go_at_once(prizes, accounts):
    _, winner, friend, *_ = accounts
    with reverts(error="NotOwnerNorApproved"):
        prizes.safeBatchTransferFrom(winner, friend, [1, 2], [3, 4], b"", sender=friend)
    prizes.setApprovalForAll(friend, True, sender=winner)
    with emits(prizes, "TransferBatch", operator=friend, from_=winner, to=friend, ids=(1, 2), amounts=(3, 4)):
        prizes.safeBatchTransferFrom(winner, friend, [1, 2], [3, 4], b"", sender=friend)
    assert prizes.balanceOfBatch([winner, friend] * 2, [1, 1, 2, 2]) == [7, 3, 16, 4]


def test_what_is_not_there_or_not_understood_stays(prizes, accounts):
    _, winner, friend, *_ = accounts
    with reverts(error="InsufficientBalance"):
        prizes.safeTransferFrom(winner, friend, 1, 11, b"", sender=winner)
    with reverts(error="ArrayLengthsMismatch"):
        prizes.safeBatchTransferFrom(winner, friend, [1], [], b"", sender=winner)
    with reverts(error="TransferToNonERC1155ReceiverImplementer"):
        prizes.safeTransferFrom(winner, prizes, 1, 1, b"", sender=winner)
    with reverts(error="Unauthorized"):
        prizes.give(winner, [1], [1], sender=winner)
