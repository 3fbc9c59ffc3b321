"""Timelocks and governors: what happens later, and what many decide."""

import pytest

from zero_sdk.testing import changes_balance, emits, reverts

DAY = 86_400
NOTHING = bytes(32)
FOR = 1
ACTIVE, DEFEATED, SUCCEEDED, EXECUTED = 1, 3, 4, 7


@pytest.fixture(scope="module")
def timelock(deploy, accounts):
    return deploy("TimelockController", DAY, [accounts[1]], [accounts[2]], "0x" + "00" * 20)


def test_a_timelock_acts_a_day_later(timelock, coin, accounts, clock):
    _, proposer, executor, receiver, *_ = accounts
    coin.transfer(timelock, 50)
    operation = (coin, 0, coin.transfer.encode(receiver, 50), NOTHING, NOTHING)
    timelock.schedule(*operation, DAY, sender=proposer)
    identifier = timelock.hashOperation(*operation)
    with reverts(error="TimelockUnexpectedOperationState", operationId=identifier):
        timelock.execute(*operation, sender=executor)
    clock.set(timelock.getTimestamp(identifier))
    assert timelock.isOperationReady(identifier)
    with reverts(error="AccessControlUnauthorizedAccount", account=proposer):
        timelock.execute(*operation, sender=proposer)
    with changes_balance({timelock: -50, receiver: 50}, token=coin):
        timelock.execute(*operation, sender=executor)
    assert timelock.isOperationDone(identifier)


def test_a_timelock_is_not_hurried(timelock, coin, accounts):
    with reverts(error="TimelockInsufficientDelay", delay=DAY - 1, minDelay=DAY):
        timelock.schedule(coin, 0, b"", NOTHING, NOTHING, DAY - 1, sender=accounts[1])


@pytest.fixture(scope="module")
def council(deploy, coin, accounts):
    council = deploy("Council", coin)
    coin.delegate(accounts[0])
    coin.transfer(council, 1000)
    return council


def test_a_council_does_what_was_voted_for(council, coin, accounts, zone):
    voter, receiver, *_ = accounts
    acts = ([coin], [0], [coin.transfer.encode(receiver, 1000)])
    words = "Pay the receiver"
    with emits(council, "ProposalCreated", proposer=voter, description=words) as found:
        council.propose(*acts, words)
    proposal = found.events[0].args.proposalId
    zone.mine(2)
    assert council.state(proposal) == ACTIVE
    with emits(council, "VoteCast", voter=voter, support=FOR, weight=coin.getVotes(voter)):
        council.castVote(proposal, FOR)
    with reverts(error="GovernorAlreadyCastVote", voter=voter):
        council.castVote(proposal, FOR)
    zone.mine(10)
    assert council.state(proposal) == SUCCEEDED
    digest = bytes.fromhex(zone.rpc("web3_sha3", "0x" + words.encode().hex())[2:])
    with changes_balance({council: -1000, receiver: 1000}, token=coin):
        council.execute(*acts, digest)
    assert council.state(proposal) == EXECUTED


def test_a_council_without_a_quorum_does_nothing(council, coin, accounts, zone):
    small = accounts[3]
    coin.transfer(small, 10**22)
    coin.delegate(small, sender=small)
    acts = ([coin], [0], [coin.transfer.encode(small, 1000)])
    proposal = council.propose(*acts, "", sender=small).return_value
    zone.mine(2)
    council.castVote(proposal, FOR, sender=small)
    zone.mine(10)
    assert council.state(proposal) == DEFEATED
    with reverts(error="GovernorUnexpectedProposalState", proposalId=proposal, current=DEFEATED):
        council.execute(*acts, bytes.fromhex(zone.rpc("web3_sha3", "0x")[2:]))
