"""What gas costs: base fees, blob fees, and the gas that a transaction pays before it runs."""

from __future__ import annotations

from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import AccessListEntry, Transaction
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Wei

ELASTICITY = 2
BASE_FEE_CHANGE_DENOMINATOR = 8

GAS_PER_BLOB = 1 << 17
MIN_BLOB_BASE_FEE = 1
BLOB_BASE_COST = 1 << 13
"""EIP-7918: gas of execution that a blob is held to cost at least."""

TRANSACTION_GAS = 21_000
CREATE_GAS = 32_000
DATA_TOKEN_GAS = 4
DATA_TOKENS_PER_NONZERO_BYTE = 4
FLOOR_GAS_PER_TOKEN = 10
INITCODE_WORD_GAS = 2
ACCESS_LIST_ADDRESS_GAS = 2_400
ACCESS_LIST_SLOT_GAS = 1_900
AUTHORIZATION_GAS = 25_000

AnyTransaction = Transaction | UnsignedTransaction


def next_base_fee(gas_limit: int, gas_used: int, base_fee: Wei) -> Wei:
    """The base fee of the block after one with these values (EIP-1559)."""
    target = gas_limit // ELASTICITY
    if gas_used == target or target == 0:
        return base_fee
    if gas_used > target:
        rise = base_fee * (gas_used - target) // target // BASE_FEE_CHANGE_DENOMINATOR
        return Wei(base_fee + max(rise, 1))
    fall = base_fee * (target - gas_used) // target // BASE_FEE_CHANGE_DENOMINATOR
    return Wei(base_fee - fall)


def next_excess_blob_gas(
    rules: Rules, parent_excess: int, parent_blob_gas_used: int, parent_base_fee: Wei
) -> int:
    """The excess blob gas of the block after one with these values: EIP-4844, from Osaka with the floor of
    EIP-7918. 0 before Cancun."""
    schedule = rules.blob_schedule
    if schedule is None:
        return 0
    target = schedule.target * GAS_PER_BLOB
    total = parent_excess + parent_blob_gas_used
    if total < target:
        return 0
    if rules.fork >= Fork.OSAKA:
        blob_price = GAS_PER_BLOB * blob_base_fee(rules, parent_excess)
        if BLOB_BASE_COST * parent_base_fee > blob_price:
            return (
                parent_excess
                + parent_blob_gas_used * (schedule.maximum - schedule.target) // schedule.maximum
            )
    return total - target


def blob_base_fee(rules: Rules, excess_blob_gas: int) -> Wei:
    """The price of one unit of blob gas (EIP-4844's fake exponential). 0 before Cancun."""
    if rules.blob_schedule is None:
        return Wei(0)
    denominator = rules.blob_schedule.update_fraction
    total = 0
    term = MIN_BLOB_BASE_FEE * denominator
    step = 1
    while term > 0:
        total += term
        term = term * excess_blob_gas // (denominator * step)
        step += 1
    return Wei(total // denominator)


def max_blob_gas(rules: Rules) -> int:
    """The blob gas that one block may hold, 0 before Cancun."""
    return rules.blob_schedule.maximum * GAS_PER_BLOB if rules.blob_schedule else 0


def blob_gas(transaction: AnyTransaction) -> int:
    """The blob gas that the transaction's blobs cost."""
    return len(transaction.blob_hashes) * GAS_PER_BLOB


def effective_gas_price(transaction: AnyTransaction, base_fee: Wei) -> Wei:
    """What one unit of gas costs the sender, base fee and tip together (EIP-1559)."""
    return min(transaction.max_fee_per_gas, Wei(base_fee + transaction.max_priority_fee_per_gas))


def tip(transaction: AnyTransaction, base_fee: Wei) -> Wei:
    """What of the price the coinbase gets; negative where the transaction cannot pay the base fee."""
    return Wei(effective_gas_price(transaction, base_fee) - base_fee)


def max_cost(transaction: AnyTransaction) -> Wei:
    """The balance that the sender must have: all gas at the highest price, the value, and the blobs."""
    cost = transaction.gas_limit * transaction.max_fee_per_gas + transaction.value
    if transaction.blob_hashes:
        cost += blob_gas(transaction) * transaction.max_fee_per_blob_gas
    return Wei(cost)


def intrinsic_gas(transaction: AnyTransaction, rules: Rules) -> int:
    """The gas that a transaction pays before its first instruction (Yellow Paper 6.2; EIP-2028, 2930, 3860,
    7702)."""
    gas = TRANSACTION_GAS
    data = transaction.data
    if data:
        gas += DATA_TOKEN_GAS * data_tokens(data)
    if transaction.to is None:
        gas += CREATE_GAS
        if rules.fork >= Fork.SHANGHAI:
            gas += INITCODE_WORD_GAS * ((len(data) + 31) // 32)
    if transaction.access_list:
        gas += access_list_gas(transaction.access_list)
    if transaction.authorizations:
        gas += AUTHORIZATION_GAS * len(transaction.authorizations)
    return gas


def floor_gas(transaction: AnyTransaction, rules: Rules) -> int:
    """The least gas that a transaction with this data uses whatever it does (EIP-7623); 0 before Prague."""
    if rules.fork < Fork.PRAGUE:
        return 0
    data = transaction.data
    return TRANSACTION_GAS + FLOOR_GAS_PER_TOKEN * data_tokens(data) if data else TRANSACTION_GAS


def data_tokens(data: bytes) -> int:
    """EIP-7623's measure of call data: a zero byte is one token, any other four."""
    return DATA_TOKENS_PER_NONZERO_BYTE * len(data) - (DATA_TOKENS_PER_NONZERO_BYTE - 1) * data.count(0)


def access_list_gas(access_list: tuple[AccessListEntry, ...]) -> int:
    """EIP-2930's price of an access list."""
    slots = sum(len(entry.slots) for entry in access_list)
    return ACCESS_LIST_ADDRESS_GAS * len(access_list) + ACCESS_LIST_SLOT_GAS * slots
