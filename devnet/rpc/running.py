"""Running bound requests where they are called: results to bytes, sends in groups that share a block."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

from devnet.rpc.context import Context
from devnet.rpc.errors import LIMIT_EXCEEDED, REJECTED, RpcError, internal_error
from devnet.rpc.methods import Kind, Preparation, Together
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
            if context.is_observed:
                context.observe(RequestAnswered(context.zone_name, request.name))
            return encoded
    return _refuse(request, context, error)


def answer_with(requests: Sequence[Request], context: Context, find: Callable[[], Any]) -> list[Answer]:
    """The answers to requests whose result was found elsewhere: `find` gives it or raises. Never raises."""
    answers: list[Answer] = []
    for request in requests:
        error = request.error
        encoded = None
        if error is None:
            try:
                result = find()
                encoded = None if request.id is None else encode_result(request.id, result)
            except Exception as exception:
                error = context.error_of(exception, request.name)
        if error is not None:
            encoded = _refuse(request, context, error)
        elif context.is_observed:
            context.observe(RequestAnswered(context.zone_name, request.name))
        answers.append(encoded)
    return answers


def answer_briefly(request: Request, context: Context) -> Answer:
    """As `answer`, for a request that needs no thread of its own: on the event loop. None where it has to be
    answered in the usual way. Never raises."""
    method = request.method
    if method is None or method.briefly is None or request.id is None:
        return None
    try:
        result = method.briefly(context, *request.arguments)
        if result is None:
            return None
        encoded = encode_result(request.id, result)
    except Exception:
        # The usual way says what is wrong.
        return None
    if context.is_observed:
        context.observe(RequestAnswered(context.zone_name, request.name))
    return encoded


def answer_all(requests: Sequence[Request], context: Context, allowance: Allowance) -> list[Answer]:
    """Runs requests of a batch in order, as far as the allowance goes."""
    answers: list[Answer] = []
    for request in requests:
        error = allowance.spent()
        encoded = answer(request, context) if error is None else _refuse(request, context, error)
        allowance.response_bytes -= len(encoded or b"")
        answers.append(encoded)
    return answers


@dataclass(slots=True, eq=False)
class Sends:
    """Consecutive requests of one caller that send. `begin` and `prepare` change it."""

    requests: Sequence[Request]
    context: Context
    prepared: Sequence[Any] | None = None
    """For each request what its method's `Together.prepare` gave, None where there is nothing to prepare."""
    begun: Sequence[tuple[Preparation, Sequence[int]]] | None = None
    """What is being prepared, for which requests."""

    @property
    def is_underway(self) -> bool:
        """Whether preparing them was begun and takes longer still."""
        return self.begun is not None and not all(entry.is_done for entry, _ in self.begun)


def begin(sends: Sends) -> None:
    """Begins `prepare` and does not wait. Never raises."""
    by_method: dict[Together, list[int]] = {}
    for index, request in enumerate(sends.requests):
        if (together := _together(request)) is not None:
            by_method.setdefault(together, []).append(index)
    begun: list[tuple[Preparation, Sequence[int]]] = []
    try:
        for together, indexes in by_method.items():
            arguments = [sends.requests[index].arguments for index in indexes]
            begun.append((together.begin(sends.context, arguments), indexes))
    except Exception:
        # `prepare` will say what is wrong.
        return
    sends.begun = begun


def prepare(groups: Sequence[Sends]) -> None:
    """Does for all of them, which are of one network, what needs neither it nor an order, where that is not
    done yet. Never raises."""
    by_method: dict[Together, list[tuple[Sequence[Any], list[Any], int]]] = {}
    for group in groups:
        if group.prepared is not None:
            continue
        into: list[Any] = [None] * len(group.requests)
        group.prepared = into
        if group.begun is not None:
            for begun, indexes in group.begun:
                for index, entry in zip(indexes, _all_of(begun.finish, len(indexes)), strict=True):
                    into[index] = entry
            continue
        for index, request in enumerate(group.requests):
            if (together := _together(request)) is not None:
                by_method.setdefault(together, []).append((request.arguments, into, index))
    for together, places in by_method.items():
        arguments = [arguments for arguments, _, _ in places]
        prepare_all = partial(together.prepare, groups[0].context, arguments)
        for (_, into, index), entry in zip(places, _all_of(prepare_all, len(places)), strict=True):
            into[index] = entry


