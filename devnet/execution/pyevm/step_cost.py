"""What an opcode is going to cost, as geth's tracers report it, found without running it.

The opcodes charge for themselves; this says beforehand what they will. The tests hold the two together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from devnet.execution import Failure, FailureKind
from devnet.execution.pyevm.calls import (
    CALL_VALUE_GAS,
    NEW_ACCOUNT_GAS,
    create_word_gas,
    delegate_of,
    self_destruct_cost,
)
from devnet.execution.pyevm.failures import OUT_OF_GAS
from devnet.execution.pyevm.frame import MEMORY_QUADRATIC_DIVISOR, MEMORY_WORD_GAS, Frame
from devnet.execution.pyevm.opcodes import (
    COLD_ACCOUNT_GAS,
    COLD_SLOT_GAS,
    COPY_WORD_GAS,
    KECCAK_WORD_GAS,
    LOG_BYTE_GAS,
    LOG_TOPIC_GAS,
    SSTORE_SENTRY,
    WARM_GAS,
    address_of,
    sstore_cost,
)
from devnet.execution.pyevm.world import NO_ACCOUNT

EXP_BYTE_GAS: Final = 50

_Dynamic = Callable[[Frame], int]


class _Refused(Exception):
    """The gas function itself fails, as geth's do."""

    def __init__(self, detail: str) -> None:
        self.detail = detail


def step_cost(frame: Frame, opcode: int, constant: int) -> tuple[int, Failure | None]:
    """(cost, why the opcode cannot start). The stack is deep enough and the constant gas is there."""
    dynamic = _DYNAMIC.get(opcode)
    # All of these take operands. Where the table names none, the fork does not know the opcode.
    if dynamic is None or not frame.machine.table.takes[opcode]:
        return constant, None
    try:
        cost = constant + dynamic(frame)
    except _Refused as refusal:
        return constant, Failure(FailureKind.OUT_OF_GAS, refusal.detail)
    if cost > frame.gas:
        # What does not fit into 64 bits geth does not even add up.
        return cost if cost < 2**64 else constant, OUT_OF_GAS
    given = _GIVES_GAS.get(opcode)
    if given is not None:
        available = frame.gas - cost
        cost += min(frame.stack[-1], available - available // 64)
    return cost, None


def _memory(frame: Frame, *regions: tuple[int, int]) -> int:
    """What it costs to make the memory reach to the end of the farthest of the (start, size)."""
    end = max((start + size for start, size in regions if size), default=0)
    if end <= len(frame.memory):
        return 0
    words = (end + 31) >> 5
    return words * MEMORY_WORD_GAS + words * words // MEMORY_QUADRATIC_DIVISOR - frame.memory_gas


def _words(size: int) -> int:
    return (size + 31) >> 5


def _account(frame: Frame, word: int) -> int:
    return WARM_GAS if address_of(word) in frame.machine.world.warm_accounts else COLD_ACCOUNT_GAS


def _access(frame: Frame) -> int:
    return _account(frame, frame.stack[-1])


def _exp(frame: Frame) -> int:
    return EXP_BYTE_GAS * ((frame.stack[-2].bit_length() + 7) // 8)


def _keccak(frame: Frame) -> int:
    start, size = frame.stack[-1], frame.stack[-2]
    return KECCAK_WORD_GAS * _words(size) + _memory(frame, (start, size))


def _copy(frame: Frame) -> int:
    start, size = frame.stack[-1], frame.stack[-3]
    return COPY_WORD_GAS * _words(size) + _memory(frame, (start, size))


def _memory_copy(frame: Frame) -> int:
    to, source, size = frame.stack[-1], frame.stack[-2], frame.stack[-3]
    return COPY_WORD_GAS * _words(size) + _memory(frame, (max(to, source), size))


def _ext_code_copy(frame: Frame) -> int:
    stack = frame.stack
    start, size = stack[-2], stack[-4]
    return _account(frame, stack[-1]) + COPY_WORD_GAS * _words(size) + _memory(frame, (start, size))


def _word_access(frame: Frame) -> int:
    return _memory(frame, (frame.stack[-1], 32))


def _byte_access(frame: Frame) -> int:
    return _memory(frame, (frame.stack[-1], 1))


def _range(frame: Frame) -> int:
    return _memory(frame, (frame.stack[-1], frame.stack[-2]))


def _sload(frame: Frame) -> int:
    return WARM_GAS if (frame.address, frame.stack[-1]) in frame.machine.world.warm_slots else COLD_SLOT_GAS


def _sstore(frame: Frame) -> int:
    if frame.gas <= SSTORE_SENTRY:
        raise _Refused(": not enough gas for reentrancy sentry")
    world = frame.machine.world
    address, slot, value = frame.address, frame.stack[-1], frame.stack[-2]
    cost = 0 if (address, slot) in world.warm_slots else COLD_SLOT_GAS
    return cost + sstore_cost(world.original_slot(address, slot), world.get_slot(address, slot), value)


def _log(frame: Frame) -> int:
    topics = frame.program[frame.pc] - 0xA0
    return LOG_TOPIC_GAS * topics + LOG_BYTE_GAS * frame.stack[-2] + _range(frame)


def _call(frame: Frame) -> int:
    """Without the gas given on."""
    stack = frame.stack
    opcode = frame.program[frame.pc]
    takes_value = opcode in (0xF1, 0xF2)
    value = stack[-3] if takes_value else 0
    first = -4 if takes_value else -3
    cost = _memory(frame, (stack[first], stack[first - 1]), (stack[first - 2], stack[first - 3]))
    world = frame.machine.world
    target = address_of(stack[-2])
    cost += _account(frame, stack[-2])
    delegate = delegate_of(world.get_code(target)) if frame.machine.delegates else None
    if delegate is not None:
        cost += WARM_GAS if delegate in world.warm_accounts or delegate == target else COLD_ACCOUNT_GAS
    if value:
        cost += CALL_VALUE_GAS
        if opcode == 0xF1 and world.get(target) == NO_ACCOUNT:
            cost += NEW_ACCOUNT_GAS
    return cost


def _create(frame: Frame) -> int:
    """Without the gas given on: geth's CREATE takes it while it executes."""
    machine = frame.machine
    stack = frame.stack
    size = stack[-3]
    limit = machine.init_code_size_limit
    if limit is not None and size > limit:
        raise _Refused(f": {FailureKind.INITCODE_SIZE.value}: size {size}")
    kind = "CREATE2" if frame.program[frame.pc] == 0xF5 else "CREATE"
    return create_word_gas(kind, machine.fork) * _words(size) + _memory(frame, (stack[-2], size))


def _self_destruct(frame: Frame) -> int:
    return self_destruct_cost(frame, address_of(frame.stack[-1]))


_GIVES_GAS: Final = dict.fromkeys((0xF1, 0xF2, 0xF4, 0xFA), True)

_DYNAMIC: Final[dict[int, _Dynamic]] = {
    0x0A: _exp,
    0x20: _keccak,
    0x31: _access,
    0x37: _copy,
    0x39: _copy,
    0x3B: _access,
    0x3C: _ext_code_copy,
    0x3E: _copy,
    0x3F: _access,
    0x51: _word_access,
    0x52: _word_access,
    0x53: _byte_access,
    0x54: _sload,
    0x55: _sstore,
    0x5E: _memory_copy,
    **dict.fromkeys(range(0xA0, 0xA5), _log),
    0xF0: _create,
    0xF1: _call,
    0xF2: _call,
    0xF3: _range,
    0xF4: _call,
    0xF5: _create,
    0xFA: _call,
    0xFD: _range,
    0xFF: _self_destruct,
}
