"""Puts `Settings` together from the command line, the environment and zero.toml."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from zero_sdk.cli.devnet.settings import Option, Settings, options
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import ZeroToml

SECTION = "devnet"


def settings_from(
    given: Mapping[str, Any], environment: Mapping[str, str], project: ZeroToml | None
) -> Settings:
    """`given` has what the command line gave, by field name; None means "not given". Raises ZeroError."""
    section = {} if project is None else project.section(SECTION)
    by_key = {option.key: option for option in options()}
    if project is not None:
        _refuse_unknown_keys(project, section, by_key)
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for option, where, value in _values(given, environment, project, section):
        values[option.field] = value
        places[option.field] = where
    settings = Settings(**values, given=places)
    _refuse_contradictions(settings)
    return settings


def _values(
    given: Mapping[str, Any],
    environment: Mapping[str, str],
    project: ZeroToml | None,
    section: Mapping[str, Any],
) -> Iterator[tuple[Option, str, Any]]:
    """Every option that is given: where, and its value."""
    for option in options():
        if (value := given.get(option.field)) is not None and value != []:
            yield option, option.flag, _parse(option, value, option.flag, Problem.BAD_VALUE)
        elif text := environment.get(option.variable):
            yield option, option.variable, _parse(option, text, option.variable, Problem.BAD_VALUE)
        elif project is not None and option.key in section:
            where = f"{project.where(SECTION, option.key)}: {option.key}"
            yield option, where, _parse(option, section[option.key], where, Problem.CONFIG_BAD_VALUE)


def _parse(option: Option, value: Any, where: str, problem: Problem) -> Any:
    try:
        return option.kind.parse(value)
    except ValueError as error:
        raise ZeroError(problem, f"{where}: {error}", f"{option.flag}: {option.help}") from None


def _refuse_unknown_keys(project: ZeroToml, section: Mapping[str, Any], by_key: Mapping[str, Option]) -> None:
    for key in section:
        if key in by_key:
            continue
        near = difflib.get_close_matches(key.replace("_", "-"), by_key, n=1)
        hint = f"did you mean {near[0]}?" if near else "`zero devnet --help` lists the options"
        where = project.where(SECTION, key)
        raise ZeroError(Problem.CONFIG_UNKNOWN_KEY, f"{where}: [{SECTION}] has no option {key!r}", hint)


def _refuse_contradictions(settings: Settings) -> None:
    for first, second, is_both in (
        ("--no-mining", "--block-time", settings.no_mining and settings.block_time is not None),
        ("--no-mining", "--mixed-mining", settings.no_mining and settings.mixed_mining),
        ("--silent", "--quiet", settings.silent and settings.quiet),
        ("--state", "--load", settings.state is not None and settings.load is not None),
        ("--state", "--dump-on-exit", settings.state is not None and settings.dump_on_exit is not None),
        (
            "--mnemonic-random",
            "--mnemonic",
            settings.mnemonic_random and settings.mnemonic != Settings().mnemonic,
        ),
    ):
        if is_both:
            raise ZeroError(
                Problem.CONTRADICTION, f"{first} and {second} exclude each other", "leave one out"
            )
    if settings.given.get("fsync") == "--fsync" and settings.data_dir is None:
        # In zero.toml or a variable it is what holds whenever there is a folder.
        raise ZeroError(Problem.CONTRADICTION, "--fsync: there is no folder to sync", "add --data-dir DIR")
    if settings.mixed_mining and settings.block_time is None:
        raise ZeroError(Problem.CONTRADICTION, "--mixed-mining needs an interval", "add --block-time SECONDS")
