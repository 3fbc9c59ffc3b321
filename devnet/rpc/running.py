"""Running bound requests where they are called: results to bytes, sends in groups that share a block."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from devnet.rpc.context import Context
from devnet.rpc.errors import LIMIT_EXCEEDED, REJECTED, RpcError, internal_error
from devnet.rpc.methods import Kind
from devnet.rpc.namespaces.eth_send import AwaitedReceipt
from devnet.rpc.observer import RequestAnswered
from devnet.rpc.requests import Request, encode_error, encode_result, error_prefix


@dataclass(slots=True)
class Allowance:
    """What a batch may still take, so that no batch holds a thread or the memory for ever."""

    response_bytes: int
    deadline: float
    """By `time.monotonic`."""

    def spent(self) -> RpcError | None:
        if self.response_bytes < 0:
            return RpcError(REJECTED, "response too large: ask for less in one batch")
        if time.monotonic() > self.deadline:
            return RpcError(LIMIT_EXCEEDED, "the batch took too long: ask for less in one batch")
        return None


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A sent transaction whose receipt is the answer and is not there yet."""

    request: Request
    awaited: AwaitedReceipt

    def look(self, context: Context) -> bytes | None:
        """The answer if the receipt is there by now."""
        found = self.awaited.find(context)
        return None if found is None else encode_result(self.request.id or b"null", found)

    def give_up(self) -> bytes:
        return encode_error(self.request.id or b"null", self.awaited.timeout_error())


Answer: TypeAlias = bytes | None
"""Nothing for a notification."""


def answer(request: Request, context: Context) -> Answer:
    """Runs one request that sends nothing. Never raises."""
    error = request.error
    if error is None:
        try:
            assert request.method is not None
            result = request.method.handler(context, *request.arguments)
            encoded = None if request.id is None else encode_result(request.id, result)
        except Exception as exception:
            error = context.error_of(exception, request.name)
        else:
            context.observe(RequestAnswered(context.zone_name, request.name))
            return encoded
    return _refuse(request, context, error)


def answer_all(requests: Sequence[Request], context: Context, allowance: Allowance) -> list[Answer]:
    """Runs requests of a batch in order, as far as the allowance goes."""
    answers: list[Answer] = []
    for request in requests:
        error = allowance.spent()
        encoded = answer(request, context) if error is None else _refuse(request, context, error)
        allowance.response_bytes -= len(encoded or b"")
        answers.append(encoded)
    return answers


def answer_sends(
    groups: Sequence[tuple[Sequence[Request], Context]], before_sealing: Callable[[], None] | None = None
) -> list[list[Answer | Awaiting]]:
    """Submits all transactions, lets every zone concerned seal once, then answers. Never raises, unless
    `before_sealing` does."""
    submitted = [[_submit(request, context) for request in requests] for requests, context in groups]
    if before_sealing is not None:
        before_sealing()
    faults: dict[str, Exception] = {}
    zones = {context.zone_name: context for _, context in groups}
    for name, context in zones.items():
        try:
            context.network.automine(context.zone)
        except Exception as exception:
            faults[name] = exception
    return [
        [
            _finish(request, context, result, faults.get(context.zone_name))
            for request, result in zip(requests, results, strict=True)
        ]
        for (requests, context), results in zip(groups, submitted, strict=True)
    ]


def _submit(request: Request, context: Context) -> Any:
    """What the handler gave, or the error."""
    if request.error is not None:
        return request.error
    try:
        assert request.method is not None
        return request.method.handler(context, *request.arguments)
    except Exception as exception:
        return context.error_of(exception, request.name)


def _finish(request: Request, context: Context, result: Any, fault: Exception | None) -> Answer | Awaiting:
    if isinstance(result, RpcError):
        return _refuse(request, context, result)
    if fault is not None:
        return _refuse(request, context, internal_error(fault, request.name))
    context.observe(RequestAnswered(context.zone_name, request.name))
    if isinstance(result, AwaitedReceipt):
        awaiting = Awaiting(request, result)
        return awaiting.look(context) or awaiting
    return None if request.id is None else encode_result(request.id, result)


def _refuse(request: Request, context: Context, error: RpcError) -> Answer:
    context.observe(RequestAnswered(context.zone_name, request.name, error.code, error.message))
    return None if request.id is None else encode_error(request.id, error)


def refuse_all(requests: Sequence[Request], context: Context, error: RpcError) -> list[Answer]:
    """The error for each request, without running it."""
    return [_refuse(request, context, error) for request in requests]


def unsafe(
    requests: Sequence[Request], context: Context, answers: Sequence[Answer | Awaiting], error: RpcError
) -> list[Answer | Awaiting]:
    """The error in place of what would tell that something was done."""
    return [
        answer if _is_error(request, answer) else _refuse(request, context, error)
        for request, answer in zip(requests, answers, strict=True)
    ]


def _is_error(request: Request, answer: Answer | Awaiting) -> bool:
    return isinstance(answer, bytes) and answer.startswith(error_prefix(request.id or b"null"))


def runs(requests: Sequence[Request]) -> Iterator[tuple[Kind, list[Request]]]:
    """Contiguous requests of one kind: what a batch is worked off by, in order."""
    run: list[Request] = []
    for request in requests:
        if run and request.kind is not run[0].kind:
            yield run[0].kind, run
            run = []
        run.append(request)
    if run:
        yield run[0].kind, run
