"""Stack traces: what failed, why, and at which line."""

from __future__ import annotations

import pytest

from tests.debugging.cases import CASES, requests
from tests.debugging.chain import Deployments, LocalZone
from tests.debugging.compiling import compiled, expected_places, marks
from tests.debugging.table import DOCUMENT, document_with, everything, outcomes, table
from zero_sdk.debugging.execution import FailedCall
from zero_sdk.debugging.sources import Sources
from zero_sdk.debugging.stack_trace import stack_trace
from zero_sdk.errors import Problem, ZeroError


@pytest.mark.parametrize("file", CASES)
def test_without_the_optimizer_every_line_is_exact(file: str) -> None:
    code = compiled(file)
    places = marks(code.text)
    zone = LocalZone()
    for case, request in requests(CASES[file], Deployments(zone, code)):
        trace = stack_trace(zone, FailedCall(request), code.sources)
        assert (case.name, trace.kind) == (case.name, case.kind)
        assert case.words in trace.message, case.name
        expected = expected_places(places, case.name)
        assert len(trace.frames) >= len(expected), (case.name, trace.frames)
        for frame, marked in zip(trace.frames, expected, strict=False):
            assert any(mark.fits(frame.line, frame.label) for mark in marked), (case.name, trace.frames)
            assert frame.certainty == "exact", case.name
            assert frame.file == file


@pytest.mark.parametrize("file", CASES)
@pytest.mark.parametrize("settings", ["viaIR", "optimizer, 200 runs", "viaIR and optimizer"])
def test_no_wrong_line_is_called_exact_and_the_function_is_right(file: str, settings: str) -> None:
    found = list(outcomes(file, "0.8.37", settings))
    assert [outcome for outcome in found if outcome.false_lines] == []
    assert [outcome for outcome in found if not outcome.is_kind] == []
    assert sum(outcome.is_function for outcome in found) >= 0.9 * len(found)


@pytest.mark.full
def test_the_documents_table_is_what_comes_out() -> None:
    found = everything()
    assert [outcome for outcome in found if outcome.false_lines] == []
    assert document_with(table(found)) == DOCUMENT.read_text(encoding="utf-8")


def test_a_transaction_is_explained_as_the_call_is() -> None:
    code, zone = compiled("Failures.sol"), LocalZone()
    for case, request in requests(CASES["Failures.sol"][:12], Deployments(zone, code)):
        hash_ = zone.send(request["to"], request["data"])
        of_transaction = stack_trace(zone, hash_, code.sources)
        of_call = stack_trace(zone, request, code.sources)
        assert of_transaction.frames == of_call.frames, case.name
        assert of_transaction.message == of_call.message


def test_contracts_that_nobody_knows_have_frames_without_places() -> None:
    code, zone = compiled("Failures.sol"), LocalZone()
    made = Deployments(zone, code)
    hash_ = zone.send(made.address("Fallen"), "0x12345678")
    trace = stack_trace(zone, hash_, Sources())
    assert trace.message == 'reverted with the reason "fallback says no"'
    (frame,) = trace.frames
    assert (frame.certainty, frame.line, frame.file) == ("unknown", None, None)
    assert "0x12345678" in frame.function


def test_what_did_not_fail_has_no_stack_trace() -> None:
    zone = LocalZone()
    hash_ = zone.send(zone.sender, "0x")
    with pytest.raises(ZeroError) as caught:
        stack_trace(zone, hash_, compiled("Failures.sol").sources)
    assert caught.value.problem is Problem.TRACE_NOTHING_FAILED


def test_a_transaction_that_is_not_there_is_named() -> None:
    with pytest.raises(ZeroError) as caught:
        stack_trace(LocalZone(), "0x" + "77" * 32, compiled("Failures.sol").sources)
    assert caught.value.problem is Problem.TRACE_UNKNOWN_TRANSACTION
    assert "0x7777" in caught.value.message
