"""`zero console`: a Python prompt at a network."""

from __future__ import annotations

import code
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL, ZONE
from zero_sdk.cli.target import NETWORK

if TYPE_CHECKING:
    from zero_sdk.client.network import Network
    from zero_sdk.client.zone import Zone
    from zero_sdk.project.project import Project


def console(
    url: URL = None,
    zone: ZONE = None,
    network: NETWORK = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Python's own prompt, where IPython is installed too.")
    ] = False,
) -> None:
    """Open a Python prompt with the network, its zones, accounts and the project's contracts.

    `network`, `zone`, `zones`, `accounts`, `contracts`, `ether`, `gwei` are there; every zone and every
    account of zero.toml under its name, too, where that is free. What stdin holds is run where it is no
    terminal.
    """
    from zero_sdk.cli import target

    project = target.project_here()
    opened, at = target.open_target(project, url, network, zone)
    with opened:
        names = scope_of(opened, at, project)
        if not sys.stdin.isatty():
            _run(sys.stdin.read(), names)
            return
        _prompt(names, plain)


def scope_of(network: Network, zone: Zone, project: Project | None) -> dict[str, Any]:
    """What is there at the prompt."""
    import zero_sdk
    from zero_sdk.client.contracts import ContractNames

    names: dict[str, Any] = {"__name__": "__console__", "__doc__": None}
    names.update({name: each for name, each in network.zones.items() if name.isidentifier()})
    if project is not None:
        from zero_sdk.client.configured_accounts import open_accounts

        accounts = open_accounts(project)
        names.update({name: each for name, each in accounts.items() if name.isidentifier()})
    names.update({name: getattr(zero_sdk, name) for name in ("Account", "ether", "gwei")})
    names.update(
        network=network,
        zone=zone,
        zones=network.zones,
        accounts=network.accounts,
        contracts=ContractNames(zone),
        zero_sdk=zero_sdk,
    )
    return names


def _run(source: str, names: dict[str, Any]) -> None:
    """A script; what its expressions give is not printed, as Python does with a script. Errors of the library
    are reported as those of any command."""
    exec(compile(source, "<stdin>", "exec"), names)


def _prompt(names: dict[str, Any], plain: bool) -> None:
    banner = "network, zone, zones, accounts, contracts, ether, gwei; Ctrl-D ends"
    if not plain:
        with contextlib.suppress(ImportError):
            from IPython import start_ipython
            from traitlets.config import Config

            settings = Config()
            settings.TerminalInteractiveShell.banner1 = f"{banner}\n"
            start_ipython(argv=["--no-confirm-exit"], user_ns=names, config=settings)
            return
    with _history(names):
        code.InteractiveConsole(names).interact(banner=banner, exitmsg="")


@contextlib.contextmanager
def _history(names: dict[str, Any]) -> Any:
    """Completion by Tab, and a history that is kept in the user's cache folder."""
    try:
        import readline
        import rlcompleter
    except ImportError:
        # Python for Windows has none.
        yield
        return
    from platformdirs import user_cache_path

    path: Path = user_cache_path("zero-sdk", appauthor=False) / "console-history"
    readline.set_completer(rlcompleter.Completer(names).complete)
    readline.parse_and_bind("tab: complete")
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(2000)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            readline.write_history_file(path)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("console", cls=GroupedCommand, context_settings=CONTEXT)(console)