def _together(request: Request) -> Together | None:
    """How it is run together with others of its method, None where it is not."""
    return None if request.method is None or request.error is not None else request.method.together


def _all_of(prepare_all: Callable[[], Sequence[Any]], count: int) -> Sequence[Any]:
    """What it gives, or what it raises in the place of each."""
    try:
        return prepare_all()
    except Exception as exception:
        return [exception] * count


def answer_sends(
    groups: Sequence[Sends], before_sealing: Callable[[], None] | None = None
) -> list[list[Answer | Awaiting]]:
    """Submits all transactions, lets every zone concerned seal once, then answers. Never raises, unless
    `before_sealing` does."""
    submitted = _submit_all(groups)
    if before_sealing is not None:
        before_sealing()
    faults: dict[str, Exception] = {}
    zones = {group.context.zone_name: group.context for group in groups}
    for name, context in zones.items():
        try:
            context.network.automine(context.zone)
        except Exception as exception:
            faults[name] = exception
    return [
        _finish_all(group.requests, group.context, results, faults.get(group.context.zone_name))
        for group, results in zip(groups, submitted, strict=True)
    ]


def _submit_all(groups: Sequence[Sends]) -> list[list[Any]]:
    """What the handlers gave, or the errors, for each request of each group. Requests are run in order;
    those of one method to one zone that follow each other run together."""
    if len(groups) == 1 and len(groups[0].requests) == 1:
        group = groups[0]
        if group.prepared is None and group.begun is None:
            return [[_submit(group.requests[0], group.context)]]
    prepare(groups)
    submitted: list[list[Any]] = []
    run: list[_Place] = []
    for group in groups:
        context = group.context
        results: list[Any] = [None] * len(group.requests)
        submitted.append(results)
        assert group.prepared is not None
        for index, (request, prepared) in enumerate(zip(group.requests, group.prepared, strict=True)):
            if run and (
                prepared is None or context is not run[0][0] or request.method is not run[0][1].method
            ):
                _run_together(run)
                run = []
            if prepared is None:
                results[index] = _submit(request, context)
            else:
                run.append((context, request, prepared, results, index))
    if run:
        _run_together(run)
    return submitted


_Place = tuple[Context, Request, Any, list[Any], int]
"""A request that was prepared, and where its result is to be put."""


def _run_together(run: Sequence[_Place]) -> None:
    """Runs prepared requests of one method to one zone."""
    context, first = run[0][0], run[0][1]
    assert first.method is not None
    assert first.method.together is not None
    try:
        results = first.method.together.run(context, [place[2] for place in run])
    except Exception as exception:
        results = [exception] * len(run)
    for (_, request, _, into, index), result in zip(run, results, strict=True):
        into[index] = context.error_of(result, request.name) if isinstance(result, Exception) else result


def _submit(request: Request, context: Context) -> Any:
    """What the handler gave, or the error."""
    if request.error is not None:
        return request.error
    try:
        assert request.method is not None
        return request.method.handler(context, *request.arguments)
    except Exception as exception:
        return context.error_of(exception, request.name)


def _finish_all(
    requests: Sequence[Request], context: Context, results: Sequence[Any], fault: Exception | None
) -> list[Answer | Awaiting]:
    answers: list[Answer | Awaiting] = []
    is_observed = context.is_observed
    for request, result in zip(requests, results, strict=True):
        if isinstance(result, RpcError):
            answers.append(_refuse(request, context, result))
            continue
        if fault is not None:
            answers.append(_refuse(request, context, internal_error(fault, request.name)))
            continue
        if is_observed:
            context.observe(RequestAnswered(context.zone_name, request.name))
        if isinstance(result, AwaitedReceipt):
            awaiting = Awaiting(request, result)
            answers.append(awaiting.look(context) or awaiting)
        else:
            answers.append(None if request.id is None else encode_result(request.id, result))
    return answers


def _refuse(request: Request, context: Context, error: RpcError) -> Answer:
    if context.is_observed:
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
