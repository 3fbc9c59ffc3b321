"""The accounts that a project's zero.toml names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from zero_sdk.client.accounts import Account
from zero_sdk.client.errors import BadAccount

if TYPE_CHECKING:
    from zero_sdk.project.config import AccountConfig
    from zero_sdk.project.project import Project


def open_account(account: AccountConfig, root: Path) -> Account:
    """The account of `[accounts.NAME]`; paths are below `root`. A keystore's password is asked for when it
    is needed, on a terminal. Raises BadAccount."""
    if account.keystore is not None:
        path = root / Path(account.keystore).expanduser()
        return Account.from_keystore(path, lambda: _password(account, path), account.name)
    if account.env is not None:
        return Account.from_env(account.env, account.name)
    if account.mnemonic_env is not None:
        words = os.environ.get(account.mnemonic_env)
        if account.path is None or not words:
            return Account.from_mnemonic_env(account.mnemonic_env, account.index, account.name)
        head, _, last = account.path.rpartition("/")
        return Account.from_mnemonic(words, int(last), f"{head}/", name=account.name)
    if account.signer is not None:
        return Account.from_signer(account.signer.reveal(), account.address, account.name)
    return Account(account.address, account.name)


def open_accounts(project: Project) -> dict[str, Account]:
    """All accounts of a project by name, without those that cannot be loaded now."""
    found = {}
    for name, account in project.config.accounts.items():
        try:
            found[name] = open_account(account, project.root)
        except BadAccount:
            continue
    return found


def _password(account: AccountConfig, path: Path) -> str:
    import sys

    if account.password_env is not None:
        password = os.environ.get(account.password_env)
        if password is None:
            raise BadAccount(f"{account.password_env}, the keystore's password, is not set")
        return password
    if not sys.stdin.isatty():
        raise BadAccount(
            f"the keystore {path} has a password, and nobody can be asked for it",
            f"password-env in [accounts.{account.name}] names a variable that holds it",
        )
    import getpass

    return getpass.getpass(f"password of {path}: ")
