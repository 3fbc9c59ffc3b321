"""Opcodes that start or end frames, and what happens when a frame begins and ends.

Nothing here recurses: an opcode gives the frame to run next to the loop, which comes back to the caller when
that one has ended. 1024 frames deep therefore costs no Python recursion.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from eth.exceptions import OutOfGas, VMError, WriteProtection

from devnet.chain import rlp
from devnet.chain.block import Log
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.execution import Failure, FailureKind
from devnet.execution.pyevm.failures import (
    ADDRESS_COLLISION,
    CALL_DEPTH,
    INSUFFICIENT_BALANCE,
    NONCE_OVERFLOW,
    OUT_OF_GAS,
    REVERT,
    FrameFailure,
)
from devnet.execution.pyevm.frame import Frame
from devnet.execution.pyevm.hooks import FrameEnd, FrameKind, FrameStart
from devnet.execution.pyevm.machine import CONSOLE_ADDRESS
from devnet.execution.pyevm.opcodes import COLD_ACCOUNT_GAS, KECCAK_WORD_GAS, WARM_GAS, address_of
from devnet.execution.pyevm.precompiles import PrecompileFailure
from devnet.execution.pyevm.world import NO_ACCOUNT

if TYPE_CHECKING:
    from devnet.execution.pyevm.machine import Machine

CALL_DEPTH_LIMIT: Final = 1024
CALL_VALUE_GAS: Final = 9_000
CALL_STIPEND: Final = 2_300
NEW_ACCOUNT_GAS: Final = 25_000
INITCODE_WORD_GAS: Final = 2
CODE_BYTE_GAS: Final = 200
MAX_NONCE: Final = 2**64 - 1

DELEGATION_PREFIX: Final = b"\xef\x01\x00"
DELEGATION_LENGTH: Final = 23

TRANSFER_LOG_ADDRESS: Final = Address(b"\xee" * 20)
TRANSFER_TOPIC: Final = keccak256(b"Transfer(address,address,uint256)")


class Ended(enum.Enum):
    """What an opcode gives when its frame is over (`frame.failure` says how)."""

    ENDED = enum.auto()


ENDED: Final = Ended.ENDED

Next = Frame | Ended | None
"""The frame to run next, that this one ended, or to go on with this one."""


def delegate_of(code: bytes) -> Address | None:
    """Whom the code delegates to (EIP-7702), None for other code."""
    if len(code) == DELEGATION_LENGTH and code.startswith(DELEGATION_PREFIX):
        return Address(code[3:])
    return None


# The end of a frame by its own opcode


def stop(_frame: Frame) -> Next:
    return ENDED


def return_(frame: Frame) -> Next:
    start, size = frame.stack_pop_ints(2)
    frame.extend_memory(start, size)
    frame.output = frame.read_memory(start, size)
    return ENDED


def revert(frame: Frame) -> Next:
    return_(frame)
    frame.failure = REVERT
    return ENDED


def self_destruct(frame: Frame) -> Next:
    beneficiary = address_of(frame.stack[-1])
    frame.stack.pop()
    if frame.is_static:
        raise WriteProtection
    machine = frame.machine
    world = machine.world
    own = frame.address
    cost = self_destruct_cost(frame, beneficiary)
    world.warm_account(beneficiary)
    frame.consume_gas(cost)
    world.touched.add(beneficiary)
    balance = world.get(own)[1]
    if machine.transfer_logs and balance:
        log_transfer(machine, own, beneficiary, balance)
    if machine.fork < Fork.CANCUN or own in world.created:
        # The account goes, and with it what it sends to itself.
        if balance:
            world.transfer(own, beneficiary, balance)
        nonce, _, code_hash = world.get(own)
        world.put(own, (nonce, 0, code_hash))
        world.mark_destroyed(own)
    elif balance:
        world.transfer(own, beneficiary, balance)
    if machine.watcher is not None:
        depth = frame.depth + 1
        machine.watcher.enter(FrameStart("SELFDESTRUCT", depth, own, beneficiary, Wei(balance), b"", 0))
        machine.watcher.exit(FrameEnd(depth, b"", 0, None))
    return ENDED


def self_destruct_cost(frame: Frame, beneficiary: Address) -> int:
    """What SELFDESTRUCT costs beside its constant gas."""
    world = frame.machine.world
    cost = 0 if beneficiary in world.warm_accounts else COLD_ACCOUNT_GAS
    if world.get(frame.address)[1] and world.get(beneficiary) == NO_ACCOUNT:
        cost += NEW_ACCOUNT_GAS
    return cost


# Calls


def _call_opcode(kind: FrameKind, has_value: bool) -> Callable[[Frame], Next]:
    operands = 7 if has_value else 6

    def call(frame: Frame) -> Next:
        stack = frame.stack
        if len(stack) < operands:
            raise IndexError
        requested = stack.pop()
        target = address_of(stack.pop())
        value = stack.pop() if has_value else 0
        input_start = stack.pop()
        input_size = stack.pop()
        output_start = stack.pop()
        output_size = stack.pop()
        if value and kind == "CALL" and frame.is_static:
            raise WriteProtection
        frame.extend_memory(input_start, input_size)
        frame.extend_memory(output_start, output_size)

        machine = frame.machine
        world = machine.world
        cost = COLD_ACCOUNT_GAS if world.warm_account(target) else WARM_GAS
        code_hash = world.get(target)[2]
        code = world.code(code_hash) if code_hash != EMPTY_CODE_HASH else b""
        delegate = delegate_of(code) if code and machine.delegates else None
        if delegate is not None:
            cost += COLD_ACCOUNT_GAS if world.warm_account(delegate) else WARM_GAS
        if value:
            cost += CALL_VALUE_GAS
            if kind == "CALL" and world.get(target) == NO_ACCOUNT:
                cost += NEW_ACCOUNT_GAS
        available = frame.gas - cost
        if available < 0:
            raise OutOfGas(kind)
        given = min(requested, available - available // 64)
        frame.gas = available - given
        if value:
            given += CALL_STIPEND
        world.touched.add(target)
        if delegate is not None:
            world.touched.add(delegate)
            code = world.get_code(delegate)

        if kind == "CALL" or kind == "STATICCALL":
            address, caller = target, frame.address
        elif kind == "CALLCODE":
            address = caller = frame.address
        else:
            address, caller, value = frame.address, frame.caller, frame.value
        child = Frame(
            machine,
            kind,
            frame,
            caller,
            address,
            target,
            code,
            frame.read_memory(input_start, input_size),
            value,
            given,
            frame.is_static or kind == "STATICCALL",
            (0, 0, 0),
        )
        child.return_offset = output_start
        child.return_size = output_size
        if begin_call(child, delegate is not None):
            return child
        resume(frame, child)
        return None

    return call


def begin_call(frame: Frame, is_delegated: bool) -> bool:
    """Starts a call: False when it is over at once (refused, a precompile, no code) and left already."""
    machine = frame.machine
    world = machine.world
    kind = frame.kind
    if machine.watcher is not None:
        machine.watcher.enter(
            FrameStart(
                kind,
                frame.depth,
                frame.address if kind == "DELEGATECALL" else frame.caller,
                frame.code_address,
                None if kind == "STATICCALL" else frame.value,
                frame.input,
                frame.gas,
            )
        )
    frame.checkpoint = world.checkpoint()
    value = frame.value
    if frame.depth > CALL_DEPTH_LIMIT:
        frame.failure = CALL_DEPTH
    elif value and kind != "DELEGATECALL":
        if world.get(frame.caller)[1] < value:
            frame.failure = INSUFFICIENT_BALANCE
        else:
            if kind == "CALL":
                world.transfer(frame.caller, frame.address, value)
            if machine.transfer_logs:
                log_transfer(machine, frame.caller, frame.code_address, value)
    if frame.failure is not None:
        leave(frame, burn=False)
        return False
    target = frame.code_address
    if target in machine.precompiles and not is_delegated:
        run_precompile(frame, machine.precompiles[target])
    elif frame.code:
        return True
    elif target == CONSOLE_ADDRESS:
        machine.log_to_console(frame.input)
    leave(frame)
    return False


def run_precompile(frame: Frame, precompile: Callable[[Frame], object]) -> None:
    """Runs a precompile as the whole of the frame."""
    frame.machine.check_deadline()
    try:
        precompile(frame)
    except OutOfGas:
        frame.failure = OUT_OF_GAS
    except (PrecompileFailure, VMError) as error:
        detail = str(error)
        frame.failure = Failure(FailureKind.PRECOMPILE, f": {detail}" if detail else "")


def leave(frame: Frame, burn: bool = True) -> None:
    """Ends a frame: deposits a contract's code, or undoes what the frame did.

    `burn` is False for a call that was refused before it began: its gas comes back.
    """
    if frame.failure is None and frame.is_create:
        deposit_code(frame)
    failure = frame.failure
    machine = frame.machine
    if failure is not None:
        machine.world.revert(frame.checkpoint)
        if failure.kind is not FailureKind.REVERT:
            frame.output = b""
            if burn:
                frame.gas = 0
    if machine.watcher is not None:
        machine.watcher.exit(FrameEnd(frame.depth, frame.output, frame.start_gas - frame.gas, failure))


def resume(frame: Frame, child: Frame) -> None:
    """Gives a caller what its ended callee left: success, output, gas."""
    frame.gas += child.gas
    failure = child.failure
    if child.is_create:
        frame.return_data = child.output if failure is not None else b""
        frame.stack.append(0 if failure is not None else int.from_bytes(child.address, "big"))
        return
    output = child.output
    frame.return_data = output
    size = min(child.return_size, len(output))
    if size:
        start = child.return_offset
        frame.memory[start : start + size] = output[:size]
    frame.stack.append(0 if failure is not None else 1)


def log_transfer(machine: Machine, sender: Address, recipient: Address, value: int) -> None:
    """The log by which `Mode.transfer_logs` shows a movement of value."""
    topics = (TRANSFER_TOPIC, Hash32(sender.rjust(32, b"\0")), Hash32(recipient.rjust(32, b"\0")))
    machine.world.logs.append(Log(TRANSFER_LOG_ADDRESS, topics, value.to_bytes(32, "big")))


# Creates


def create_address(sender: Address, nonce: int) -> Address:
    """Where the creation with that nonce puts its contract."""
    return Address(keccak256(rlp.encode_list([rlp.encode_bytes(sender), rlp.encode_int(nonce)]))[12:])


def create2_address(sender: Address, salt: int, init_code: bytes) -> Address:
    """EIP-1014."""
    return Address(keccak256(b"\xff" + sender + salt.to_bytes(32, "big") + keccak256(init_code))[12:])


def _create_opcode(kind: FrameKind) -> Callable[[Frame], Next]:
    operands = 3 if kind == "CREATE" else 4

    def create(frame: Frame) -> Next:
        stack = frame.stack
        if len(stack) < operands:
            raise IndexError
        value = stack.pop()
        start = stack.pop()
        size = stack.pop()
        salt = stack.pop() if operands == 4 else 0
        if frame.is_static:
            raise WriteProtection
        machine = frame.machine
        limit = machine.init_code_size_limit
        if limit is not None and size > limit:
            raise FrameFailure(FailureKind.OUT_OF_GAS, f": {FailureKind.INITCODE_SIZE.value}: size {size}")
        frame.consume_gas(create_word_gas(kind, machine.fork) * ((size + 31) >> 5))
        frame.extend_memory(start, size)
        given = frame.gas - frame.gas // 64
        frame.gas -= given
        init_code = frame.read_memory(start, size)
        own = frame.address
        if kind == "CREATE":
            address = create_address(own, machine.world.get(own)[0])
        else:
            address = create2_address(own, salt, init_code)
        child = Frame(
            machine, kind, frame, own, address, address, init_code, b"", value, given, False, (0, 0, 0)
        )
        if begin_create(child):
            return child
        resume(frame, child)
        return None

    return create


def create_word_gas(kind: str, fork: Fork) -> int:
    """Gas per word of init code: hashing it for CREATE2, EIP-3860 from Shanghai."""
    return (KECCAK_WORD_GAS if kind == "CREATE2" else 0) + (INITCODE_WORD_GAS if fork >= Fork.SHANGHAI else 0)


def begin_create(frame: Frame) -> bool:
    """Starts a creation: False when it is over at once (refused, no init code) and left already."""
    machine = frame.machine
    world = machine.world
    creator = frame.caller
    address = frame.address
    if machine.watcher is not None:
        machine.watcher.enter(
            FrameStart(frame.kind, frame.depth, creator, address, frame.value, frame.code, frame.gas)
        )
    frame.checkpoint = world.checkpoint()
    nonce, balance, _ = world.get(creator)
    refusal = None
    if frame.depth > CALL_DEPTH_LIMIT:
        refusal = CALL_DEPTH
    elif balance < frame.value:
        refusal = INSUFFICIENT_BALANCE
    elif frame.depth and nonce >= MAX_NONCE:
        refusal = NONCE_OVERFLOW
    if refusal is not None:
        frame.failure = refusal
        leave(frame, burn=False)
        return False
    if frame.depth:
        world.increment_nonce(creator)
    world.warm_account(address)
    world.involved.add(address)
    # The nonce and the warm address outlive a failure.
    frame.checkpoint = world.checkpoint()
    existing = world.get(address)
    if existing[0] or existing[2] != EMPTY_CODE_HASH:
        frame.failure = ADDRESS_COLLISION
        leave(frame)
        return False
    world.mark_created(address)
    world.put(address, (1, existing[1], EMPTY_CODE_HASH))
    if frame.value:
        world.transfer(creator, address, frame.value)
        if machine.transfer_logs:
            log_transfer(machine, creator, address, frame.value)
    if frame.code:
        return True
    leave(frame)
    return False


def deposit_code(frame: Frame) -> None:
    """Charges for and stores what the init code returned; sets the frame's failure where it may not be."""
    code = frame.output
    limit = frame.machine.code_size_limit
    if limit is not None and len(code) > limit:
        frame.failure = Failure(FailureKind.CODE_SIZE)
    elif code.startswith(b"\xef"):
        frame.failure = Failure(FailureKind.INVALID_CODE_PREFIX)
    elif frame.gas < CODE_BYTE_GAS * len(code):
        frame.failure = Failure(FailureKind.CODE_STORE_OUT_OF_GAS)
    else:
        frame.gas -= CODE_BYTE_GAS * len(code)
        if code:
            frame.machine.world.set_code(frame.address, code)


CALLS: Final[dict[int, Callable[[Frame], Next]]] = {
    0x00: stop,
    0xF0: _create_opcode("CREATE"),
    0xF1: _call_opcode("CALL", has_value=True),
    0xF2: _call_opcode("CALLCODE", has_value=True),
    0xF3: return_,
    0xF4: _call_opcode("DELEGATECALL", has_value=False),
    0xF5: _create_opcode("CREATE2"),
    0xFA: _call_opcode("STATICCALL", has_value=False),
    0xFD: revert,
    0xFF: self_destruct,
}
