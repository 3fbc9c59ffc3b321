"""`zero dump` and `zero load`: everything that a running network is, as one file."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated, BinaryIO, cast

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL


def dump(
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="Where to; - is stdout.  [default: -]", show_default=False)
    ] = "-",
    level: Annotated[
        int,
        typer.Option(metavar="0-9", help="zlib's level; 0 does not compress.  [default: 1]", min=0, max=9),
    ] = 1,
    url: URL = None,
) -> None:
    """Write a running network into a file.

    Blocks, state with its history, mempool, snapshots, clock: everything. The network goes on meanwhile;
    the file holds one moment of it. It also holds the mnemonic.
    """
    from zero_sdk.cli.dump_files import write_whole
    from zero_sdk.cli.dump_transfer import download
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.output import say
    from zero_sdk.cli.progress import size_in_words
    from zero_sdk.errors import Problem, ZeroError

    where = endpoint(url)
    if file == "-":
        if sys.stdout.isatty():
            raise ZeroError(Problem.USAGE, "a dump is no text for a terminal", "name a file: zero dump FILE")
        download(where, level, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    size = write_whole(Path(file), lambda sink: download(where, level, sink))
    say(f"{file}: {size_in_words(size)}")


def load(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A dump; - is stdin.", show_default=False)],
    zone: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The zone that takes the accounts of a state of Anvil.", show_default=False
        ),
    ] = None,
    url: URL = None,
) -> None:
    """Make a running network what a dump says, all at once.

    Zones, chain ids and everything else that is fixed at genesis have to be the same; `zero devnet --load
    FILE` starts a network from any dump. Of a state file of Anvil the accounts are taken over.
    """
    from zero_sdk.cli.counting import counted
    from zero_sdk.cli.dump_files import is_anvil_state
    from zero_sdk.cli.dump_transfer import upload
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.output import say

    with _opened(file) as source:
        if is_anvil_state(source):
            count = _load_anvil(source, endpoint(url, zone))
            say(f"{counted(count, 'account')} of Anvil's state; its blocks cannot be blocks of a zone")
            return
        size = source.seek(0, os.SEEK_END)
        source.seek(0)
        loaded = upload(endpoint(url), source, size)
    for name, head in loaded["zones"].items():
        say(f"{name}: block {head['number']} {head['hash']}")


def _opened(file: str) -> BinaryIO:
    """The file, stdin in a temporary one: where it ends has to be known. Raises ZeroError."""
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.project.zero_toml import reason_of

    try:
        if file != "-":
            return open(file, "rb")
        spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever opens it
        shutil.copyfileobj(sys.stdin.buffer, spool)
        spool.seek(0)
        return cast(BinaryIO, spool)
    except OSError as error:
        raise ZeroError(Problem.FILE_UNREADABLE, f"{file}: {reason_of(error)}") from error


def _load_anvil(source: BinaryIO, where: str) -> int:
    """Sends the accounts; gives their number."""
    from devnet.rpc.codec.anvil_state import pack_accounts, read_accounts
    from zero_sdk.cli.call import call
    from zero_sdk.cli.dump_transfer import PATIENCE
    from zero_sdk.errors import Problem, ZeroError

    try:
        accounts = read_accounts(source.read())
    except ValueError as error:
        raise ZeroError(Problem.DUMP_FOREIGN, f"this is no state of Anvil: {error}") from None
    call(where, "anvil_loadState", ["0x" + pack_accounts(accounts).hex()], PATIENCE)
    return len(accounts)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("dump", cls=GroupedCommand, context_settings=CONTEXT)(dump)
    app.command("load", cls=GroupedCommand, context_settings=CONTEXT)(load)
