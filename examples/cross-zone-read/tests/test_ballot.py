import pytest

from zero_sdk import Refused, Reverted
from zero_sdk.testing import emits, reverts


@pytest.fixture(scope="module")
def ballot(deploy, network, alpha, beta, shares):
    """In beta, with one proposal, which was made when alpha's shares were settled."""
    ballot = deploy("Ballot", alpha.index, shares.address, zone=beta)
    network.settle()
    ballot.propose("paint it green")
    return ballot


@pytest.fixture(scope="module")
def height(ballot):
    return ballot.proposals(0).height


def test_shares_in_alpha_vote_in_beta(ballot, height, shown, accounts):
    alice, bob = accounts[1:3]
    with emits(ballot, "Voted", voter=alice, power=70):
        ballot.vote(0, True, *shown(alice, height), sender=alice)
    ballot.vote(0, False, *shown(bob, height), sender=bob)
    assert (ballot.proposals(0).yes, ballot.proposals(0).no) == (70, 30)


def test_nobody_votes_twice(ballot, height, shown, accounts):
    alice = accounts[1]
    ballot.vote(0, True, *shown(alice, height), sender=alice)
    with reverts(error="VotedBefore", voter=alice):
        ballot.vote(0, True, *shown(alice, height), sender=alice)


def test_moved_shares_do_not_vote_again(network, ballot, height, shares, shown, accounts):
    alice, carol = accounts[1], accounts[3]
    shares.transfer(carol, 70, sender=alice)
    network.settle()
    ballot.vote(0, True, *shown(alice, height), sender=alice)
    with reverts(error="NoShares", voter=carol):
        ballot.vote(0, True, *shown(carol, height), sender=carol)
    # Settled later, and so shown by another settlement block only.
    later = shares.zone.prove(shares, [0], for_zone=ballot.zone).height
    ballot.zone.mine()
    with reverts(error="OtherHeight", shown=later, counting=height):
        ballot.vote(0, True, *shown(carol, later), sender=carol)


def test_who_has_no_shares_proves_just_that(ballot, height, shown, accounts):
    with reverts(error="NoShares", voter=accounts[4]):
        ballot.vote(0, True, *shown(accounts[4], height), sender=accounts[4])


def test_a_proof_is_its_holders_alone(ballot, height, shown, accounts):
    alice, carol = accounts[1], accounts[3]
    with pytest.raises(Reverted):
        ballot.vote(0, True, *shown(alice, height), sender=carol)


def test_nothing_but_settlement_vouches_for_shares(ballot, height, shown, accounts):
    alice = accounts[1]
    (known, _, branch), proof = shown(alice, height)
    with reverts(error="NotSettled"):
        ballot.vote(0, True, (known, bytes(32), branch), proof, sender=alice)
    with reverts(error="ProofMalformed"):
        ballot.vote(0, True, *shown(alice, height)[:1], proof[:-1], sender=alice)


def test_what_is_not_settled_does_not_count(network, ballot, shares, accounts):
    shares.mint(accounts[5], 1)
    with pytest.raises(Refused, match="there is no settlement block"):
        shares.zone.prove(shares, [0], height=ballot.proposals(0).height + 1)
