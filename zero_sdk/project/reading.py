"""Makes a `ProjectConfig` of a zero.toml, and refuses what cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.config import (
    DEVNET,
    LOCAL,
    AccountConfig,
    NetworkConfig,
    PathsConfig,
    ProjectConfig,
    ProjectSection,
    SolidityConfig,
    SolidityOverride,
    TestConfig,
    VyperConfig,
    ZoneConfig,
)
from zero_sdk.project.keys import read_table, table_at, unknown_key
from zero_sdk.project.zero_toml import ZeroToml

SECTIONS = ("project", "paths", "solidity", "vyper", "networks", "accounts", "test", "devnet")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def config_from(toml: ZeroToml) -> ProjectConfig:
    """Raises ZeroError with the line of the first thing that is wrong."""
    for name in toml.sections:
        if name not in SECTIONS:
            raise unknown_key(toml, (name,), SECTIONS)
    toml.section("devnet")  # must be a section; its keys are checked by the command that uses them
    config = ProjectConfig(
        project=read_table(ProjectSection, toml, ("project",)),
        paths=read_table(PathsConfig, toml, ("paths",)),
        solidity=_solidity(toml),
        vyper=read_table(VyperConfig, toml, ("vyper",)),
        networks=_networks(toml),
        accounts=_accounts(toml),
        test=read_table(TestConfig, toml, ("test",)),
    )
    if config.project.network not in config.networks:
        known = ", ".join(config.networks)
        raise _bad(toml, ("project", "network"), f"there is no network {config.project.network!r}", known)
    return config


def _solidity(toml: ZeroToml) -> SolidityConfig:
    written = table_at(toml, ("solidity",)).get("overrides", [])
    if not isinstance(written, list) or not all(isinstance(item, dict) for item in written):
        raise _bad(toml, ("solidity", "overrides"), "is no list of tables", "write [[solidity.overrides]]")
    overrides = []
    for index in range(len(written)):
        path = ("solidity", "overrides", index)
        override = read_table(SolidityOverride, toml, path)
        if not override.path:
            raise _bad(
                toml, path, "path is missing", 'path = "contracts/legacy/**" says which files are meant'
            )
        overrides.append(override)
    return read_table(SolidityConfig, toml, ("solidity",), besides=("overrides",), overrides=tuple(overrides))


def _networks(toml: ZeroToml) -> Mapping[str, NetworkConfig]:
    networks = dict(ProjectConfig().networks)
    for name in table_at(toml, ("networks",)):
        _check_name(toml, ("networks", name))
        if name == LOCAL:
            raise _bad(
                toml,
                ("networks", LOCAL),
                "is always there, in the process itself",
                "[test] zones names its zones; give a network of your own another name",
            )
        networks[name] = _network(toml, name)
    return networks


def _network(toml: ZeroToml, name: str) -> NetworkConfig:
    path = ("networks", name)
    zones = {}
    for zone in table_at(toml, (*path, "zones")):
        _check_name(toml, (*path, "zones", zone))
        zones[zone] = read_table(ZoneConfig, toml, (*path, "zones", zone), name=zone)
    network = read_table(NetworkConfig, toml, path, besides=("zones",), name=name, zones=zones)
    if network.url is None and name == DEVNET:
        return NetworkConfig(name=DEVNET, url=ProjectConfig().networks[DEVNET].url, zones=zones)
    if network.url is None:
        for zone, said in zones.items():
            if said.url is None:
                raise _bad(
                    toml, (*path, "zones", zone), "url is missing", f"give it, or one for [networks.{name}]"
                )
        if not zones:
            raise _bad(
                toml, path, "url is missing", 'url = "https://..." or "$VARIABLE", or a url for each zone'
            )
    return network


def _accounts(toml: ZeroToml) -> Mapping[str, AccountConfig]:
    accounts = {}
    for name in table_at(toml, ("accounts",)):
        path = ("accounts", name)
        _check_name(toml, path)
        account = read_table(AccountConfig, toml, path, name=name)
        given = [
            key
            for key, value in (
                ("keystore", account.keystore),
                ("env", account.env),
                ("mnemonic-env", account.mnemonic_env),
                ("address", account.address),
            )
            if value is not None
        ]
        if len(given) != 1:
            said = " and ".join(given) if given else "nothing"
            raise _bad(
                toml,
                path,
                f"says {said}, not where the key is",
                "give one of keystore, env, mnemonic-env, address",
            )
        if account.signer is not None and account.address is None:
            raise _bad(
                toml,
                (*path, "signer"),
                "needs the address of the account that it signs for",
                'address = "0x…" beside it',
            )
        accounts[name] = account
    return accounts


def _check_name(toml: ZeroToml, path: tuple[str | int, ...]) -> None:
    if not _NAME.fullmatch(str(path[-1])):
        hint = "a name has letters, digits, dots, dashes and underscores, at most 64"
        raise _bad(toml, path, "is no usable name", hint)


def _bad(toml: ZeroToml, path: tuple[str | int, ...], what: str, hint: str) -> ZeroError:
    name = ".".join(str(part) for part in path)
    return ZeroError(Problem.CONFIG_BAD_VALUE, f"{toml.where_of(*path)}: {name}: {what}", hint)
