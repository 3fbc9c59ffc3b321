"""The hooks that put every fixture and test on the network back where it began. They are registered while
there is a network, and not before."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from zero_sdk.testing.isolation import Isolation
from zero_sdk.testing.scopes import fixtures_of, prepare, touching

OWN_FIXTURES = frozenset(
    {"network", "zones", "zone", "accounts", "clock", "deploy", "chain_snapshot", "server"}
)
"""Those of the plugin, which change nothing on the chain."""


class NetworkHooks:
    """What pytest asks while a network is there."""

    def __init__(
        self, isolation: Isolation, on_failure: Callable[[pytest.Item, BaseException], None]
    ) -> None:
        """`on_failure` is told of a test that failed while its state is still there."""
        self._isolation = isolation
        self._on_failure = on_failure

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
            try:
                return (yield)
            except Exception as error:
                self._on_failure(item, error)
                raise

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
