"""Calls that fail, each in a way of its own, and what their stack traces have to say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import eth_abi

from tests.debugging.chain import FUNDS, Deployments

Request = dict[str, Any]

ARGUMENTS = {"uint256": 2, "string": "some words", "bytes": b"\x11" * 32}


@dataclass(frozen=True)
class Case:
    """One failing call. `name` is that of the marks in the source."""

    name: str
    kind: str
    words: str
    """Part of the message."""
    request: Callable[[Deployments], Request] | None = None
    """None: the function of that name of the file's main contract."""

    def kind_of(self, version: str) -> str:
        """The kind with that compiler: before 0.8 panics were the INVALID opcode."""
        is_old = version.startswith(("0.5", "0.6", "0.7"))
        return "assertion" if is_old and self.kind == "panic" else self.kind


def requests(cases: tuple[Case, ...], deployments: Deployments) -> Iterator[tuple[Case, Request]]:
    """Each case with the call to make."""
    main = deployments.compiled.file.removesuffix(".sol")
    signatures = deployments.compiled.contract(main)["evm"]["methodIdentifiers"]
    by_name = {signature.partition("(")[0]: signature for signature in signatures}
    for case in cases:
        if case.request is not None:
            request = case.request(deployments)
        else:
            request = {
                "to": deployments.address(main, "", FUNDS),
                "data": call_data(deployments, main, by_name[case.name]),
            }
        yield case, {"from": deployments.zone.sender, "gas": hex(3_000_000), **request}


def call_data(deployments: Deployments, contract: str, signature: str) -> str:
    """The selector, and values that the cases are made for."""
    types = [kind for kind in signature.partition("(")[2][:-1].split(",") if kind]
    values = eth_abi.encode(types, [ARGUMENTS[kind] for kind in types])
    return deployments.compiled.selector(contract, signature) + values.hex()


def _word(number: int) -> str:
    return f"{number:064x}"


FAILURES = (
    Case("requireReason", "reason", '"a reason"'),
    Case("requireBare", "bare revert", "without a reason"),
    Case("requireSameReasonTwice", "reason", '"twice the same"'),
    Case("revertReason", "reason", '"plainly"'),
    Case("revertBare", "bare revert", "without a reason"),
    Case("revertWithVariable", "reason", '"some words"'),
    Case("assertion", "panic", "0x01: assertion failed"),
    Case("internalCall", "reason", '"three deep"'),
    Case("recursion", "reason", '"at the bottom"'),
    Case("modifierReason", "reason", '"not below"'),
    Case("modifierAfter", "reason", '"changed the limit"'),
    Case("bodyInModifier", "reason", '"in the body"'),
    Case("inheritedCall", "reason", '"inherited"'),
    Case("superCall", "reason", '"base version"'),
    Case("pointer", "reason", '"three deep"'),
    Case("unsetPointer", "panic", "0x51"),
    Case("internalLibrary", "reason", '"inside a library"'),
    Case("externalLibrary", "reason", '"a linked library"'),
    Case("libraryWithStorage", "reason", '"library with storage"'),
    Case("division", "panic", "0x12"),
    Case("remainder", "panic", "0x12"),
    Case("outOfBounds", "panic", "0x32"),
    Case("memoryOutOfBounds", "panic", "0x32"),
    Case("popEmpty", "panic", "0x31"),
    Case("notAContract", "no code", "no code"),
    Case("notAContractNoReturn", "no code", "without code"),
    Case("wrongReturn", "bad return data", "(32 bytes)"),
    Case("noFallback", "missing function", "Unpayable has no function 0x"),
    Case("notPayableThroughCall", "not payable", "Unpayable.free is not payable and was sent 1 wei"),
    Case("callFails", "reason", '"called from outside"'),
    Case("lowLevelThenRequire", "bare revert", "without a reason"),
    Case("lowLevelThenReason", "reason", '"the call failed"'),
    Case("passedOnByAssembly", "reason", '"thrown"'),
    Case("assemblyRevert", "raw revert", "1234"),
    Case("assemblyBare", "bare revert", "without a reason"),
    Case("assemblyInvalid", "invalid opcode", "INVALID"),
    Case("constructorOfAnother", "reason", '"bad construction"'),
    Case("constructorOfBase", "reason", '"bad base"'),
    Case("transfer", "reason", '"no money please"'),
    Case("transferTooMuch", "not enough funds", "1000000000000000000 wei"),
    Case("valueRefused", "reason", '"no money please"'),
    Case("fallbackInside", "reason", '"fallback says no"'),
    Case("outOfGas", "out of gas", "out of gas (it had "),
    Case("outOfGasInside", "out of gas", "out of gas (it had 60,000)"),
    Case("precompile", "bare revert", "without a reason"),
    Case("staticViolation", "static violation", "static call"),
    Case(
        "notPayable",
        "not payable",
        "Unpayable.free is not payable",
        lambda made: {
            "to": made.address("Unpayable"),
            "data": made.compiled.selector("Unpayable", "free()"),
            "value": "0x1",
        },
    ),
    Case(
        "shortCallData",
        "bad call data",
        "Unpayable.take was given arguments that do not fit",
        lambda made: {
            "to": made.address("Unpayable"),
            "data": made.compiled.selector("Unpayable", "take(uint256,address)") + "00" * 40,
        },
    ),
    Case(
        "noReceive",
        "missing receive",
        "Unpayable takes no plain payments",
        lambda made: {"to": made.address("Unpayable"), "value": "0x1"},
    ),
    Case(
        "constructorReason",
        "reason",
        '"bad construction"',
        lambda made: {"data": made.creation("Bad") + _word(5)},
    ),
    Case(
        "constructorValue",
        "not payable",
        "Unpayable.constructor is not payable",
        lambda made: {"data": made.creation("Unpayable"), "value": "0x1"},
    ),
    Case(
        "fallback",
        "reason",
        '"fallback says no"',
        lambda made: {"to": made.address("Fallen"), "data": "0x12345678"},
    ),
    Case("receive", "reason", '"no money please"', lambda made: {"to": made.address("Fallen")}),
    Case(
        "proxy",
        "reason",
        '"behind the proxy"',
        lambda made: {
            "to": made.address("Proxy", _word(int(made.address("Logic"), 16))),
            "data": made.compiled.selector("Logic", "fails(uint256)") + _word(0),
        },
    ),
)

