"""Faults on purpose: what producers, validators and the network between them can be made to do wrong.

A fault is data (`kinds`), with an id, a seed and an end. A network has one `FaultPlan` (`plan`), which
belongs to that object alone: it goes into no snapshot, dump or folder, and a revert leaves it as it is. In
each slot the settler takes the `Conditions` of that moment (`conditions`) and asks them what happens; without
faults they change nothing. The same faults with the same seeds give the same run in process (docs/faults.md).
"""
