"""Why a frame failed: told by its revert data, and where there is none, by what it did last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from devnet.artifacts.abi import AbiError
from devnet.artifacts.describe import describe_revert
from zero_sdk.debugging.execution import CALLS, Frame
from zero_sdk.debugging.sources import KnownCode, Sources

FailureKind = Literal[
    "reason",
    "custom error",
    "panic",
    "assertion",
    "compiler check",
    "bare revert",
    "raw revert",
    "missing function",
    "missing receive",
    "not payable",
    "bad call data",
    "no code",
    "bad return data",
    "direct library call",
    "out of gas",
    "invalid opcode",
    "precompile",
    "not enough funds",
    "static violation",
    "code too large",
    "machine",
]

PANICS: Final = {
    0x00: "panic",
    0x01: "assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division or modulo by zero",
    0x21: "value is no member of the enum",
    0x22: "storage bytes are not encoded correctly",
    0x31: "pop of an empty array",
    0x32: "index out of bounds",
    0x41: "too much memory was asked for, or an array that is too long",
    0x51: "call of a function variable that was never set",
}
"""By code (docs.soliditylang.org, "Panic via assert and Error via require")."""

ENTRY_KINDS: Final = frozenset(
    {"missing function", "missing receive", "not payable", "bad call data", "direct library call"}
)
"""Failures before any function began."""

TAIL: Final = 16
"""Steps before a revert that say why it happened: checks and what follows them take fewer."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something failed; `message` is a sentence without a full stop."""

    kind: FailureKind
    message: str
    detail: str = ""
    """The reason, the custom error's name, or the panic's code in decimal."""


def passed_on(frame: Frame) -> Frame | None:
    """The call whose failure this frame's failure is; None where the frame failed by itself."""
    failed = [call for call in frame.calls if call.is_failed and call.site >= 0]
    if not failed or not frame.pcs:
        return None
    last = failed[-1]
    if frame.opcodes[-1] != "REVERT":
        # What a call that ran out of gas leaves rarely suffices to go on.
        is_starved = frame.is_out_of_gas and last.is_out_of_gas and last is frame.calls[-1]
        return last if is_starved else None
    if frame.output:
        return next((call for call in reversed(failed) if call.output == frame.output), None)
    if last is frame.calls[-1] and not last.output and "RETURNDATACOPY" in frame.opcodes[-6:]:
        return last
    return None


def failure_of(frame: Frame, known: KnownCode | None, sources: Sources) -> Failure:
    """Why the frame failed, by itself."""
    if not frame.pcs:
        return _without_steps(frame)
    if frame.is_out_of_gas and not (frame.is_creation and "code" in (frame.error or "")):
        return Failure("out of gas", f"out of gas (it had {frame.gas:,})")
    if frame.opcodes[-1] != "REVERT":
        return _machine(frame, known)
    if frame.output:
        return _with_data(frame, sources)
    return _entry(frame, known) or _silent(frame)


def _without_steps(frame: Frame) -> Failure:
    error = frame.error or ""
    if frame.is_precompile:
        return Failure("precompile", f"the precompile at {_short(frame.to)} failed: {error}")
    if "insufficient balance" in error.lower() or "outoffund" in error.lower():
        return Failure("not enough funds", f"the account has less than the {frame.value} wei that it sends")
    return Failure("machine", error)


def _machine(frame: Frame, known: KnownCode | None) -> Failure:
    error = frame.error or ""
    plain = error.lower().replace(" ", "")
    if frame.code[frame.pcs[-1] : frame.pcs[-1] + 1] == b"\xfe":
        is_old = known is not None and known.sources.version.startswith(("0.4", "0.5", "0.6", "0.7"))
        if is_old:
            return Failure("assertion", "assertion failed (the INVALID opcode)")
        return Failure("invalid opcode", "the INVALID opcode")
    if "invalidopcode" in plain or "notdefined" in plain:
        return Failure("invalid opcode", error)
    if "writeprotection" in plain or "static" in plain:
        return Failure("static violation", "a static call (view) tried to change the state")
    if frame.is_creation and ("codesize" in plain or "codesto" in plain or "contractsize" in plain):
        return Failure("code too large", f"the contract could not be stored: {error}")
    return Failure("machine", error)


