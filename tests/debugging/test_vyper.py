"""Stack traces of Vyper's contracts."""

from __future__ import annotations

import pytest

from tests.debugging.chain import LocalZone
from tests.debugging.compiling import CONTRACTS, expected_places, marks
from zero_sdk.compile.source_build import compile_source
from zero_sdk.debugging.sources import Sources
from zero_sdk.debugging.stack_trace import stack_trace
from zero_sdk.project.config import ProjectConfig

CASES = {
    "internalReason": ("reason", '"too little"'),
    "afterInternal": ("reason", '"after the call"'),
    "reason": ("reason", '"not equal"'),
    "bare": ("bare revert", "without a reason"),
    "raises": ("reason", '"always"'),
    "subtraction": ("compiler check", "underflow in a subtraction"),
    "addition": ("compiler check", "overflow in an addition"),
    "multiplication": ("compiler check", "overflow in a multiplication"),
    "modulo": ("compiler check", "is zero"),
    "outOfBounds": ("compiler check", "index out of bounds"),
    "popEmpty": ("compiler check", "is zero"),
    "unreachable": ("assertion", "INVALID"),
    "notPayable": ("not payable", "Vault.notPayable is not payable and was sent 1 wei"),
    "looped": ("reason", '"too little"'),
}


@pytest.mark.parametrize("settings", ["gas", "none", "codesize"])
def test_every_line_is_the_right_one(settings: str) -> None:
    file = CONTRACTS / "Vault.vy"
    text = file.read_text(encoding="utf-8").replace("^0.4.0", f"^0.4.0\n#pragma optimize {settings}")
    build = compile_source(text, config=ProjectConfig(), name="Vault.vy")
    places = marks(text)
    vault, sources, zone = build.artifact("Vault"), Sources.of(build), LocalZone()
    address = zone.receipt(zone.send(None, "0x" + vault.creation.link({}).hex()))["contractAddress"]
    for name, (kind, words) in CASES.items():
        signature = next(found for found in vault.method_identifiers if found.startswith(f"{name}("))
        data = "0x" + vault.method_identifiers[signature] + f"{2:064x}" * signature.count("uint256")
        request = {"from": zone.sender, "to": address, "data": data}
        if name == "notPayable":
            request["value"] = "0x1"
        trace = stack_trace(zone, request, sources)
        assert (name, trace.kind) == (name, kind)
        assert words in trace.message, name
        expected = expected_places(places, name)
        assert len(trace.frames) == len(expected), (name, trace.frames)
        for frame, marked in zip(trace.frames, expected, strict=True):
            assert frame.line in [mark.line for mark in marked], (name, trace.frames)
            assert frame.function in [mark.function for mark in marked], (name, trace.frames)
            # Without Vyper's optimizer some calls inside a contract have no place of their own.
            may_be_vague = settings == "none" and frame is not trace.frames[0]
            assert frame.certainty == "exact" or may_be_vague
