"""One transaction: its validation against the state, its execution, what is paid for it.

The order of the checks and the words are geth's (core/state_transition.go); what needs no state is
`devnet.chain.validation`. The tip is not paid here: the run of transactions sums it up (protocol section 2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.fees import blob_gas, effective_gas_price, floor_gas, intrinsic_gas, max_cost
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import BLOB, Transaction
from devnet.chain.types import EMPTY_CODE_HASH, Address, Wei
from devnet.chain.validation import MAX_NONCE, validate_transaction
from devnet.execution import BlockEnv, Checks, TransactionResult
from devnet.execution.pyevm.calls import (
    DELEGATION_PREFIX,
    begin_call,
    begin_create,
    create_address,
    delegate_of,
)
from devnet.execution.pyevm.frame import Frame
from devnet.execution.pyevm.hooks import TransactionEnd, TransactionStart
from devnet.execution.pyevm.interpreter import run
from devnet.execution.pyevm.machine import Machine
from devnet.execution.pyevm.world import NO_ACCOUNT, WorldReader

if TYPE_CHECKING:
    from devnet.execution.pyevm.hooks import Watcher

AUTHORIZATION_REFUND: Final = 12_500
"""EIP-7702: what an authority that exists already gets back of 25 000."""

REFUND_QUOTIENT: Final = 5
"""EIP-3529: at most a fifth of the gas is refunded."""


@dataclass(slots=True)
class GasPool:
    """What is left of the block's gas and blob gas, and of the budget of a call."""

    gas: int
    blob_gas: int


