"""Which transactions carry a message: their calldata, gas and value, from its packet and options alone."""

from __future__ import annotations

from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts.addresses import EXECUTOR, RECEIVE_LIBRARY
from devnet.contracts.delivering import (
    MessageProof,
    NativeDropParams,
    commit_call,
    compose_call,
    drop_and_execute_call,
    execute_call,
)
from devnet.messages.life import ComposeKey
from devnet.messages.message import Message
from devnet.messages.sending import Job
from devnet.zone.port import ZonePort

RESERVE = 60_000
"""What the contract `Executor` asks for beside the gas that it gives on, and a 63rd of that; and `reserve_of`
with it."""
OVERHEAD = 60_000
"""What it takes before the call that it makes: reading its calldata, copying them."""
DROP_GAS = 50_000
"""What an account that currency is dropped to may take."""
DROP_OVERHEAD = 45_000
"""What a drop costs beside: a transfer, perhaps to a new account, and its part of an event."""
COMMIT_ROOM = 60_000
"""Added to what a trial of proving took, by a quarter as well."""

_INTRINSIC = 21_000
_FLOOR_PER_BYTE = 40
"""Of calldata, at most (EIP-7623)."""


def reserve_of(size: int) -> int:
    """What `Executor` keeps back to tell of a failure, by the bytes that it calls with; those that it is
    called with are more."""
    return RESERVE + 10 * size + (size * size >> 17)


def gas_limit_of(port: ZonePort) -> int:
    """What a transaction of the zone can have at most."""
    cap, block = port.config.transaction_gas_cap, port.status().gas_limit
    return block if cap is None else min(cap, block)


def commit_job(message: Message, proof: MessageProof, trial_gas: int) -> Job:
    """Proves it; `trial_gas` is what that took in a trial of a message of the same path."""
    data = commit_call(message.packet.header.encoded, message.packet.payload_hash, proof)
    return Job(RECEIVE_LIBRARY, data, trial_gas * 5 // 4 + COMMIT_ROOM)


def deliver_job(
    message: Message, cap: int, is_dropped: bool, gas: int | None = None, value: Wei | None = None
) -> Job:
    """Delivers it with what its options name, or with that gas and value. `cap` is what a transaction can
    have at most; what is dropped already is not dropped again."""
    options = message.decoded_options
    receive = None if options is None else options.receive
    given = (0 if receive is None else receive.gas) if gas is None else gas
    paid = (Wei(0) if receive is None else receive.value) if value is None else value
    drops = () if options is None or is_dropped else options.drops
    if not drops:
        data = execute_call(message.packet, given)
        return Job(EXECUTOR, data, min(_needed(data, given), cap), paid)
    params = [NativeDropParams(Address(drop.receiver[12:]), drop.amount) for drop in drops]
    data = drop_and_execute_call(params, DROP_GAS, message.packet, given)
    wanted = _needed(data, given) + len(params) * (DROP_GAS + DROP_OVERHEAD)
    return Job(EXECUTOR, data, min(wanted, cap), Wei(paid + sum(drop.amount for drop in drops)))


def compose_job(guid: Hash32, key: ComposeKey, composed: bytes, gas: int, value: Wei, cap: int) -> Job:
    """Makes a composed call."""
    data = compose_call(key.sender, key.to, guid, key.index, composed, gas)
    return Job(EXECUTOR, data, min(_needed(data, gas), cap), value)


def _needed(data: bytes, gas: int) -> int:
    size = len(data)
    return _INTRINSIC + _FLOOR_PER_BYTE * size + gas + gas // 63 + reserve_of(size) + OVERHEAD
