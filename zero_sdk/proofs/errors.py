"""Why a proof proves nothing."""

from __future__ import annotations

import enum


class Flaw(enum.Enum):
    """What is wrong with a proof, or with the answer that carries it."""

    ANSWER = "the answer does not have the documented form"
    HEADER = "the header is not that of the block"
    STATE = "the proof does not show what the state root says about the key"
    TRIE = "the nodes do not lead from the block's root to the item"
    SETTLEMENT = "the peers do not lead from the zone to the settlement block"
    CONTRADICTION = "the answer says something else than its proof"


class InvalidProof(ValueError):
    """Nothing is proven. `flaw` says in which step, `detail` what was found there."""

    def __init__(self, flaw: Flaw, detail: str) -> None:
        super().__init__(flaw, detail)
        self.flaw = flaw
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.flaw.value}: {self.detail}"
