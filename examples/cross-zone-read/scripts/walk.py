"""Votes and claims on a running network: `python scripts/walk.py`, after `zero compile`."""

import os
import runpy
from pathlib import Path

import zero_sdk
from zero_sdk.compile import load_build
from zero_sdk.project import find_project
from zero_sdk.proofs import mapping_slot

HERE = Path(__file__).parent


def main(network):
    alpha, beta = network["alpha"], network["beta"]
    owner, alice, bob = network.accounts[:3]
    shares, ballot, claims = runpy.run_path(str(HERE / "deploy.py"))["main"](network).values()

    shares.mint(alice, 70)
    shares.mint(bob, 30)
    # A network with slots does so by itself: alpha.wait_for(transaction, "finalized").
    network.settle()
    # The block with the proposal knows that settlement block, or a later one.
    ballot.propose("paint it green")
    height = ballot.proposals(0).height
    for voter, in_favour in ((alice, True), (bob, False)):
        proof = alpha.prove(shares, [mapping_slot(voter.address, 0)], height=height)
        ballot.vote(0, in_favour, *proof.slot_parts(), sender=voter)
    result = ballot.proposals(0)
    print(f"in beta, by shares in alpha: {result.yes} for it, {result.no} against it")

    burned = shares.burn(20, bob, sender=alice)
    network.settle()
    proof = burned.prove_log(burned.events_of(shares, "Burned")[0], for_zone=beta)
    claims.claim(*proof.parts, sender=owner)
    print(f"burned in alpha, claimed in beta: {claims.balanceOf(bob)}")


if __name__ == "__main__":
    with zero_sdk.connect(os.environ.get("ZERO_RPC_URL", "http://127.0.0.1:8545")) as network:
        network.artifacts.add(load_build(find_project(HERE)))
        main(network)
