"""Why a proof is refused."""

from __future__ import annotations

import enum


class Flaw(enum.Enum):
    """What is wrong; the values are the words of `Refused`."""

    KIND = "the proof is of a kind that this verifier does not check"
    SIZE = "the proof is larger than any may be"
    FORMAT = "the proof is cut short, too long or not in its only form"
    PROGRAM = "the proof is for another program than the statement's, or for none that there is"
    STATEMENT = "the statement does not say what the proof shows"
    PARENT = "the header before the first block is not the one that the statement names"
    ANCESTORS = "the earlier headers do not lead to the parent, or are not those that were asked for"
    CHAIN = "the blocks do not follow one another"
    HEADER = "a header says something else than its block gives"
    TRANSACTION = "a block holds something that is no transaction, or one that cannot be in it"
    FORCED = "a forced transaction is missing, out of place, or not to be consumed"
    OVERRIDES = "the overrides of a block are not in their only form, or the program knows none"
    SETTLEMENT = "what the blocks know of settlement contradicts itself"
    OUTBOX = "the roots of the outbox are not those of the state before and after the blocks"
    BLOBS = "the blobs in the batch are not those of its transactions"
    BLOCK_SIZE = "a block is larger than the rules allow"
    EXECUTION = "a block cannot be executed"
    TIME = "the blocks take longer to execute than this verifier waits"
    STATE_ROOT = "the state after a block has another root than its header says"
    STATE_FORMAT = "the witness of the state is cut short, too long or contradicts itself"
    STATE_INACTIVE = "an entry in the witness is not active"
    STATE_OTHER = "the witness is not of the state before the first block"
    STATE_KEY = "the witness says nothing about a key that the blocks need"
    STATE_NEIGHBOUR = "the entry before one that is deleted is not in the witness"
    STATE_OLDEST = "an entry that is moved is not in the witness"
    STATE_END = "the end of a shard that is appended to is not in the witness"
    STATE_NODE = "a node that a new root needs is not in the witness"
    STATE_COUNTERS = "the counters of a shard contradict its entries"
    STATE_VALUE = "an entry's value is none that a state holds"
    STATE_ALL_SLOTS = "a block needs all slots of an account, which no witness can show"
    CODE = "code that a block needs is not in the witness"
    UNUSED = "the proof holds something that no block needs"


class Refused(ValueError):
    """The proof does not show the statement. `flaw` says why, `detail` where."""

    def __init__(self, flaw: Flaw, detail: str = "") -> None:
        super().__init__(f"{flaw.value}: {detail}" if detail else flaw.value)
        self.flaw = flaw
        self.detail = detail
