"""One transaction or call as a node traced it: its frames, each with the steps it made.

Two traces are put together: the calls with their data (callTracer) and the steps (the struct logger), which
tell nothing but places. Every RPC with geth's debug_traceTransaction and debug_traceCall will do.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from devnet.chain.block import Log
from devnet.chain.types import Address, Hash32
from zero_sdk.errors import Problem, ZeroError

CONSOLE: Final = "0x000000000000000000636f6e736f6c652e6c6f67"
DELEGATED: Final = bytes.fromhex("ef0100")
"""What code of an account begins with that runs another's (EIP-7702)."""

CALLS: Final = frozenset({"CALL", "CALLCODE", "DELEGATECALL", "STATICCALL"})
CREATIONS: Final = frozenset({"CREATE", "CREATE2"})
_STEPS_ONLY: Final = {"disableStack": True, "disableStorage": True, "disableMemory": True}


class Rpc(Protocol):
    """Something that answers JSON-RPC: a `Zone`."""

    def rpc(self, method: str, *parameters: Any) -> Any:
        """The result. Raises for an error."""


@dataclass(slots=True)
class Frame:
    """One call or creation. Lists fill while the trace is read; nothing changes them afterwards."""

    kind: str
    """CALL, DELEGATECALL, STATICCALL, CALLCODE, CREATE, CREATE2 or SELFDESTRUCT."""
    sender: str
    to: str | None
    """Whose code runs, or the created contract; None for a creation that failed early."""
    value: int
    input: bytes
    output: bytes
    gas: int
    gas_used: int
    error: str | None
    """Why it failed, in the node's words."""
    logs: tuple[tuple[int, Log], ...]
    """Each with the number of calls that were made before it."""
    calls: list[Frame] = field(default_factory=list)
    parent: Frame | None = field(default=None, repr=False)
    code: bytes = field(default=b"", repr=False)
    """What it ran; empty where there was nothing to run."""
    pcs: array[int] = field(default_factory=lambda: array("l"), repr=False)
    opcodes: list[str] = field(default_factory=list, repr=False)
    site: int = -1
    """The number of the parent's step that made this call."""

    @property
    def is_creation(self) -> bool:
        return self.kind in CREATIONS

    @property
    def is_failed(self) -> bool:
        return self.error is not None

    @property
    def is_out_of_gas(self) -> bool:
        """In the words of geth and of others."""
        return "outofgas" in (self.error or "").lower().replace(" ", "")

    @property
    def is_precompile(self) -> bool:
        """An address that precompiles have, with nothing that ran."""
        number = int(self.to, 16) if self.to is not None else 0
        return not self.pcs and not self.is_creation and (0 < number <= 0x11 or number == 0x100)

    def walk(self) -> Iterator[Frame]:
        """This frame and all below it, in the order in which they began."""
        yield self
        for call in self.calls:
            yield from call.walk()


