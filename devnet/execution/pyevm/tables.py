"""Opcode tables: what each fork's opcodes cost at least and what they do.

Which opcodes a fork has, their constant gas and their work come from py-evm. This package
replaces those that run most, those that touch the state, and those that start calls (`calls`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeAlias

from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES
from eth.vm.forks.paris.opcodes import PARIS_OPCODES
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from eth.vm.forks.shanghai.opcodes import SHANGHAI_OPCODES

from devnet.chain.rules import Fork
from devnet.execution.pyevm.failures import FrameFailure, invalid_opcode
from devnet.execution.pyevm.mnemonics import STACK_EFFECTS

if TYPE_CHECKING:
    from devnet.execution.pyevm.frame import Frame

OnStack: TypeAlias = Callable[[list[int]], None]
"""An opcode that needs the stack only and costs a constant."""

OnFrame: TypeAlias = "Callable[[Frame], Any]"
"""Any other opcode. Those from 0xF0 give None to go on, the frame to run next, or `Ended`."""

_PY_EVM_OPCODES = {
    Fork.PARIS: PARIS_OPCODES,
    Fork.SHANGHAI: SHANGHAI_OPCODES,
    Fork.CANCUN: CANCUN_OPCODES,
    Fork.PRAGUE: PRAGUE_OPCODES,
    Fork.OSAKA: PRAGUE_OPCODES,
}
_CLZ = 0x1E
_INVALID = 0xFE


@dataclass(frozen=True, slots=True)
class OpcodeTable:
    """One fork's opcodes, by number."""

    costs: tuple[int, ...]
    """Constant gas, 0 for what is undefined."""
    on_stack: tuple[OnStack | None, ...]
    on_frame: tuple[OnFrame, ...]
    """Every opcode, those of `on_stack` as well, those that the fast loop runs itself as well."""
    takes: tuple[int, ...]
    """Stack items that must be there."""
    grows: tuple[int, ...]
    """By how many items the stack is longer afterwards."""


@lru_cache(maxsize=8)
def opcode_table(fork: Fork) -> OpcodeTable:
    """The table of `fork`."""
    from devnet.execution.pyevm.calls import CALLS
    from devnet.execution.pyevm.opcodes import CONSTANT_GAS, ON_FRAME
    from devnet.execution.pyevm.stack_opcodes import ON_STACK

    costs = [0] * 256
    on_stack: list[OnStack | None] = [None] * 256
    on_frame: list[OnFrame] = [partial(_undefined, number) for number in range(256)]
    defined: dict[int, Any] = dict(_PY_EVM_OPCODES[fork])
    if fork >= Fork.OSAKA:
        defined[_CLZ] = None
    for number, theirs in defined.items():
        if number == _INVALID:
            continue
        constant = CONSTANT_GAS.get(number)
        costs[number] = theirs.gas_cost if constant is None else constant
        if number in ON_STACK:
            on_stack[number] = ON_STACK[number]
            on_frame[number] = _lift(ON_STACK[number])
        elif number in ON_FRAME:
            on_frame[number] = ON_FRAME[number]
        elif number in CALLS:
            on_frame[number] = CALLS[number]
        else:
            on_frame[number] = theirs.logic_fn
    effects = [STACK_EFFECTS.get(number, ("", 0, 0)) for number in range(256)]
    takes = [effect[1] if number in defined else 0 for number, effect in enumerate(effects)]
    grows = [effect[2] - effect[1] if number in defined else 0 for number, effect in enumerate(effects)]
    return OpcodeTable(tuple(costs), tuple(on_stack), tuple(on_frame), tuple(takes), tuple(grows))


def _undefined(number: int, _frame: Frame) -> None:
    failure = invalid_opcode(number)
    raise FrameFailure(failure.kind, failure.detail)


def _lift(operation: OnStack) -> OnFrame:
    return lambda frame: operation(frame.stack)
