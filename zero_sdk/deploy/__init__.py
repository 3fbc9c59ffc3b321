"""Deployments: scripts in plain Python whose every transaction happens once, whatever interrupts them.

    identity     which chain, and which start of it
    journal      the file that is written before and after every transaction
    steps        what the journal says of each step
    recorder     one transaction, exactly once
    recording    a network whose zones send through a recorder
    script       loading and running a script

A script's `main(network)` gets an ordinary `zero_sdk.Network`, so the same function serves tests.
"""
