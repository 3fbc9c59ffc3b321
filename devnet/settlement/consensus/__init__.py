"""Consensus on settlement blocks: Tendermint as a state machine without threads, sockets or time of day.

`core.Consensus` is told what happened (`events`) and answers what to do (`effects`); `wire` gives messages as
bytes, `memory` what survives a crash. The rules are in docs/consensus.md.
"""