class Transition:
    """Applies transactions of one block to one machine's world."""

    __slots__ = ("_checks", "_env", "_machine", "_pool", "_record", "_rules", "_warm_precompiles")

    def __init__(
        self,
        machine: Machine,
        rules: Rules,
        env: BlockEnv,
        checks: Checks,
        pool: GasPool,
        record_accesses: bool,
    ) -> None:
        self._machine = machine
        self._rules = rules if checks.gas_cap else replace(rules, transaction_gas_cap=None)
        self._env = env
        self._checks = checks
        self._pool = pool
        self._record = record_accesses
        self._warm_precompiles = dict.fromkeys(machine.precompiles, True)
        if rules.fork >= Fork.SHANGHAI:
            self._warm_precompiles[env.coinbase] = True

    def apply(self, transaction: Transaction, watcher: Watcher | None) -> TransactionResult:
        """Executes the transaction. Raises InvalidTransaction, and then nothing has changed."""
        machine = self._machine
        world = machine.world
        world.begin_transaction()
        self._validate(transaction)
        base_fee = self._base_fee(transaction)
        price = effective_gas_price(transaction, Wei(base_fee))
        machine.base_fee = base_fee
        machine.begin(transaction.sender, price, transaction.blob_hashes)
        machine.watch(watcher)
        if watcher is not None:
            self._show_start(transaction, price, watcher)

        gas_limit = transaction.gas_limit
        gas = gas_limit - intrinsic_gas(transaction, self._rules)
        self._buy_gas(transaction, price)
        self._warm(transaction)
        authority_refund = self._authorize(transaction) if transaction.authorizations else 0
        frame = self._create(transaction, gas) if transaction.to is None else self._call(transaction, gas)

        used = gas_limit - frame.gas
        refund = min(world.refund + authority_refund, used // REFUND_QUOTIENT)
        floor = floor_gas(transaction, self._rules)
        paid = max(used - refund, floor)
        if self._checks.balance and price and paid < gas_limit:
            world.add_balance(transaction.sender, (gas_limit - paid) * price)
        world.delete_destroyed()
        self._pool.gas -= paid
        if transaction.blob_hashes:
            self._pool.blob_gas -= blob_gas(transaction)
        failure = frame.failure
        result = TransactionResult(
            gas_used=paid,
            gas_refunded=max(used - paid, 0),
            gas_peak=max(used, floor),
            output=frame.output,
            logs=tuple(world.logs),
            contract_address=frame.address if transaction.to is None else None,
            effective_gas_price=price,
            tip=Wei(max(price - base_fee, 0)),
            failure=failure,
            console=tuple(machine.console),
            warm_accounts=frozenset(world.touched) if self._record else frozenset(),
            warm_slots=frozenset(world.touched_slots) if self._record else frozenset(),
        )
        if watcher is not None:
            watcher.transaction_end(TransactionEnd(result))
            machine.watch(None)
            result = replace(result, trace=watcher.result())
        return result

    # Validation

    def _validate(self, transaction: Transaction) -> None:
        checks = self._checks
        sender = transaction.sender
        nonce, balance, code_hash = self._machine.world.get(sender)
        if checks.nonce:
            _validate_nonce(transaction, nonce)
        # Nobody signed for an impersonated sender, so it may as well be a contract.
        is_checked = checks.sender_is_not_contract and not transaction.is_impersonated
        if is_checked and code_hash != EMPTY_CODE_HASH:
            code = self._machine.world.code(code_hash)
            if not (self._machine.delegates and delegate_of(code) is not None):
                raise InvalidTransaction(
                    Invalid.SENDER_HAS_CODE, f"address {_hex(sender)}, len(code): {len(code)}"
                )
        if transaction.type == BLOB and not (checks.fees or transaction.max_fee_per_blob_gas):
            # A call may name blobs and no fee for them.
            validate_transaction(replace(transaction, max_fee_per_blob_gas=Wei(1)), self._rules)
        else:
            validate_transaction(transaction, self._rules)
        self._validate_fees(transaction)
        if checks.balance:
            cost = max_cost(transaction)
            if balance < cost:
                raise InvalidTransaction(
                    Invalid.INSUFFICIENT_FUNDS, f"address {_hex(sender)} have {balance} want {cost}"
                )
        self._validate_room(transaction)

    def _validate_fees(self, transaction: Transaction) -> None:
        is_checked, base_fee = self._checks.fees, self._env.base_fee
        if is_checked and transaction.max_fee_per_gas < base_fee:
            raise InvalidTransaction(
                Invalid.FEE_CAP_TOO_LOW,
                f"address {_hex(transaction.sender)}, maxFeePerGas: {transaction.max_fee_per_gas}, "
                f"baseFee: {base_fee}",
            )
        # As in geth, a blob fee that is named must reach the block's, where the gas is free as well.
        is_checked = transaction.type == BLOB and (is_checked or transaction.max_fee_per_blob_gas > 0)
        if is_checked and transaction.max_fee_per_blob_gas < self._machine.blob_base_fee:
            raise InvalidTransaction(
                Invalid.BLOB_FEE_CAP_TOO_LOW,
                f"address {_hex(transaction.sender)} blobGasFeeCap: {transaction.max_fee_per_blob_gas}, "
                f"blobBaseFee: {self._machine.blob_base_fee}",
            )

    def _validate_room(self, transaction: Transaction) -> None:
        if not self._checks.gas_cap:
            return
        if transaction.gas_limit > self._env.gas_limit:
            raise InvalidTransaction(
                Invalid.ABOVE_BLOCK_LIMIT, f"limit: {self._env.gas_limit}, tx: {transaction.gas_limit}"
            )
        if transaction.gas_limit > self._pool.gas:
            raise InvalidTransaction(
                Invalid.BLOCK_FULL, f"gas left: {self._pool.gas}, tx: {transaction.gas_limit}"
            )
        if transaction.blob_hashes and blob_gas(transaction) > self._pool.blob_gas:
            raise InvalidTransaction(
                Invalid.BLOCK_FULL, f"blob gas left: {self._pool.blob_gas}, tx: {blob_gas(transaction)}"
            )

    def _base_fee(self, transaction: Transaction) -> int:
        """What BASEFEE gives: 0 for a call that names no fee, as in geth."""
        if self._checks.base_fee_zero_when_free and not transaction.max_fee_per_gas:
            return 0
        return self._env.base_fee

    # Execution

    def _buy_gas(self, transaction: Transaction, price: int) -> None:
        """Takes the nonce and the price of all the gas that may be used."""
        world = self._machine.world
        nonce, balance, code_hash = world.get(transaction.sender)
        if self._checks.balance:
            balance -= transaction.gas_limit * price
            if transaction.blob_hashes:
                # Never more than was offered: the balance was found to suffice for that.
                blob_price = min(self._machine.blob_base_fee, transaction.max_fee_per_blob_gas)
                balance -= blob_gas(transaction) * blob_price
        # Where the nonce is not checked it may be the last one; 64 bits then begin anew, as in geth.
        world.put(transaction.sender, ((nonce + 1) & MAX_NONCE, balance, code_hash))

    def _warm(self, transaction: Transaction) -> None:
        """Fills the warm sets that a transaction begins with (EIP-2929, 2930, 3651)."""
        world = self._machine.world
        warm = world.warm_accounts = dict(self._warm_precompiles)
        warm[transaction.sender] = True
        world.involved.add(transaction.sender)
        world.involved.add(self._env.coinbase)
        for entry in transaction.access_list:
            warm[entry.address] = True
            for slot in entry.slots:
                world.warm_slots[(entry.address, slot)] = True

    def _create(self, transaction: Transaction, gas: int) -> Frame:
        """Runs the creation of a contract to its end."""
        machine = self._machine
        sender = transaction.sender
        # The nonce that was taken; the transaction's own may differ where it is not checked.
        address = create_address(sender, (machine.world.get(sender)[0] - 1) & MAX_NONCE)
        frame = Frame(
            machine,
            "CREATE",
            None,
            sender,
            address,
            address,
            transaction.data,
            b"",
            transaction.value,
            gas,
            False,
            (0, 0, 0),
        )
        if begin_create(frame):
            run(frame)
        return frame

    def _call(self, transaction: Transaction, gas: int) -> Frame:
        """Runs the call of the recipient to its end."""
        machine = self._machine
        world = machine.world
        to = transaction.to
        assert to is not None
        world.warm_accounts[to] = True
        world.involved.add(to)
        code = world.get_code(to)
        delegate = delegate_of(code) if code and machine.delegates else None
        if delegate is not None:
            world.warm_accounts[delegate] = True
            world.involved.add(delegate)
            code = world.get_code(delegate)
        frame = Frame(
            machine,
            "CALL",
            None,
            transaction.sender,
            to,
            to,
            code,
            transaction.data,
            transaction.value,
            gas,
            False,
            (0, 0, 0),
        )
        if begin_call(frame, delegate is not None):
            run(frame)
        return frame

    def _authorize(self, transaction: Transaction) -> int:
        """Sets the delegations of valid authorizations (EIP-7702); what they give back."""
        world = self._machine.world
        refund = 0
        for authorization in transaction.authorizations:
            authority = authorization.authority
            if authority is None or authorization.chain_id not in (0, self._rules.chain_id):
                continue
            if authorization.nonce >= MAX_NONCE:
                continue
            world.warm_account(authority)
            world.involved.add(authority)
            account = world.get(authority)
            if account[2] != EMPTY_CODE_HASH and delegate_of(world.code(account[2])) is None:
                continue
            if account[0] != authorization.nonce:
                continue
            if account != NO_ACCOUNT:
                refund += AUTHORIZATION_REFUND
            is_clearing = not any(authorization.address)
            world.set_code(authority, b"" if is_clearing else DELEGATION_PREFIX + authorization.address)
            world.increment_nonce(authority)
        return refund

    def _show_start(self, transaction: Transaction, price: Wei, watcher: Watcher) -> None:
        world = self._machine.world
        created = None
        if transaction.to is None:
            created = create_address(transaction.sender, world.get(transaction.sender)[0])
        watcher.transaction_start(
            TransactionStart(
                transaction,
                self._env,
                price,
                created,
                WorldReader(world),
                frozenset(self._machine.precompiles),
            )
        )


def _validate_nonce(transaction: Transaction, nonce: int) -> None:
    if transaction.nonce == nonce:
        if nonce >= MAX_NONCE:
            raise InvalidTransaction(Invalid.NONCE_MAX, f"address {_hex(transaction.sender)}, nonce: {nonce}")
        return
    raise InvalidTransaction(
        Invalid.NONCE_TOO_HIGH if transaction.nonce > nonce else Invalid.NONCE_TOO_LOW,
        f"address {_hex(transaction.sender)}, tx: {transaction.nonce} state: {nonce}",
    )


def _hex(address: Address) -> str:
    """EIP-55, as geth prints addresses."""
    digits = address.hex()
    marks = keccak256(digits.encode("ascii")).hex()
    return "0x" + "".join(
        digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False)
    )