@dataclass(frozen=True, slots=True)
class Execution:
    """What ran. `hash` is None for a call."""

    root: Frame
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call that a node refused: what eth_call was given."""

    request: Mapping[str, Any]
    block: str = "latest"


def fetch_execution(zone: Rpc, what: str | FailedCall | Mapping[str, Any], steps: bool = True) -> Execution:
    """The execution of a transaction (by its hash) or of a call (its request).

    Raises ZeroError where the node traces nothing.
    """
    if isinstance(what, Mapping):
        what = FailedCall(what)
    if isinstance(what, FailedCall):
        request: tuple[Any, ...] = (dict(what.request), what.block)
        method, block, hash_ = "debug_traceCall", what.block, None
    else:
        request, method, hash_ = (what,), "debug_traceTransaction", what
        block = "latest"
        receipt = zone.rpc("eth_getTransactionReceipt", what)
        if receipt is None:
            raise ZeroError(
                Problem.TRACE_UNKNOWN_TRANSACTION,
                f"the zone has no mined transaction {what}",
                "check the hash and the zone; a pending transaction has no trace yet",
            )
        block = receipt["blockNumber"]
    calls = zone.rpc(method, *request, {"tracer": "callTracer", "tracerConfig": {"withLog": True}})
    if not isinstance(calls, Mapping) or "type" not in calls:
        raise ZeroError(
            Problem.TRACE_UNAVAILABLE,
            f"{method} gave no callTracer trace",
            "use a node that has geth's tracers (zero devnet, geth, anvil)",
        )
    root = frames_from(calls)
    if steps:
        told = zone.rpc(method, *request, _STEPS_ONLY)
        attach_steps(root, told.get("structLogs") or ())
    find_code(zone, root, block)
    return Execution(root, hash_)


def frames_from(calls: Mapping[str, Any]) -> Frame:
    """The frames in a callTracer trace, without steps."""
    return _frame(calls, None)


def _frame(entry: Mapping[str, Any], parent: Frame | None) -> Frame:
    output = entry.get("output")
    to = entry.get("to")
    frame = Frame(
        kind=entry["type"],
        sender=str(entry.get("from")).lower(),
        to=to.lower() if isinstance(to, str) else None,
        value=int(entry.get("value") or "0x0", 16),
        input=_data(entry.get("input")),
        output=_data(output),
        gas=int(entry.get("gas") or "0x0", 16),
        gas_used=int(entry.get("gasUsed") or "0x0", 16),
        error=entry.get("error"),
        logs=tuple(_log(log) for log in entry.get("logs") or ()),
        parent=parent,
    )
    frame.calls = [_frame(call, frame) for call in entry.get("calls") or ()]
    return frame


def _log(entry: Mapping[str, Any]) -> tuple[int, Log]:
    log = Log(
        Address(_data(entry["address"])),
        tuple(Hash32(_data(topic)) for topic in entry.get("topics") or ()),
        _data(entry.get("data")),
    )
    position = entry.get("position", 0)
    return (int(position, 16) if isinstance(position, str) else int(position)), log


def _data(text: Any) -> bytes:
    return bytes.fromhex(text.removeprefix("0x")) if isinstance(text, str) else b""


def attach_steps(root: Frame, steps: Any) -> None:
    """Gives each frame its steps."""
    for _ in place_steps(root, steps):
        pass


def place_steps(root: Frame, steps: Any) -> Iterator[tuple[Mapping[str, Any], Frame]]:
    """Each step with the frame that made it, which gets it. A frame that ran nothing (a precompile, an
    account without code) has none, so calls are counted at the opcodes that make them."""
    open_frames = [root]
    next_call = [0]
    entered: Frame | None = None
    for step in steps:
        depth = int(step["depth"])
        if depth > len(open_frames):
            if entered is None:
                break  # A trace that does not fit its calls: what was read so far stands.
            open_frames.append(entered)
            next_call.append(0)
        elif depth < len(open_frames):
            del open_frames[depth:], next_call[depth:]
        frame = open_frames[-1]
        opcode = step["op"]
        entered = None
        if opcode in CALLS or opcode in CREATIONS or opcode == "SELFDESTRUCT":
            number = next_call[-1]
            # An opcode that could not start made no call; it ends its frame.
            if number < len(frame.calls) and not step.get("error") and frame.calls[number].kind == opcode:
                entered = frame.calls[number]
                entered.site = len(frame.pcs)
                next_call[-1] = number + 1
        frame.pcs.append(step["pc"])
        frame.opcodes.append(opcode)
        yield step, frame


def find_code(zone: Rpc, root: Frame, block: str) -> None:
    """Tells each frame what code it ran. Contracts that the transaction itself made may be undone again."""
    made: dict[str, bytes] = {}
    known: dict[str, bytes] = {}
    for frame in root.walk():
        if frame.is_creation:
            frame.code = frame.input
            if frame.to is not None and not frame.is_failed:
                made[frame.to] = frame.output
        elif frame.to is not None and frame.kind in CALLS and frame.to != CONSOLE:
            address = frame.to
            if 0 < int(address, 16) <= 0x100:
                continue  # what runs there is no code
            for _ in range(2):
                if address not in made and address not in known:
                    known[address] = _data(zone.rpc("eth_getCode", address, block))
                code = made[address] if address in made else known[address]
                if not code.startswith(DELEGATED):
                    break
                address = "0x" + code[3:23].hex()
            frame.code = code
