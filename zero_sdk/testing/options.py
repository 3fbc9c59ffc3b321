"""The plugin's options: `--zero-…` for pytest, the same without the prefix for `zero test`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PREFIX = "zero-"


@dataclass(frozen=True, slots=True)
class Option:
    """One of them. An option without a metavar is a switch."""

    name: str
    help: str
    metavar: str | None = None
    choices: tuple[str, ...] | None = None

    @property
    def flag(self) -> str:
        """As pytest knows it."""
        return f"--{PREFIX}{self.name}"


OPTIONS = (
    Option("network", "Run on this network of zero.toml instead of one in process.", "NAME"),
    Option("live", "Run the tests marked live(NAME) too, which are left out otherwise."),
    Option("engine", "Engine of networks in process.", "NAME", ("auto", "native", "pyevm")),
    Option("traces", "Show the call trees of all transactions of a test that fails."),
    Option("gas", "Print what functions and deployments cost, and keep it in build/gas.json."),
    Option("gas-compare", "Print it beside the report that was kept in a file.", "FILE"),
    Option("coverage", "Print coverage; build/coverage has lcov.info and pages."),
    Option("interactive", "Open a Python prompt where a test fails, on the state as it is there."),
    Option("offline", "Compile with what is installed; ask no registry."),
)


def add_options(parser: Any) -> None:
    """Adds them to pytest's, in a group of their own."""
    group = parser.getgroup("zero", "Zero SDK")
    for option in OPTIONS:
        if option.metavar is None:
            group.addoption(option.flag, action="store_true", help=option.help)
        else:
            group.addoption(option.flag, metavar=option.metavar, choices=option.choices, help=option.help)
