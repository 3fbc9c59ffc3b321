"""`zero accounts`: the accounts that a network with these options funds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand


def accounts(
    accounts: Annotated[
        str | None, typer.Option("--accounts", "-a", metavar="NUMBER", help="How many.")
    ] = None,
    mnemonic: Annotated[
        str | None, typer.Option("--mnemonic", "-m", metavar="TEXT", help="Derive them from these words.")
    ] = None,
    mnemonic_random: Annotated[
        bool | None, typer.Option("--mnemonic-random", help="Derive them from new random words.")
    ] = None,
    derivation_path: Annotated[
        str | None, typer.Option("--derivation-path", metavar="TEXT", help="Their path, without the index.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the accounts of a network: addresses and private keys.

    Options, ZERO_... variables and zero.toml mean what they mean for `zero devnet`.
    """
    from zero_sdk.cli.devnet.keys import keys_from
    from zero_sdk.cli.devnet.sources import settings_from
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.project.zero_toml import find_zero_toml, read_zero_toml

    given = {
        "accounts": accounts,
        "mnemonic": mnemonic,
        "mnemonic_random": mnemonic_random,
        "derivation_path": derivation_path,
    }
    path = find_zero_toml(Path.cwd())
    keys = keys_from(settings_from(given, os.environ, None if path is None else read_zero_toml(path)))
    if json:
        result_json(
            {
                "mnemonic": keys.mnemonic,
                "derivationPath": keys.derivation_path,
                "accounts": [
                    {"address": account.address, "privateKey": account.private_key}
                    for account in keys.accounts
                ],
            }
        )
        return
    if mnemonic_random:
        result(f"# {keys.mnemonic}")
    for account in keys.accounts:
        result(f"{account.address} {account.private_key}")


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("accounts", cls=GroupedCommand, context_settings=CONTEXT)(accounts)
