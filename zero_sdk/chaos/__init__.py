"""Faults at random against a running devnet, and whether it kept its promises (`zero chaos`, docs/faults.md).

    plan        which faults come when: a function of a seed and of the network's shape
    promises    what was seen of the network, and what follows from it
    running     injects, sends transactions, settles, looks, heals, judges

`zero_sdk.cli.chaos` is the command.
"""
