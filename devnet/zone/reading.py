"""Accounts and storage at a block, and where calls at a block run."""

from __future__ import annotations

from collections.abc import Sequence

from devnet.blocks.environment import environment_of
from devnet.chain.account import EMPTY_ACCOUNT
from devnet.chain.types import EMPTY_CODE_HASH, Address, BlockRef, Wei
from devnet.execution import Engine
from devnet.state import StateView
from devnet.zone.calling.site import CallSite, SimulationSite
from devnet.zone.ledger import Ledger
from devnet.zone.mempool import Mempool
from devnet.zone.messages import AccountState, ClockReading, GenesisAccount
from devnet.zone.pending import PendingBlock

MEMPOOL_VIEW_LIMIT = 64
"""A wallet's estimate runs after the waiting transactions only while they are at most so many: else sending n
transactions without mining would execute n² of them."""


class StateReader:
    """Reads the state as callers name it."""

    def __init__(self, ledger: Ledger, engine: Engine, pool: Mempool, pending: PendingBlock) -> None:
        self._ledger = ledger
        self._engine = engine
        self._pool = pool
        self._pending = pending

    def view(self, ref: BlockRef) -> StateView:
        """The state at a block. Raises `UnknownBlock`, and `HistoryGone` where it is not kept any more."""
        if ref == "pending":
            return self._pending.view()
        return self._ledger.readable_at(ref)

    def account(self, address: Address, ref: BlockRef) -> AccountState:
        """The account with its code, zeros where there is none."""
        view = self.view(ref)
        account = view.account(address) or EMPTY_ACCOUNT
        code = b"" if account.code_hash == EMPTY_CODE_HASH else view.code(account.code_hash)
        nonce = self.nonce(address, ref) if ref == "pending" else account.nonce
        return AccountState(nonce, account.balance, code, account.code_hash)

    def accounts(self, ref: BlockRef) -> dict[Address, GenesisAccount]:
        """Every account with its code and slots. Scans the state once for each account."""
        view = self.view(ref)
        found: dict[Address, GenesisAccount] = {}
        for address in view.addresses():
            account = view.account(address)
            if account is None:
                continue
            has_code = account.code_hash != EMPTY_CODE_HASH
            found[address] = GenesisAccount(
                balance=account.balance,
                nonce=account.nonce,
                code=view.code(account.code_hash) if has_code else b"",
                storage=dict(view.slots(address)),
            )
        return found

    def nonce(self, address: Address, ref: BlockRef) -> int:
        """The account's nonce; at "pending" the one after its waiting transactions."""
        if ref == "pending":
            waiting = self._pool.next_nonce(address)
            if waiting is not None:
                return waiting
            ref = "latest"
        return (self.view(ref).account(address) or EMPTY_ACCOUNT).nonce

    def balance(self, address: Address, ref: BlockRef) -> Wei:
        """The account's balance."""
        return (self.view(ref).account(address) or EMPTY_ACCOUNT).balance

    def storage(self, address: Address, slot: int, ref: BlockRef) -> int:
        """The slot's value."""
        return self.view(ref).storage(address, slot)

    def committed_storage(self, address: Address, slots: Sequence[int], number: int) -> tuple[int, ...]:
        """The slots' values without the overlay."""
        view = self._ledger.committed_at(number)
        return tuple(view.storage(address, slot) for slot in slots)

    def call_site(self, ref: BlockRef, reading: ClockReading | None) -> CallSite:
        """Where calls at that block run: in its environment, on the state after it; at the newest block also
        after the next block's system calls (protocol section 2)."""
        ledger = self._ledger
        if ref == "pending":
            env = self._pending.environment(reading)
            view = self._pending.view(reading)
            return CallSite(self._engine, ledger.rules, env, view, ledger.config)
        record = ledger.get(ref)
        header = record.block.header
        env = environment_of(header, ledger.chain.recent_hashes(header.number))
        if record is ledger.tip.record:
            view = self._pending.view_after_system_calls(reading)
        else:
            view = ledger.readable_after(record)
        return CallSite(self._engine, ledger.rules, env, view, ledger.config)

    def wallet_site(self, reading: ClockReading) -> CallSite:
        """Where a wallet estimates the gas of what it is about to send."""
        if len(self._pool) <= MEMPOOL_VIEW_LIMIT:
            return self.call_site("pending", reading)
        env = self._pending.environment(reading)
        view = self._pending.view_after_system_calls(reading)
        return CallSite(self._engine, self._ledger.rules, env, view, self._ledger.config)

    def simulation_site(self, ref: BlockRef) -> SimulationSite:
        """Where eth_simulateV1 puts its blocks."""
        ledger = self._ledger
        record = ledger.get("latest" if ref == "pending" else ref)
        header = record.block.header
        return SimulationSite(
            engine=self._engine,
            rules=ledger.rules,
            base=header,
            base_hash=record.block.hash,
            recent_hashes=ledger.chain.recent_hashes(header.number + 1),
            view=ledger.readable_after(record),
            config=ledger.config,
        )
