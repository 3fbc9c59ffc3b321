"""Opcodes that need more than the stack: memory, code, the context, the state and logs. Calls are in `calls`.

As in `stack_opcodes`, operands are read before anything changes, the deepest first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from eth.exceptions import OutOfBoundsRead, OutOfGas, WriteProtection

from devnet.chain.block import Log
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32
from devnet.execution import FailureKind
from devnet.execution.pyevm.failures import FrameFailure
from devnet.execution.pyevm.world import NO_ACCOUNT

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame
    from devnet.execution.pyevm.tables import OnFrame

COLD_ACCOUNT_GAS: Final = 2_600
COLD_SLOT_GAS: Final = 2_100
WARM_GAS: Final = 100
KECCAK_WORD_GAS: Final = 6
COPY_WORD_GAS: Final = 3
LOG_TOPIC_GAS: Final = 375
LOG_BYTE_GAS: Final = 8
SSTORE_SENTRY: Final = 2_300
SSTORE_SET_GAS: Final = 20_000
SSTORE_RESET_GAS: Final = 2_900
SSTORE_CLEAR_REFUND: Final = 4_800

ADDRESS_MASK: Final = (1 << 160) - 1


def address_of(word: int) -> Address:
    return Address((word & ADDRESS_MASK).to_bytes(20, "big"))


def access_account(frame: Frame, address: Address) -> None:
    """EIP-2929: charges for reaching an account and marks it."""
    world = frame.machine.world
    frame.consume_gas(COLD_ACCOUNT_GAS if world.warm_account(address) else WARM_GAS)
    world.touched.add(address)


# Memory and code


def mload(frame: Frame) -> None:
    stack = frame.stack
    start = stack[-1]
    if start + 32 > len(frame.memory):
        frame.extend_memory(start, 32)
    stack[-1] = int.from_bytes(frame.memory[start : start + 32], "big")


def mstore(frame: Frame) -> None:
    stack = frame.stack
    value = stack[-2]
    start = stack.pop()
    stack.pop()
    if start + 32 > len(frame.memory):
        frame.extend_memory(start, 32)
    frame.memory[start : start + 32] = value.to_bytes(32, "big")


def mstore8(frame: Frame) -> None:
    stack = frame.stack
    value = stack[-2]
    start = stack.pop()
    stack.pop()
    frame.extend_memory(start, 1)
    frame.memory[start] = value & 0xFF


def msize(frame: Frame) -> None:
    frame.stack_push_int(len(frame.memory))


def keccak(frame: Frame) -> None:
    stack = frame.stack
    size = stack[-2]
    start = stack.pop()
    frame.consume_gas(KECCAK_WORD_GAS * ((size + 31) >> 5))
    frame.extend_memory(start, size)
    stack[-1] = int.from_bytes(keccak256(bytes(frame.memory[start : start + size]) if size else b""), "big")


def call_data_load(frame: Frame) -> None:
    stack = frame.stack
    start = stack[-1]
    word = frame.input[start : start + 32]
    stack[-1] = int.from_bytes(word, "big") << (8 * (32 - len(word)))


def code_copy(frame: Frame) -> None:
    destination, start, size = frame.stack_pop_ints(3)
    _copy_to_memory(frame, frame.code, destination, start, size)


def return_data_copy(frame: Frame) -> None:
    destination, start, size = frame.stack_pop_ints(3)
    frame.consume_gas(COPY_WORD_GAS * ((size + 31) >> 5))
    frame.extend_memory(destination, size)
    if start + size > len(frame.return_data):
        raise OutOfBoundsRead
    frame.memory_write(destination, size, frame.return_data[start : start + size])


def ext_code_copy(frame: Frame) -> None:
    account, destination, start, size = frame.stack_pop_ints(4)
    address = address_of(account)
    access_account(frame, address)
    frame.consume_gas(COPY_WORD_GAS * ((size + 31) >> 5))
    frame.extend_memory(destination, size)
    frame.memory_write(
        destination, size, frame.machine.world.get_code(address)[start : start + size].ljust(size, b"\0")
    )


def _copy_to_memory(frame: Frame, source: bytes, destination: int, start: int, size: int) -> None:
    frame.consume_gas(COPY_WORD_GAS * ((size + 31) >> 5))
    frame.extend_memory(destination, size)
    frame.memory_write(destination, size, source[start : start + size].ljust(size, b"\0"))


# Flow: the fast loop does these itself, the stepping loop uses these


def push(frame: Frame) -> None:
    pc = frame.pc
    end = pc + frame.program[pc] - 0x5E
    frame.stack_push_int(int.from_bytes(frame.program[pc + 1 : end], "big"))
    frame.pc = end - 1


def dup(frame: Frame) -> None:
    frame.stack_push_int(frame.stack[0x7F - frame.program[frame.pc]])


def swap(frame: Frame) -> None:
    stack = frame.stack
    deep = 0x8E - frame.program[frame.pc]
    stack[deep], stack[-1] = stack[-1], stack[deep]


def jump(frame: Frame) -> None:
    destination = frame.stack.pop()
    if destination not in frame.jumps:
        raise FrameFailure(FailureKind.INVALID_JUMP)
    frame.pc = destination - 1


def jump_if(frame: Frame) -> None:
    condition = frame.stack[-2]
    destination = frame.stack.pop()
    frame.stack.pop()
    if condition:
        if destination not in frame.jumps:
            raise FrameFailure(FailureKind.INVALID_JUMP)
        frame.pc = destination - 1


def program_counter(frame: Frame) -> None:
    frame.stack_push_int(frame.pc)


def gas_left(frame: Frame) -> None:
    frame.stack_push_int(frame.gas)


# Context


def own_address(frame: Frame) -> None:
    frame.stack_push_int(int.from_bytes(frame.address, "big"))


def caller(frame: Frame) -> None:
    frame.stack_push_int(int.from_bytes(frame.caller, "big"))


def call_value(frame: Frame) -> None:
    frame.stack_push_int(frame.value)


def call_data_size(frame: Frame) -> None:
    frame.stack_push_int(len(frame.input))


def return_data_size(frame: Frame) -> None:
    frame.stack_push_int(len(frame.return_data))


def block_hash(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = frame.machine.block_hash(stack[-1])


# Other accounts


def balance(frame: Frame) -> None:
    stack = frame.stack
    address = address_of(stack[-1])
    access_account(frame, address)
    stack[-1] = frame.machine.world.get(address)[1]


def self_balance(frame: Frame) -> None:
    frame.stack_push_int(frame.machine.world.get(frame.address)[1])


def ext_code_size(frame: Frame) -> None:
    stack = frame.stack
    address = address_of(stack[-1])
    access_account(frame, address)
    stack[-1] = len(frame.machine.world.get_code(address))


def ext_code_hash(frame: Frame) -> None:
    stack = frame.stack
    address = address_of(stack[-1])
    access_account(frame, address)
    account = frame.machine.world.get(address)
    stack[-1] = 0 if account == NO_ACCOUNT else int.from_bytes(account[2], "big")


# Storage


def sload(frame: Frame) -> None:
    stack = frame.stack
    slot = stack[-1]
    world = frame.machine.world
    address = frame.address
    left = frame.gas - (COLD_SLOT_GAS if world.warm_slot(address, slot) else WARM_GAS)
    if left < 0:
        raise OutOfGas("SLOAD")
    frame.gas = left
    world.touched_slots.add((address, slot))
    stack[-1] = world.get_slot(address, slot)


def sstore_cost(original: int, current: int, new: int) -> int:
    """EIP-2200 with the prices of EIP-2929, without what a cold slot costs beside."""
    if current == new or original != current:
        return WARM_GAS
    return SSTORE_RESET_GAS if original else SSTORE_SET_GAS


def sstore_refund(original: int, current: int, new: int) -> int:
    """What writing `new` adds to the refund counter (EIP-3529); may be negative."""
    if current == new:
        return 0
    if original == current:
        return SSTORE_CLEAR_REFUND if original and not new else 0
    refund = 0
    if original:
        if not current:
            refund -= SSTORE_CLEAR_REFUND
        if not new:
            refund += SSTORE_CLEAR_REFUND
    if original == new:
        refund += (SSTORE_RESET_GAS if original else SSTORE_SET_GAS) - WARM_GAS
    return refund


def sstore(frame: Frame) -> None:
    stack = frame.stack
    value = stack[-2]
    slot = stack.pop()
    stack.pop()
    if frame.is_static:
        raise WriteProtection
    if frame.gas <= SSTORE_SENTRY:
        raise FrameFailure(FailureKind.OUT_OF_GAS, ": not enough gas for reentrancy sentry")
    world = frame.machine.world
    address = frame.address
    cost = COLD_SLOT_GAS if world.warm_slot(address, slot) else 0
    current = world.get_slot(address, slot)
    if value == current:
        frame.consume_gas(cost + WARM_GAS)
        world.touched_slots.add((address, slot))
        return
    original = world.original_slot(address, slot)
    frame.consume_gas(cost + sstore_cost(original, current, value))
    world.touched_slots.add((address, slot))
    world.refund += sstore_refund(original, current, value)
    world.put_slot(address, slot, value)


def tload(frame: Frame) -> None:
    stack = frame.stack
    stack[-1] = frame.machine.world.get_transient(frame.address, stack[-1])


def tstore(frame: Frame) -> None:
    stack = frame.stack
    value = stack[-2]
    slot = stack.pop()
    stack.pop()
    if frame.is_static:
        raise WriteProtection
    frame.machine.world.set_transient(frame.address, slot, value)


# Logs


def log(frame: Frame) -> None:
    topic_count = frame.program[frame.pc] - 0xA0
    start, size, *topics = frame.stack_pop_ints(2 + topic_count)
    if frame.is_static:
        raise WriteProtection
    frame.consume_gas(LOG_TOPIC_GAS * topic_count + LOG_BYTE_GAS * size)
    frame.extend_memory(start, size)
    machine = frame.machine
    logs = machine.world.logs
    entry = Log(
        frame.address,
        tuple([Hash32(topic.to_bytes(32, "big")) for topic in topics]),
        frame.read_memory(start, size),
    )
    logs.append(entry)
    if machine.watcher is not None:
        machine.watcher.log(entry, len(logs) - 1, frame.depth)


def _numbers(first: int, last: int, operation: Callable[[Frame], None]) -> dict[int, OnFrame]:
    return dict.fromkeys(range(first, last + 1), operation)


ON_FRAME: Final[dict[int, OnFrame]] = {
    0x20: keccak,
    0x30: own_address,
    0x31: balance,
    0x33: caller,
    0x34: call_value,
    0x35: call_data_load,
    0x36: call_data_size,
    0x39: code_copy,
    0x3B: ext_code_size,
    0x3C: ext_code_copy,
    0x3D: return_data_size,
    0x3E: return_data_copy,
    0x3F: ext_code_hash,
    0x40: block_hash,
    0x47: self_balance,
    0x51: mload,
    0x52: mstore,
    0x53: mstore8,
    0x54: sload,
    0x55: sstore,
    0x56: jump,
    0x57: jump_if,
    0x58: program_counter,
    0x59: msize,
    0x5A: gas_left,
    0x5C: tload,
    0x5D: tstore,
    **_numbers(0x5F, 0x7F, push),
    **_numbers(0x80, 0x8F, dup),
    **_numbers(0x90, 0x9F, swap),
    **_numbers(0xA0, 0xA4, log),
}

CONSTANT_GAS: Final[dict[int, int]] = {
    0x1E: 5,
    0x31: 0,
    0x3B: 0,
    0x3C: 0,
    0x3F: 0,
    0x54: 0,
    0x55: 0,
    0xF0: 32_000,
    0xF1: 0,
    0xF2: 0,
    0xF4: 0,
    0xF5: 32_000,
    0xFA: 0,
    0xFF: 5_000,
}
"""Where py-evm's table does not say it, or this package charges the whole price in the opcode (EIP-2929)."""
