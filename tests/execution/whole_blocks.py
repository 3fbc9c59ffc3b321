"""Blocks as zones make them, on the reference and on the kernel: executed over the implementation's own
state, committed to it, sealed by its codec."""

from __future__ import annotations

from devnet.chain.account import ChangeSet
from devnet.chain.codec import BlockContent
from devnet.chain.types import Hash32
from devnet.execution import Execution, TransactionResult
from devnet.parts import Parts, native_parts, reference_parts
from devnet.state.config import DEVNET
from tests.execution.differential import Case, Refusal, attempt
from tests.execution.memory_state import MemoryState


class WholeBlocks:
    """Engine, state and codec of one implementation."""

    def __init__(self, parts: Parts) -> None:
        self._engine = parts.engine()
        self._state = parts.state(DEVNET, None)
        self._codec = parts.codec()
        self._state.commit(0, ChangeSet())

    def run(self, case: Case) -> tuple[Hash32, BlockContent] | Refusal:
        """The root after the block, and its transactions and receipts with their roots."""
        state = self._state
        assert isinstance(case.state, MemoryState)
        state.commit(1, content_of(case.state))
        try:
            execution = attempt(self._engine, case, state.view())
            if not isinstance(execution, Execution):
                return execution
            ran = [
                (transaction, result)
                for transaction, result in zip(case.transactions, execution.results, strict=True)
                if isinstance(result, TransactionResult)
            ]
            content = self._codec.seal_content([one for one, _ in ran], [result for _, result in ran])
            return state.commit(2, execution.changes), content
        finally:
            state.rollback(0)


class BothBlocks:
    """Compares whole blocks."""

    def __init__(self) -> None:
        self._reference = WholeBlocks(reference_parts())
        self._native = WholeBlocks(native_parts(1))

    def compare(self, case: Case) -> None:
        """Raises AssertionError where roots, transactions or receipts differ, or what was raised."""
        expected, actual = self._reference.run(case), self._native.run(case)
        assert actual == expected


def content_of(state: MemoryState) -> ChangeSet:
    """What makes an empty state into this one."""
    slots = {
        (address, slot): value
        for address in state.accounts
        for slot, value in state.slots(address)
    }  # fmt: skip
    codes = {code_hash: code for code_hash, code in state.codes.items() if code}
    return ChangeSet(dict(state.accounts), slots, codes)
