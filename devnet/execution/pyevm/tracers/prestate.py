"""prestateTracer: what a transaction needs of the state before it, or with `diffMode` what it changed.

The accounts and slots are those that geth's eth/tracers/native/prestate.go looks up; the world keeps them
(`touched_accounts`, `touched_slots`), so no steps are watched.
"""

from __future__ import annotations

from typing import Any

from devnet.chain.account import EMPTY_ACCOUNT, Account
from devnet.chain.types import EMPTY_CODE_HASH, Address
from devnet.execution.pyevm.hooks import TransactionEnd, TransactionStart, WorldView
from devnet.execution.pyevm.tracers.quiet import QuietWatcher
from devnet.execution.tracer_options import PrestateOptions


class PrestateTracer(QuietWatcher):
    """Shows what it looked up when the transaction is over."""

    def __init__(self, options: PrestateOptions) -> None:
        self._diff = options.diff
        self._with_code = options.with_code
        self._with_storage = options.with_storage
        self._with_empty = options.with_empty
        self._world: WorldView | None = None
        self._pre: dict[str, Any] = {}
        self._post: dict[str, Any] = {}

    def transaction_start(self, start: TransactionStart) -> None:
        self._world = start.world

    def transaction_end(self, end: TransactionEnd) -> None:
        world = self._world
        assert world is not None
        slots: dict[Address, list[int]] = {}
        if self._with_storage:
            for address, slot in sorted(world.touched_slots):
                slots.setdefault(address, []).append(slot)
        for address in sorted(world.touched_accounts | slots.keys()):
            if self._diff:
                self._compare(world, address, slots.get(address, []))
            else:
                self._look_up(world, address, slots.get(address, []))

    def _look_up(self, world: WorldView, address: Address, slots: list[int]) -> None:
        account = world.original_account(address)
        if account is None and not self._with_empty:
            return
        shown = self._show(world, account or EMPTY_ACCOUNT)
        storage = {_word(slot): _word(world.original_storage(address, slot)) for slot in slots}
        if storage:
            shown["storage"] = storage
        self._pre[_hex(address)] = shown

    def _compare(self, world: WorldView, address: Address, slots: list[int]) -> None:
        before = world.original_account(address)
        after = world.account(address)
        values = {slot: world.original_storage(address, slot) for slot in slots}
        if after is None:
            if before is not None:
                # Destroyed: all that was read of it is "pre", nothing is "post".
                self._put(self._pre, address, self._show(world, before), values)
            return
        new_values = {slot: world.storage(address, slot) for slot in slots}
        changed = [slot for slot in slots if values[slot] != new_values[slot]]
        post = self._difference(world, before or EMPTY_ACCOUNT, after)
        if not post and not changed:
            return
        self._put(self._post, address, post, {slot: new_values[slot] for slot in changed})
        if before is not None or self._with_empty:
            old_values = {slot: values[slot] for slot in changed}
            self._put(self._pre, address, self._show(world, before or EMPTY_ACCOUNT), old_values)

    def _put(
        self, side: dict[str, Any], address: Address, shown: dict[str, Any], values: dict[int, int]
    ) -> None:
        storage = {_word(slot): _word(value) for slot, value in values.items() if value}
        if storage:
            shown["storage"] = storage
        side[_hex(address)] = shown

    def _show(self, world: WorldView, account: Account) -> dict[str, Any]:
        shown: dict[str, Any] = {"balance": hex(account.balance)}
        if account.nonce:
            shown["nonce"] = account.nonce
        if self._with_code and account.code_hash != EMPTY_CODE_HASH:
            shown["code"] = _hex(world.code(account.code_hash))
        return shown

    def _difference(self, world: WorldView, before: Account, after: Account) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        if after.balance != before.balance:
            shown["balance"] = hex(after.balance)
        if after.nonce != before.nonce:
            shown["nonce"] = after.nonce
        if self._with_code and after.code_hash != before.code_hash:
            shown["code"] = _hex(world.code(after.code_hash))
        return shown

    def result(self) -> Any:
        return {"post": self._post, "pre": self._pre} if self._diff else self._pre


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _word(value: int) -> str:
    return f"0x{value:064x}"
