"""`zero test`: pytest, with the plugin's options in short."""

from __future__ import annotations

from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.testing.options import OPTIONS, PREFIX


def run_tests(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARGS]...", help="Files, and options of pytest.", show_default=False),
    ] = None,
) -> None:
    """Run the project's tests with pytest."""
    import pytest

    from zero_sdk.cli.output import Ending

    code = pytest.main(["-p", "zero_sdk.testing.plugin", *with_prefix(arguments or [])])
    if code:
        raise Ending(int(code))


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
