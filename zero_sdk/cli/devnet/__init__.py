"""`zero devnet`: starts a network and serves it until it is told to stop.

settings.py   every option, once
sources.py    command line, environment and zero.toml become one `Settings`
network.py    `Settings` become the network's and the server's configuration
genesis.py    geth-style genesis files
serve.py      starts, announces, waits, stops
banner.py, lines.py, description.py   what is printed: at the start, for each block, as JSON
command.py    --exec
port_owner.py who listens on a port that is taken
"""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from zero_sdk.cli.devnet.settings import Option, default_in_words, options
from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.output import Ending

CONFIG_HELP = "The zero.toml to read [devnet] from.  [env: ZERO_CONFIG; default: the project's]"


def _help_of(option: Option) -> str:
    notes = [f"env: {option.variable}"]
    if default := default_in_words(option):
        notes.append(f"default: {default}")
    return f"{option.help}  [{'; '.join(notes)}]"


def _parameter(option: Option) -> inspect.Parameter:
    """The option as typer wants to see it; what a value means is decided by `Option.kind` alone."""
    names = [option.flag] if option.short is None else [option.flag, option.short]
    annotation: Any = list[str] if option.kind.is_list else str
    if option.kind.is_flag:
        annotation = bool
    declared = typer.Option(
        *names,
        help=_help_of(option),
        metavar=None if option.kind.is_flag else option.kind.metavar,
        rich_help_panel=option.group,
        show_default=False,
    )
    return inspect.Parameter(
        option.field,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation | None, declared],
    )


def _devnet(*, config: Path | None = None, **given: Any) -> int:
    from zero_sdk.cli.devnet.sources import settings_from
    from zero_sdk.project.zero_toml import find_zero_toml, read_zero_toml

    named = config or (Path(variable) if (variable := os.environ.get("ZERO_CONFIG")) else None)
    path = named or find_zero_toml(Path.cwd())
    project = None if path is None else read_zero_toml(path)
    settings = settings_from(given, os.environ, project)
    # Only now: a mistake in the options is told before anything of the network is loaded.
    from zero_sdk.cli.devnet.serve import serve

    return serve(settings)


def register(app: typer.Typer) -> None:
    """Adds the command; its parameters come from the table of options."""

    def devnet(**given: Any) -> None:
        raise Ending(_devnet(**given))

    declared = Annotated[
        Path | None, typer.Option("--config", "-c", help=CONFIG_HELP, metavar="PATH", show_default=False)
    ]
    config = inspect.Parameter("config", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=declared)
    parameters = [*(_parameter(option) for option in options()), config]
    devnet.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    devnet.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(
        "devnet",
        cls=GroupedCommand,
        context_settings=CONTEXT,
        help="Start a network and serve its zones over JSON-RPC until interrupted.",
        epilog="zero.toml's [devnet] section gives defaults under the options' names, e.g. block-time = 2.",
    )(devnet)
