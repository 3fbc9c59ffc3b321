"""A deterministic simulation of consensus: the real code, its messages as bytes, virtual time, seeded faults.

    python -m devnet.settlement.simulation 17          # replays seed 17 and prints what happened
    python -m devnet.settlement.simulation 0 --runs 500

Nothing but tests may import it: its signatures prove nothing.
"""
