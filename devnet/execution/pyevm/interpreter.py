"""The loops that run frames: a fast one, and one that shows every step to a watcher.

`run` drives a transaction's frames without recursion. Both loops run a frame until it ends (`frame.failure`
says how) or starts another one. Deadlines are looked at every few
thousand jumps and every few changes of frame: code without either is finite.
"""

from __future__ import annotations

from typing import Final

from eth.exceptions import InsufficientStack, VMError

from devnet.execution import Failure, FailureKind
from devnet.execution.pyevm.calls import ENDED, Next, leave, resume
from devnet.execution.pyevm.failures import (
    OUT_OF_GAS,
    STACK_LIMIT,
    FrameFailure,
    failure_of,
    stack_overflow,
    stack_underflow,
)
from devnet.execution.pyevm.frame import Frame
from devnet.execution.pyevm.step_cost import step_cost
from devnet.execution.pyevm.tables import OpcodeTable

JUMPS_BETWEEN_CHECKS: Final = 4_096
STEPS_BETWEEN_CHECKS: Final = 1_024
SWITCHES_BETWEEN_CHECKS: Final = 128

_INVALID_JUMP: Final = Failure(FailureKind.INVALID_JUMP)


def run(frame: Frame) -> None:
    """Runs a frame that `begin_call` or `begin_create` started, and all that it calls, to the end."""
    machine = frame.machine
    loop = _run_steps if machine.steps else _run_fast
    switches = 0
    while True:
        switches += 1
        if switches == SWITCHES_BETWEEN_CHECKS:
            # The loops' own counts begin anew with every switch.
            switches = 0
            machine.check_deadline()
        following = loop(frame)
        if isinstance(following, Frame):
            frame = following
            continue
        leave(frame)
        parent = frame.parent
        if parent is None:
            return
        resume(parent, frame)
        frame = parent


def _run_fast(frame: Frame) -> Next:
    machine = frame.machine
    table = machine.table
    costs, on_stack, on_frame = table.costs, table.on_stack, table.on_frame
    program = frame.program
    stack = frame.stack
    gas = frame.gas
    pc = frame.pc
    jumps = frame.jumps
    ticks = 0
    opcode = 0
    try:
        while True:
            opcode = program[pc]
            gas -= costs[opcode]
            if gas < 0:
                frame.failure = _static_failure(table, opcode, len(stack))
                return ENDED
            if opcode >= 0x60:
                if opcode < 0x80:  # PUSH1 to PUSH32
                    end = pc + opcode - 0x5E
                    stack.append(int.from_bytes(program[pc + 1 : end], "big"))
                    pc = end
                    if len(stack) > STACK_LIMIT:
                        frame.failure = stack_overflow()
                        return ENDED
                elif opcode < 0x90:  # DUP
                    stack.append(stack[0x7F - opcode])
                    pc += 1
                    if len(stack) > STACK_LIMIT:
                        frame.failure = stack_overflow()
                        return ENDED
                elif opcode < 0xA0:  # SWAP
                    deep = 0x8E - opcode
                    stack[deep], stack[-1] = stack[-1], stack[deep]
                    pc += 1
                else:  # logs, calls and what ends a frame
                    frame.gas = gas
                    frame.pc = pc
                    following: Next = on_frame[opcode](frame)
                    pc += 1
                    if following is not None:
                        frame.pc = pc
                        return following
                    gas = frame.gas
            elif (operation := on_stack[opcode]) is not None:
                operation(stack)
                pc += 1
            elif opcode == 0x57:  # JUMPI
                condition = stack[-2]
                destination = stack.pop()
                stack.pop()
                if not condition:
                    pc += 1
                    continue
                if destination not in jumps:
                    frame.failure = _INVALID_JUMP
                    return ENDED
                pc = destination
                ticks += 1
                if ticks == JUMPS_BETWEEN_CHECKS:
                    ticks = 0
                    machine.check_deadline()
            elif opcode == 0x56:  # JUMP
                destination = stack.pop()
                if destination not in jumps:
                    frame.failure = _INVALID_JUMP
                    return ENDED
                pc = destination
                ticks += 1
                if ticks == JUMPS_BETWEEN_CHECKS:
                    ticks = 0
                    machine.check_deadline()
            elif opcode:
                frame.gas = gas
                frame.pc = pc
                on_frame[opcode](frame)
                gas = frame.gas
                pc += 1
            else:  # STOP
                frame.gas = gas
                return ENDED
    except (IndexError, InsufficientStack):
        # Opcodes look at all their operands before they change the stack.
        if len(stack) >= table.takes[opcode]:
            raise
        frame.failure = stack_underflow(len(stack), table.takes[opcode])
    except (FrameFailure, VMError) as error:
        frame.failure = failure_of(error)
    return ENDED


def _run_steps(frame: Frame) -> Next:
    machine = frame.machine
    watcher = machine.watcher
    assert watcher is not None
    wants_costs = watcher.wants_costs
    table = machine.table
    program = frame.program
    stack = frame.stack
    steps = 0
    while True:
        steps += 1
        if steps == STEPS_BETWEEN_CHECKS:
            steps = 0
            machine.check_deadline()
        pc = frame.pc
        opcode = program[pc]
        gas = frame.gas
        cost = table.costs[opcode]
        failure = _stack_failure(table, opcode, len(stack))
        if failure is None and cost > gas:
            failure = OUT_OF_GAS
        if failure is None and wants_costs:
            cost, failure = step_cost(frame, opcode, cost)
        watcher.step(pc, opcode, gas, cost, frame, failure)
        if failure is not None:
            frame.failure = failure
            return ENDED
        frame.gas = gas - table.costs[opcode]
        following = None
        try:
            following = table.on_frame[opcode](frame)
        except (FrameFailure, VMError) as error:
            frame.failure = failure_of(error)
            following = ENDED
        if following is ENDED and frame.failure is not None:
            watcher.step_fault(pc, opcode, gas, cost, frame, frame.failure)
        frame.pc += 1
        if following is not None:
            return following


def _stack_failure(table: OpcodeTable, opcode: int, size: int) -> Failure | None:
    if size < table.takes[opcode]:
        return stack_underflow(size, table.takes[opcode])
    if size + table.grows[opcode] > STACK_LIMIT:
        return stack_overflow()
    return None


def _static_failure(table: OpcodeTable, opcode: int, size: int) -> Failure:
    """Why an opcode whose constant gas is not there fails: the stack is looked at first, as in geth."""
    return _stack_failure(table, opcode, size) or OUT_OF_GAS
