import pytest

from zero_sdk.testing import emits, reverts


@pytest.fixture(scope="module")
def claims(deploy, alpha, beta, shares):
    return deploy("Claims", alpha.index, shares.address, zone=beta)


@pytest.fixture(scope="module")
def burned(network, shares, claims, accounts):
    """Alice burned 20 of her shares for Carol, and that is settled."""
    burned = shares.burn(20, accounts[3], sender=accounts[1])
    network.settle()
    return burned


@pytest.fixture
def proof(burned, shares, beta):
    return burned.prove_log(burned.events_of(shares, "Burned")[0], for_zone=beta).parts


def test_burned_shares_are_claimed_once(claims, proof, accounts):
    with emits(claims, "Claimed", receiver=accounts[3], amount=20):
        claims.claim(*proof, sender=accounts[4])
    assert claims.balanceOf(accounts[3]) == 20
    with reverts(error="ClaimedBefore"):
        claims.claim(*proof, sender=accounts[3])


def test_a_claimed_log_counts_once_whichever_settlement_block_shows_it(
    network, claims, proof, burned, shares, beta
):
    claims.claim(*proof)
    shares.mint(shares.address, 1)
    network.settle()
    beta.mine()
    (event,) = burned.events_of(shares, "Burned")
    later = burned.prove_log(event, height=proof[0][0] + 1).parts
    assert later != proof
    with reverts(error="ClaimedBefore"):
        claims.claim(*later)


def test_claims_come_late_and_in_any_order(network, claims, burned, shares, beta, accounts):
    second = shares.burn(5, accounts[4], sender=accounts[1])
    for _ in range(3):
        shares.mint(shares.address, 1)
        network.settle()
    for transaction in (second, burned):
        (event,) = transaction.events_of(shares, "Burned")
        claims.claim(*transaction.prove_log(event, for_zone=beta).parts)
    assert (claims.balanceOf(accounts[3]), claims.balanceOf(accounts[4])) == (20, 5)


def test_another_event_is_no_claim(claims, burned, shares, beta):
    transfer = burned.prove_log(burned.events_of(shares, "Transfer")[0], for_zone=beta)
    with reverts(error="NotBurned"):
        claims.claim(*transfer.parts)


def test_another_contract_that_says_burned_is_not_believed(network, deploy, alpha, beta, claims, accounts):
    fake = deploy("Shares", zone=alpha)
    fake.mint(accounts[0], 1000)
    burned = fake.burn(1000, accounts[0])
    network.settle()
    proof = burned.prove_log(burned.events_of(fake, "Burned")[0], for_zone=beta)
    with reverts(error="NotBurned"):
        claims.claim(*proof.parts)


def test_the_log_of_another_zone_is_not_believed(network, deploy, beta, shares, claims, accounts):
    """Even where the contract has the same address there."""
    twin = deploy("Shares", zone=beta)
    twin.mint(accounts[0], 1000)
    burned = twin.burn(1000, accounts[0])
    network.settle()
    proof = burned.prove_log(burned.events_of(twin, "Burned")[0], for_zone=beta)
    with reverts(error="NotSettled"):
        claims.claim(*proof.parts)


def test_a_forged_proof_is_refused(claims, proof):
    block, (index, nodes), log = proof
    receipt = nodes[-1]
    forged = receipt.replace((20).to_bytes(32, "big"), (21).to_bytes(32, "big"))
    assert forged != receipt
    with reverts(error="WrongNode"):
        claims.claim(block, (index, (*nodes[:-1], forged)), log)
