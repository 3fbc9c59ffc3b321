"""The hooks that put every fixture and test on the network back where it began. They are registered while
there is a network, and not before."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest

from zero_sdk.testing.isolation import Isolation
from zero_sdk.testing.scopes import fixtures_of, prepare, touching

OWN_FIXTURES = frozenset(
    {"network", "zones", "zone", "accounts", "clock", "deploy", "chain_snapshot", "server"}
)
"""Those of the plugin, which change nothing on the chain."""


class Watcher(Protocol):
    """Whoever wants to know how tests end."""

    def begins(self, item: pytest.Item) -> None:
        """Before the test's own code, after its fixtures."""

    def fails(self, item: pytest.Item, error: BaseException) -> None:
        """The state is still that of the failure."""

    def sections(self, item: pytest.Item) -> list[tuple[str, str]]:
        """Titles and texts for the report of a test that failed."""


class NetworkHooks:
    """What pytest asks while a network is there."""

    def __init__(self, isolation: Isolation, watcher: Watcher) -> None:
        """`watcher` is told of tests while their state is there."""
        self._isolation = isolation
        self._watcher = watcher

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before the test's fixtures."""
        prepare(item, self._isolation)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[Any]:
        """Around a fixture: its layer ends after its own last line has run."""
        if fixturedef.argname in OWN_FIXTURES or not self._touches(fixturedef, request):
            return (yield)
        finish = functools.partial(fixturedef.finish, request)
        layer = self._isolation.begin(fixturedef, fixturedef.scope, finish)
        # Finalizers run last in, first out: what the fixture itself adds comes before this.
        fixturedef.addfinalizer(functools.partial(self._isolation.end, layer))
        try:
            return (yield)
        except BaseException:
            self._isolation.end(layer)
            raise

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[Any]:
        """Around the test itself, and around each example of a property."""
        if "network" not in getattr(item, "fixturenames", ()):
            return (yield)
        with self._isolation.passing(item), self._examples(item):
            self._watcher.begins(item)
            try:
                return (yield)
            except Exception as error:
                self._watcher.fails(item, error)
                raise

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Adds what the watcher has found out."""
        report = yield
        if report.when == "call" and report.failed:
            report.sections += self._watcher.sections(item)
        return report

    def _touches(self, fixturedef: Any, request: Any) -> bool:
        fixtures = {**fixtures_of(request.node), fixturedef.argname: fixturedef}
        if not fixtures_of(request.node):
            # Fixtures of a wide scope are set up for a test, whose node their request does not name.
            fixtures.update(fixtures_of(request._pyfuncitem))
        return fixturedef.argname in touching(fixtures)

    @contextmanager
    def _examples(self, item: pytest.Item) -> Iterator[None]:
        """hypothesis runs a test many times and offers plugins its `inner_test` to wrap."""
        handle = getattr(getattr(item, "obj", None), "hypothesis", None)
        if handle is None:
            yield
            return
        inner = handle.inner_test
        handle.inner_test = self._isolated(inner, item)
        try:
            yield
        finally:
            handle.inner_test = inner

    def _isolated(self, inner: Callable[..., Any], item: pytest.Item) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(inner):

            @functools.wraps(inner)
            async def example_async(*arguments: Any, **named: Any) -> Any:
                with self._isolation.passing(item):
                    return await inner(*arguments, **named)

            return example_async

        @functools.wraps(inner)
        def example(*arguments: Any, **named: Any) -> Any:
            with self._isolation.passing(item):
                return inner(*arguments, **named)

        return example
