"""One call's machine state, with the face that py-evm's opcodes and precompiles expect of a computation.

py-evm's functions take a `computation` and use its stack, memory, gas, message and context. A `Frame`
answers all of that itself (`msg`, `state` and `transaction_context` lead to it and its machine), so the
opcodes run on it unchanged. The stack holds ints only.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from eth.exceptions import FullStack, InsufficientStack, OutOfGas

from devnet.chain.types import Address, Wei
from devnet.execution import Failure
from devnet.execution.pyevm.hooks import FrameKind
from devnet.execution.pyevm.world import Checkpoint

if TYPE_CHECKING:
    from devnet.execution.pyevm.machine import Machine

MEMORY_WORD_GAS: Final = 3
MEMORY_QUADRATIC_DIVISOR: Final = 512

_JUMPDEST: Final = 0x5B
_PUSH1: Final = 0x60
_PUSH32: Final = 0x7F
_PADDING: Final = bytes(33)


class _NoLogger:
    """py-evm asks its loggers whether to print each step."""

    show_debug2 = False


_NO_LOGGER: Final = _NoLogger()


@lru_cache(maxsize=1024)
def jump_destinations(code: bytes) -> frozenset[int]:
    """Positions of the JUMPDESTs in `code` that are not data of a PUSH."""
    found = []
    position = 0
    end = len(code)
    while position < end:
        opcode = code[position]
        if _PUSH1 <= opcode <= _PUSH32:
            position += opcode - _PUSH1 + 1
        elif opcode == _JUMPDEST:
            found.append(position)
        position += 1
    return frozenset(found)


class Frame:
    """One call or creation while it runs."""

    __slots__ = (
        "_jumps",
        "address",
        "caller",
        "checkpoint",
        "code",
        "code_address",
        "depth",
        "failure",
        "gas",
        "input",
        "is_create",
        "is_static",
        "kind",
        "machine",
        "memory",
        "memory_gas",
        "output",
        "parent",
        "pc",
        "program",
        "return_data",
        "return_offset",
        "return_size",
        "stack",
        "start_gas",
        "value",
    )

    def __init__(
        self,
        machine: Machine,
        kind: FrameKind,
        parent: Frame | None,
        caller: Address,
        address: Address,
        code_address: Address,
        code: bytes,
        input: bytes,
        value: int,
        gas: int,
        is_static: bool,
        checkpoint: Checkpoint,
    ) -> None:
        self.machine = machine
        self.kind = kind
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.caller = caller
        self.address = address
        self.code_address = code_address
        self.code = code
        self.program = code + _PADDING
        """The code with zeros behind: reading past the end is STOP, a cut PUSH is padded."""
        self._jumps: frozenset[int] | None = None
        self.input = input
        self.value = Wei(value)
        self.is_static = is_static
        self.is_create = kind == "CREATE" or kind == "CREATE2"
        self.checkpoint = checkpoint
        self.gas = self.start_gas = gas
        self.pc = 0
        self.stack: list[int] = []
        self.memory = bytearray()
        self.memory_gas = 0
        self.return_data = b""
        self.output = b""
        self.failure: Failure | None = None
        self.return_offset = 0
        """Where in the caller's memory the output goes, and at most how much of it."""
        self.return_size = 0

    @property
    def jumps(self) -> frozenset[int]:
        """Where the code may jump to."""
        found = self._jumps
        if found is None:
            found = self._jumps = jump_destinations(self.code)
        return found

    # Gas and memory

    def consume_gas(self, amount: int, reason: str = "") -> None:
        left = self.gas - amount
        if left < 0:
            raise OutOfGas(reason)
        self.gas = left

    def extend_memory(self, start: int, size: int) -> None:
        """Charges for and makes the memory reach to `start + size`, which a size of 0 never does."""
        if not size:
            return
        memory = self.memory
        have = len(memory)
        if start + size <= have:
            return
        words = (start + size + 31) >> 5
        total = words * MEMORY_WORD_GAS + words * words // MEMORY_QUADRATIC_DIVISOR
        left = self.gas - (total - self.memory_gas)
        if left < 0:
            raise OutOfGas("memory")
        self.gas = left
        self.memory_gas = total
        memory.extend(bytes((words << 5) - have))

    def read_memory(self, start: int, size: int) -> bytes:
        """Bytes of memory that is already there."""
        return bytes(self.memory[start : start + size]) if size else b""

    # What py-evm's opcodes and precompiles ask of a computation

    @property
    def logger(self) -> _NoLogger:
        return _NO_LOGGER

    @property
    def msg(self) -> Frame:
        return self

    @property
    def state(self) -> Machine:
        return self.machine

    @property
    def transaction_context(self) -> Machine:
        return self.machine

    @property
    def sender(self) -> Address:
        return self.caller

    @property
    def storage_address(self) -> Address:
        return self.address

    @property
    def data(self) -> bytes:
        return self.input

    @property
    def data_as_bytes(self) -> bytes:
        return self.input

    @property
    def _memory(self) -> bytearray:
        return self.memory

    def memory_write(self, start: int, size: int, value: bytes) -> None:
        if size:
            self.memory[start : start + size] = value

    memory_read_bytes = read_memory

    def memory_copy(self, destination: int, source: int, length: int) -> None:
        if length:
            self.memory[destination : destination + length] = self.memory[source : source + length]

    def stack_pop1_int(self) -> int:
        try:
            return self.stack.pop()
        except IndexError:
            raise InsufficientStack from None

    def stack_pop1_bytes(self) -> bytes:
        value = self.stack_pop1_int()
        return value.to_bytes((value.bit_length() + 7) // 8, "big")

    def stack_pop_ints(self, count: int) -> tuple[int, ...]:
        stack = self.stack
        if len(stack) < count:
            raise InsufficientStack
        taken = tuple(stack[: -count - 1 : -1])
        del stack[-count:]
        return taken

    def stack_push_int(self, value: int) -> None:
        if len(self.stack) > 1023:
            raise FullStack
        self.stack.append(value)

    def stack_push_bytes(self, value: bytes) -> None:
        self.stack_push_int(int.from_bytes(value, "big"))