def _with_data(frame: Frame, sources: Sources) -> Failure:
    reason = describe_revert(sources.registry, frame.output, b"" if frame.is_creation else frame.code)
    match reason.kind:
        case "error":
            return Failure("reason", f'reverted with the reason "{reason.text}"', reason.text)
        case "panic":
            code = reason.panic_code or 0
            words = PANICS.get(code, "unknown panic")
            return Failure("panic", f"panic {code:#04x}: {words}", str(code))
        case "custom":
            return Failure(
                "custom error", f"reverted with {reason.text}", reason.error.name if reason.error else ""
            )
    if len(frame.output) % 32 == 4:
        return Failure("custom error", f"reverted with an unknown error: 0x{frame.output.hex()}")
    return Failure("raw revert", f"reverted with data: {reason.text}")


def _entry(frame: Frame, known: KnownCode | None) -> Failure | None:
    """Failures for which the call data and the value suffice: the compiler's checks cannot let them pass."""
    if known is None or known.node is None:
        return None
    name = known.artifact.name
    if known.node.kind == "library" and frame.kind == "CALL" and not known.is_creation:
        return Failure("direct library call", f"{name} is a library and was called directly")
    entry = known.entry(frame.input)
    if entry is None and not known.is_creation:
        if not frame.input:
            return Failure(
                "missing receive", f"{name} takes no plain payments: it has no receive and no fallback"
            )
        what = f"function 0x{frame.input[:4].hex()}" if len(frame.input) >= 4 else "call data that short"
        return Failure("missing function", f"{name} has no {what} and no fallback")
    is_payable = entry is not None and entry.node.get("stateMutability") == "payable"
    if frame.value and not is_payable and known.node.kind != "library":
        label = entry.label if entry is not None else f"{name}.constructor"
        return Failure("not payable", f"{label} is not payable and was sent {frame.value} wei")
    return None


def bad_call_data(frame: Frame, known: KnownCode) -> Failure | None:
    """The failure of arguments that cannot be decoded; asked where nothing of a function had begun."""
    entry = known.entry(frame.input)
    if entry is None or known.is_creation:
        return None
    function = next(
        (
            item
            for item in known.artifact.items
            if item.kind == "function" and item.selector == frame.input[:4]
        ),
        None,
    )
    if function is None or not function.inputs:
        return None
    words, certain = "arguments that do not fit its parameters", ""
    try:
        function.decode_inputs(frame.input[4:])
    except AbiError as error:
        words, certain = f"arguments that do not fit: {error}", "certain"
    return Failure("bad call data", f"{entry.label} was given {words}", certain)


def _silent(frame: Frame) -> Failure:
    """A revert without data: a check of the compiler's around an external call, or one's own."""
    last = frame.calls[-1] if frame.calls else None
    tail = frame.opcodes[-TAIL:]
    since_call = _since(tail, CALLS)
    if "EXTCODESIZE" in since_call and len(since_call) <= TAIL and _is_checked(since_call):
        return Failure("no code", "a function was called of an account without code")
    if last is not None and not last.is_failed and "RETURNDATASIZE" in frame.opcodes[last.site :]:
        if not last.pcs and not last.is_precompile and last.kind in CALLS and last.input:
            if _decodes(frame, last):
                return Failure("no code", f"a function was called of {last.to}, which has no code")
        elif _decodes(frame, last):
            return Failure(
                "bad return data",
                f"what {last.to} returned ({len(last.output)} bytes) is not what was expected",
            )
    return Failure("bare revert", "reverted without a reason")


def _since(tail: list[str], opcodes: frozenset[str]) -> list[str]:
    for number in range(len(tail) - 1, -1, -1):
        if tail[number] in opcodes:
            return tail[number + 1 :]
    return tail


def _is_checked(steps: list[str]) -> bool:
    """Whether EXTCODESIZE decided about the revert: nothing but the jump on its result lies between."""
    after = steps[len(steps) - steps[::-1].index("EXTCODESIZE") :]
    return after.count("JUMPI") == 1 and "SLOAD" not in after


def _decodes(frame: Frame, call: Frame) -> bool:
    """Whether the frame ended in the decoding of what the call returned."""
    after = frame.opcodes[call.site + 1 :]
    return not any(opcode in ("SSTORE", "SLOAD", "CALLDATALOAD", "CALLVALUE", "LOG0") for opcode in after)


def _short(address: str | None) -> str:
    return f"0x{int(address or '0x0', 16):x}"
