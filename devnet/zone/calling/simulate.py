"""eth_simulateV1: blocks of calls on top of a block, each seeing what came before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devnet.blocks.environment import base_fee_after
from devnet.blocks.sealing import build_block, build_header
from devnet.chain.account import EMPTY_ACCOUNT, Account, ChangeSet
from devnet.chain.block import Header
from devnet.chain.codec import REFERENCE
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import next_excess_blob_gas
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import UnsignedTransaction, impersonate
from devnet.chain.types import ZERO_HASH, Address, Hash32, Wei
from devnet.execution import BlockEnv, Checks, Mode, Overrides, TransactionResult
from devnet.zone.calling.overlay import OverlayView
from devnet.zone.calling.overrides import MAX_RECENT_HASHES, precompile_moves, validate_overrides
from devnet.zone.calling.plan import LIMIT_EXCEEDED, PlannedBlock, plan_blocks
from devnet.zone.calling.request import (
    CallFees,
    blob_fee_of,
    fees_of,
    free_blobs,
    runnable_nonce,
    sender_of,
    type_of,
    validate_chain_id,
)
from devnet.zone.calling.running import Deadline, execute, only_result
from devnet.zone.calling.site import SimulationSite
from devnet.zone.errors import SimulationRefused
from devnet.zone.messages import CallRequest, SimulatedBlock, SimulatedOutcome

TRANSFER_LOG_ADDRESS = Address(b"\xee" * 20)
"""Where `trace_transfers` says that value moved; no bloom and no receipt holds these logs."""

BLOCK_GAS_LIMIT_REACHED = -38015
INVALID_PARAMETERS = -32602

_CODES = {
    Invalid.NONCE_TOO_LOW: -38010,
    Invalid.NONCE_TOO_HIGH: -38011,
    Invalid.FEE_CAP_TOO_LOW: -38012,
    Invalid.BLOB_FEE_CAP_TOO_LOW: -38012,
    Invalid.INTRINSIC_GAS: -38013,
    Invalid.FLOOR_DATA_GAS: -38013,
    Invalid.INSUFFICIENT_FUNDS: -38014,
    Invalid.SENDER_HAS_CODE: -38024,
    Invalid.INITCODE_TOO_LARGE: -38025,
    Invalid.TIP_ABOVE_FEE_CAP: INVALID_PARAMETERS,
    Invalid.FEE_CAP_TOO_LARGE: INVALID_PARAMETERS,
    Invalid.TIP_TOO_LARGE: INVALID_PARAMETERS,
}


def simulate(
    site: SimulationSite,
    blocks: Sequence[SimulatedBlock],
    *,
    validation: bool = False,
    trace_transfers: bool = False,
) -> tuple[SimulatedOutcome, ...]:
    """Runs the blocks one after the other. Block numbers that are left out between them become empty blocks.

    Without `validation` nonces are not checked, the base fee is 0 unless overridden, and a call without fees
    pays none; with it, calls obey what transactions do, except that contracts may send and no signature is
    asked for. In both modes a sender needs the value it sends. With `trace_transfers` every movement of value
    is a log of 0xeeee…eeee among the call's logs; receipts, roots and blooms leave these out.

    The blocks have real hashes, roots and sizes, but for the state root: a QMDB root of a state that is never
    committed is not computed, so it is zero.

    Raises SimulationRefused with execution-apis' code where a call, an override or the order of the blocks is
    not possible; BadRequest for requests that contradict themselves; LimitExceeded past the time limit.
    """
    simulation = _Simulation(site, validation, trace_transfers)
    return tuple([simulation.run(block) for block in plan_blocks(site.base, blocks)])


class _Simulation:
    """What goes from one simulated block to the next."""

    __slots__ = (
        "_deadline",
        "_gas_left",
        "_parent",
        "_parent_hash",
        "_recent_hashes",
        "_site",
        "_trace_transfers",
        "_validation",
        "_view",
    )

    def __init__(self, site: SimulationSite, validation: bool, trace_transfers: bool) -> None:
        self._site = site
        self._validation = validation
        self._trace_transfers = trace_transfers
        self._view = OverlayView(site.view)
        self._parent = site.base
        self._parent_hash = site.base_hash
        self._recent_hashes = site.recent_hashes
        self._gas_left = site.config.call_gas_cap
        self._deadline = Deadline.after(site.config.call_time_limit)

    def run(self, planned: PlannedBlock) -> SimulatedOutcome:
        """Runs one block and makes it the parent of the next."""
        site = self._site
        overrides = planned.content.state_overrides
        validate_overrides(overrides, site.rules)
        env = self._environment(planned)
        self._execute(env, (), Mode(system_calls=True, overrides=overrides))
        moves = precompile_moves(overrides, site.rules)
        transactions: list[Transaction] = []
        results: list[TransactionResult] = []
        used = 0
        fees = 0
        for request in planned.content.calls:
            transaction, result = self._call(request, env, moves, used)
            used += result.gas_used
            fees += result.gas_used * max(result.tip, 0)
            transactions.append(transaction)
            results.append(result)
        self._credit(env.coinbase, fees)
        # Simulated blocks are small: every codec gives the same.
        content = REFERENCE.seal_content(transactions, [_without_transfer_logs(result) for result in results])
        block = build_block(build_header(site.rules, env, ZERO_HASH, content, b""), content)
        self._advance(block.header, block.hash)
        return SimulatedOutcome(block, tuple(results))

    def _advance(self, header: Header, block_hash: Hash32) -> None:
        self._parent = header
        self._parent_hash = block_hash
        self._recent_hashes = (*self._recent_hashes, block_hash)[-MAX_RECENT_HASHES:]

    def _environment(self, planned: PlannedBlock) -> BlockEnv:
        rules, parent, block = self._site.rules, self._parent, planned.content.block_overrides
        base_fee = block.base_fee
        if base_fee is None:
            # A call that offers nothing could not pay a base fee, so it is 0 where nothing is validated.
            is_fixed = self._site.config.is_base_fee_fixed
            base_fee = base_fee_after(parent, is_fixed) if self._validation else Wei(0)
        beacon_root = block.parent_beacon_block_root
        if beacon_root is None:
            # The newest settlement block that the base knows is also the newest that these know.
            beacon_root = self._site.base.parent_beacon_block_root or ZERO_HASH
        return BlockEnv(
            number=planned.number,
            timestamp=planned.timestamp,
            coinbase=parent.coinbase if block.coinbase is None else block.coinbase,
            gas_limit=parent.gas_limit if block.gas_limit is None else block.gas_limit,
            base_fee=base_fee,
            prev_randao=ZERO_HASH if block.prev_randao is None else block.prev_randao,
            excess_blob_gas=next_excess_blob_gas(
                rules, parent.excess_blob_gas or 0, parent.blob_gas_used or 0, parent.base_fee_per_gas
            ),
            parent_hash=self._parent_hash,
            parent_beacon_block_root=beacon_root,
            recent_hashes=self._recent_hashes,
            blob_base_fee=block.blob_base_fee,
        )

    def _call(
        self, request: CallRequest, env: BlockEnv, moves: Overrides, used: int
    ) -> tuple[Transaction, TransactionResult]:
        try:
            fees = fees_of(request)
            transaction = impersonate(self._describe(request, fees, env, used), sender_of(request))
            mode = Mode(checks=self._checks(fees), overrides=moves, transfer_logs=self._trace_transfers)
            result = self._execute(*self._relaxed(env, transaction), mode)
        except InvalidTransaction as error:
            raise SimulationRefused(_CODES.get(error.kind, error.kind.code), str(error)) from error
        assert result is not None
        self._gas_left -= result.gas_used
        return transaction, result

    def _relaxed(self, env: BlockEnv, transaction: Transaction) -> tuple[BlockEnv, tuple[Transaction, ...]]:
        """What the engine gets: without validation, blobs may be free and nonces anything."""
        if self._validation:
            return env, (transaction,)
        nonce = runnable_nonce(transaction.nonce)
        runs = transaction if nonce == transaction.nonce else replace(transaction, nonce=nonce)
        return free_blobs(env, transaction), (runs,)

    def _describe(
        self, request: CallRequest, fees: CallFees, env: BlockEnv, used: int
    ) -> UnsignedTransaction:
        rules = self._site.rules
        validate_chain_id(request, rules)
        nonce = request.nonce
        if nonce is None:
            nonce = (self._view.account(sender_of(request)) or EMPTY_ACCOUNT).nonce
        return UnsignedTransaction(
            type=type_of(request, fees),
            chain_id=rules.chain_id,
            nonce=nonce,
            gas_limit=self._gas(request, env, used),
            max_fee_per_gas=fees.max_fee,
            max_priority_fee_per_gas=fees.max_priority_fee,
            to=request.to,
            value=request.value or Wei(0),
            data=request.data,
            access_list=request.access_list or (),
            max_fee_per_blob_gas=blob_fee_of(request, fees, env, rules),
            blob_hashes=request.blob_hashes or (),
            authorizations=request.authorizations or (),
        )

    def _gas(self, request: CallRequest, env: BlockEnv, used: int) -> int:
        """The call's gas: by default what its block has left, never more than the simulation has left."""
        left = env.gas_limit - used
        gas = left if request.gas is None else request.gas
        if gas > left:
            raise SimulationRefused(
                BLOCK_GAS_LIMIT_REACHED, f"block gas limit reached: {used + gas} >= {env.gas_limit}"
            )
        if self._gas_left <= 0:
            cap = self._site.config.call_gas_cap
            raise SimulationRefused(
                LIMIT_EXCEEDED, f"the calls use more than {cap} gas: raise the limit with --rpc-gas-cap"
            )
        return min(gas, self._gas_left)

    def _checks(self, fees: CallFees) -> Checks:
        return Checks(
            nonce=self._validation,
            balance=True,
            fees=self._validation or not fees.is_free,
            sender_is_not_contract=False,
            gas_cap=False,
        )

    def _execute(
        self, env: BlockEnv, transactions: tuple[Transaction, ...], mode: Mode
    ) -> TransactionResult | None:
        """Runs at most one transaction and keeps its changes."""
        site, deadline = self._site, self._deadline
        timed = replace(mode, time_limit=deadline.remaining())
        execution = execute(site.engine, site.rules, env, transactions, self._view, timed, deadline)
        if not transactions:
            self._view.add(execution.changes)
            return None
        result, changes = only_result(execution)
        self._view.add(changes)
        return result

    def _credit(self, coinbase: Address, fees: int) -> None:
        """The coinbase gets a block's tips at its end (protocol section 2)."""
        if not fees:
            return
        account = self._view.account(coinbase) or EMPTY_ACCOUNT
        credited = Account(account.nonce, Wei(account.balance + fees), account.code_hash)
        self._view.add(ChangeSet(accounts={coinbase: credited}))


def _without_transfer_logs(result: TransactionResult) -> TransactionResult:
    logs = tuple([log for log in result.logs if log.address != TRANSFER_LOG_ADDRESS])
    return result if len(logs) == len(result.logs) else replace(result, logs=logs)
