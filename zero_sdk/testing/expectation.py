"""Context managers whose inside pytest leaves out of what it shows: those of contextlib it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from types import TracebackType
from typing import Generic, ParamSpec, TypeVar

__tracebackhide__ = True

Given = TypeVar("Given")
Parameters = ParamSpec("Parameters")


class Expectation(Generic[Given]):
    """What happens inside is looked at by a generator, which yields once."""

    def __init__(self, steps: Iterator[Given]) -> None:
        self._steps = steps

    def __enter__(self) -> Given:
        return next(self._steps)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if error is None:
            next(self._steps, None)
            return False
        try:
            self._steps.throw(error)  # type: ignore[attr-defined]
        except StopIteration:
            return True
        except BaseException as raised:
            if raised is error:
                return False
            raise
        return False


def expectation(make: Callable[Parameters, Iterator[Given]]) -> Callable[Parameters, Expectation[Given]]:
    """Makes a function of a generator function, as `contextlib.contextmanager` does."""

    @wraps(make)
    def begin(*arguments: Parameters.args, **named: Parameters.kwargs) -> Expectation[Given]:
        return Expectation(make(*arguments, **named))

    return begin
