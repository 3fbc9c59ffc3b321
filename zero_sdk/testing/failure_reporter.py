"""Adds to the report of a failed test what the chain can tell of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from zero_sdk.testing.failing import heights_of, interact, trees_since, why_reverted

if TYPE_CHECKING:
    from zero_sdk.client.network import Network


class FailureReporter:
    """The `Watcher` of a network's hooks."""

    def __init__(self, network: Network, config: pytest.Config) -> None:
        self._network = network
        self._config = config
        self._has_traces = bool(config.getoption("--zero-traces"))
        self._is_interactive = bool(config.getoption("--zero-interactive"))
        self._heights: dict[str, int] = {}
        self._sections: list[tuple[str, str]] = []

    def begins(self, item: pytest.Item) -> None:
        """As `Watcher.begins`."""
        self._sections = []
        if self._has_traces:
            self._heights = heights_of(self._network)

    def fails(self, item: pytest.Item, error: BaseException) -> None:
        """As `Watcher.fails`."""
        if isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
            return
        self._sections = []
        if text := why_reverted(self._network, error):
            self._sections.append(("why it reverted", text))
        if self._has_traces and (text := trees_since(self._network, self._heights)):
            self._sections.append(("what its transactions did", text))
        if self._is_interactive:
            interact(self._config, self._network, item, error)

    def sections(self, item: pytest.Item) -> list[tuple[str, str]]:
        """As `Watcher.sections`."""
        return self._sections