MODERN = (
    Case("plainError", "custom error", "reverted with Plain()"),
    Case("detailedError", "custom error", "reverted with Detailed(have: 0, order: (who: 0x0000"),
    Case("sameErrorTwice", "custom error", "reverted with Plain()"),
    Case("freeFunction", "custom error", 'reverted with Free(a: 0, words: "free function")'),
    Case("libraryError", "custom error", "reverted with TooSmall(who: 0xf39F"),
    Case("addition", "panic", "0x11: arithmetic overflow or underflow"),
    Case("subtraction", "panic", "0x11"),
    Case("multiplication", "panic", "0x11"),
    Case("power", "panic", "0x11"),
    Case("increment", "panic", "0x11"),
    Case("addAndAssign", "panic", "0x11"),
    Case("negation", "panic", "0x11"),
    Case("intoEnum", "panic", "0x21: value is no member of the enum"),
    Case("badBytes", "panic", "0x22"),
    Case("tooMuchMemory", "panic", "0x41"),
    Case("bytesOutOfBounds", "panic", "0x32"),
    Case("slice", "bare revert", "without a reason"),
    Case("inUnchecked", "panic", "0x11"),
    Case("panicInAnother", "panic", "0x11"),
    Case("deepPanic", "panic", "0x11"),
    Case("rethrown", "reason", '"caught and thrown anew"'),
    Case("passedOn", "panic", "0x11"),
    Case("caughtConstructor", "custom error", "reverted with Unborn(a: 0)"),
    Case("immutable_", "custom error", "reverted with Unborn(a: 10)"),
    Case("badCallDataInside", "reason", 'the reason ""'),
    Case("selfDelegation", "panic", "0x11"),
    Case("decoding", "bare revert", ""),
    Case(
        "constructorError",
        "custom error",
        "reverted with Unborn(a: 3)",
        lambda made: {"data": made.creation("Child") + _word(3)},
    ),
)

OLD = tuple(
    case
    for case in FAILURES
    if case.name
    in (
        "requireReason",
        "requireBare",
        "assertion",
        "division",
        "outOfBounds",
        "modifierReason",
        "inheritedCall",
        "notAContract",
        "callFails",
        "revertBare",
    )
)

CASES = {"Failures.sol": FAILURES, "Modern.sol": MODERN}
"""What version 0.8 compiles."""
ALL_CASES = {**CASES, "Old.sol": OLD}
