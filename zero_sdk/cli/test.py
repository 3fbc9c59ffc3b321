"""`zero test`: pytest, with the plugin's options in short."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.testing.options import OPTIONS, PREFIX

PLUGIN = "zero_sdk.testing.plugin"
"""Its entry point in pyproject.toml."""

LOADED = "Module already imported so cannot be rewritten; zero_sdk:pytest.PytestAssertRewriteWarning"
"""pytest's remark on packages with plugins that run before it does, as this one does here."""

HYPOTHESIS = "hypothesispytest"
"""The name of its plugin."""


def run_tests(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARGS]...", help="Files, and options of pytest.", show_default=False),
    ] = None,
) -> None:
    """Run the project's tests with pytest."""
    import pytest

    from zero_sdk.cli.output import Ending

    code = pytest.main(
        ["-p", PLUGIN, "-W", f"ignore:{LOADED}", *with_prefix(arguments or [])],
        plugins=[WithoutUnusedHypothesis()],
    )
    if code:
        raise Ending(int(code))


class WithoutUnusedHypothesis:
    """At the end of every run hypothesis' plugin imports all of hypothesis, which takes half a second; where
    no test has used it, there is nothing that it could report."""

    def pytest_sessionfinish(self, session: Any) -> None:
        manager = session.config.pluginmanager
        if "hypothesis" not in sys.modules and manager.has_plugin(HYPOTHESIS):
            manager.unregister(name=HYPOTHESIS)


def with_prefix(words: list[str]) -> list[str]:
    """`--network NAME` as pytest knows it: `--zero-network NAME`."""
    known = {f"--{option.name}": option.flag for option in OPTIONS}
    prefixed = []
    for word in words:
        name, equals, value = word.partition("=")
        prefixed.append(known.get(name, name) + equals + value)
    return prefixed


def register(app: typer.Typer) -> None:
    """Adds the command."""
    lines = "".join(
        f"\n\n  --{option.name}{' ' + option.metavar if option.metavar else ''}: {option.help}"
        for option in OPTIONS
    )
    settings = {**CONTEXT, "ignore_unknown_options": True, "allow_extra_args": True}
    help_text = (
        "Run the project's tests with pytest. Everything that pytest takes may be given, and these, "
        f"which pytest itself knows with the prefix --{PREFIX}:{lines}"
    )
    app.command("test", cls=GroupedCommand, context_settings=settings, help=help_text)(run_tests)
