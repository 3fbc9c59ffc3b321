"""What a pytest session has, from its first use on: the project, its contracts, and the network of the
moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

from zero_sdk.testing.choice import Choice
from zero_sdk.testing.collecting import Collecting
from zero_sdk.testing.failing import hide_own_frames
from zero_sdk.testing.failure_reporter import FailureReporter
from zero_sdk.testing.hooks import NetworkHooks
from zero_sdk.testing.isolation import Isolation
from zero_sdk.testing.moments import NetworkMoments

if TYPE_CHECKING:
    from zero_sdk.client.network import Network
    from zero_sdk.compile import Build
    from zero_sdk.debugging.collector import Collector
    from zero_sdk.project import Project
    from zero_sdk.project.config import NetworkConfig


COVERAGE_BUILD = "coverage"
"""Below the build folder: contracts without the optimizer, and the reports."""

STATE: pytest.StashKey[Session] = pytest.StashKey()
"""Where a run of pytest keeps its session; absent until a fixture of the plugin is asked for."""


class Session:
    """Made when a fixture of the plugin is first asked for."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @classmethod
    def of(cls, config: pytest.Config) -> Session:
        """The session that belongs to this run of pytest."""
        if STATE not in config.stash:
            config.stash[STATE] = cls(config)
        return config.stash[STATE]

    @cached_property
    def project(self) -> Project | None:
        """The project that the tests are in; None where there is no zero.toml above them."""
        from zero_sdk.errors import Problem, ZeroError
        from zero_sdk.project import find_project

        # Not pytest's rootdir alone, which paths among the options move.
        for folder in (self._config.invocation_params.dir, self._config.rootpath):
            try:
                return find_project(folder)
            except ZeroError as error:
                if error.problem is not Problem.NO_PROJECT:
                    raise
        return None

    @property
    def own_project(self) -> Project:
        """The same, where there has to be one. Raises ZeroError."""
        from zero_sdk.errors import Problem, ZeroError

        if self.project is None:
            folder = self._config.invocation_params.dir
            raise ZeroError(
                Problem.NO_PROJECT,
                f"there is no zero.toml in {folder} or above, so no contract has a name",
                "run pytest inside the project, or `zero init --here`",
            )
        return self.project

    @cached_property
    def build(self) -> Build:
        """The project's contracts, compiled where they have changed. Raises ZeroError."""
        from zero_sdk.compile import compile_project

        project = self.own_project
        if self._config.getoption("--zero-coverage"):
            project = unoptimized(project)
        return compile_project(project, offline=bool(self._config.getoption("--zero-offline")))

    @cached_property
    def collector(self) -> Collector | None:
        """What the tests of this process ran; None where nobody has asked for it."""
        from zero_sdk.debugging.collector import Collector
        from zero_sdk.debugging.sources import Sources

        is_wanted = any(
            self._config.getoption(f"--zero-{name}") for name in ("coverage", "gas", "gas-compare")
        )
        return Collector(Sources.of(self.build)) if is_wanted else None

    def open(self, choice: Choice | None) -> Network:
        """A network as a test asks for it, or as the options and zero.toml say."""
        from zero_sdk.client.configured import IN_PROCESS, open_network
        from zero_sdk.client.local import local

        name = (choice.name if choice else None) or self._config.getoption("--zero-network")
        if choice is not None and choice.name is not None and not self._config.getoption("--zero-live"):
            pytest.skip(f"needs the network {choice.name}: --zero-live runs it")
        if name and name != IN_PROCESS:
            return open_network(self._configured(name))
        options: dict[str, Any] = {}
        if engine := self._config.getoption("--zero-engine"):
            options["engine"] = engine
        if self._config.getoption("--zero-coverage"):
            # Without the optimizer contracts may be larger than a network allows.
            options["code_size_limit"] = None
        return local(choice.zones if choice else self._zones(), **options)

    def _zones(self) -> tuple[str, ...]:
        return self.project.config.test.zones if self.project else ("alpha", "beta")

    def _configured(self, name: str) -> NetworkConfig:
        from zero_sdk.errors import Problem, ZeroError

        if self.project is None:
            raise ZeroError(Problem.NO_PROJECT, f"there is no zero.toml that could know the network {name}")
        return self.project.network(name)


@contextmanager
def session_network(config: pytest.Config, choice: Choice | None) -> Iterator[Network]:
    """The network behind the fixture, isolated from test to test as long as it is there."""
    session = Session.of(config)
    network = session.open(choice)
    collecting = None if session.collector is None else Collecting(network, session.collector)
    isolation = Isolation(NetworkMoments(network, collecting))
    hooks = NetworkHooks(isolation, FailureReporter(network, config))
    hide_own_frames()
    config.pluginmanager.register(hooks, f"zero-network-{id(network)}")
    try:
        yield network
    finally:
        config.pluginmanager.unregister(hooks)
        network.close()


def unoptimized(project: Project) -> Project:
    """The project as coverage wants it: the optimizer merges code of different places. Built beside the usual
    build."""
    settings = replace(project.config.solidity, optimizer=False)
    paths = replace(project.config.paths, build=f"{project.config.paths.build}/{COVERAGE_BUILD}")
    return replace(project, config=replace(project.config, solidity=settings, paths=paths))
