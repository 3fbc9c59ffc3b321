"""Where settings come from, in which order, and what is said about bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.process import zero
from zero_sdk.cli.devnet.foreign import HINTS
from zero_sdk.cli.devnet.settings import options
from zero_sdk.cli.devnet.sources import settings_from
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import find_zero_toml, read_zero_toml


def project(folder: Path, text: str) -> Path:
    path = folder / "zero.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_command_line_wins_over_the_environment_and_that_over_zero_toml(tmp_path: Path) -> None:
    toml = read_zero_toml(project(tmp_path, '[devnet]\nport = 1\nbalance = "2.5"\nblock-time = 3\n'))
    settings = settings_from({"port": "3"}, {"ZERO_PORT": "2", "ZERO_BALANCE": "7"}, toml)
    assert (settings.port, settings.balance, settings.block_time) == (3, 7 * 10**18, 3.0)


def test_an_empty_variable_is_no_variable() -> None:
    assert settings_from({}, {"ZERO_PORT": ""}, None).port == 8545


def test_lists_are_separated_by_commas_in_a_variable(tmp_path: Path) -> None:
    assert settings_from({}, {"ZERO_ALLOW_HOST": "a.example, b.example"}, None).allow_host == (
        "a.example",
        "b.example",
    )


@pytest.mark.parametrize(
    ("text", "problem", "line", "words"),
    [
        ("[devnet]\nport = 'x'\n", Problem.CONFIG_BAD_VALUE, 2, "port: 'x' is not a whole number"),
        ("\n\n[devnet]\n# no\nprot = 1\n", Problem.CONFIG_UNKNOWN_KEY, 5, "'prot'"),
        ("[other]\nport = 1\n[devnet]\nport = 70000\n", Problem.CONFIG_BAD_VALUE, 4, "70000"),
        ("devnet.port = -1\n", Problem.CONFIG_BAD_VALUE, 1, "-1"),
        ("[devnet]\nport = \n", Problem.CONFIG_SYNTAX, 2, "Invalid value"),
        ("devnet = 5\n", Problem.CONFIG_BAD_VALUE, 1, "not a section"),
        ("[devnet]\nquiet = 'maybe'\n", Problem.CONFIG_BAD_VALUE, 2, "neither true nor false"),
        ("[devnet]\nhost = 5\n", Problem.CONFIG_BAD_VALUE, 2, "in quotes"),
    ],
)
def test_errors_in_zero_toml_point_at_the_line(
    tmp_path: Path, text: str, problem: Problem, line: int, words: str
) -> None:
    path = project(tmp_path, text)
    with pytest.raises(ZeroError) as raised:
        settings_from({}, {}, read_zero_toml(path))
    assert raised.value.problem is problem
    assert raised.value.message.startswith(f"{path}:{line}: ")
    assert words in raised.value.message


def test_an_unknown_key_is_answered_with_the_nearest_one(tmp_path: Path) -> None:
    with pytest.raises(ZeroError) as raised:
        settings_from({}, {}, read_zero_toml(project(tmp_path, "[devnet]\nblock_time = 1\n")))
    assert raised.value.hint == "did you mean block-time?"


def test_zero_toml_is_found_in_a_folder_above(tmp_path: Path) -> None:
    path = project(tmp_path, "")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert find_zero_toml(inner) == path


@pytest.mark.parametrize(
    "given",
    [
        {"no_mining": True, "block_time": "1"},
        {"no_mining": True, "mixed_mining": True},
        {"mixed_mining": True},
        {"mnemonic_random": True, "mnemonic": "abandon " * 11 + "about"},
        {"silent": True, "quiet": True},
    ],
)
def test_options_that_exclude_each_other_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ZeroError) as raised:
        settings_from(given, {}, None)
    assert raised.value.problem is Problem.CONTRADICTION


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("devnet", "--port", "abc"), Problem.BAD_VALUE),
        (("devnet", "--port", "65536"), Problem.BAD_VALUE),
        (("devnet", "--fund", "nobody"), Problem.BAD_VALUE),
        (("devnet", "--hardfork", "berlin"), Problem.BAD_VALUE),
        (("devnet", "--no-mining", "--block-time", "1"), Problem.CONTRADICTION),
        (("devnet", "--config", "missing.toml"), Problem.FILE_UNREADABLE),
        (("devnet", "--nonsense"), Problem.USAGE),
        (("devnet", "--port"), Problem.USAGE),
        (("devnet", "extra"), Problem.USAGE),
        (("nonsense",), Problem.USAGE),
        (("accounts", "--accounts", "-1"), Problem.BAD_VALUE),
        (("rpc",), Problem.USAGE),
    ],
)
def test_wrong_usage_ends_with_2_and_prints_nothing_on_stdout(
    tmp_path: Path, arguments: tuple[str, ...], problem: Problem
) -> None:
    ended = zero(*arguments, folder=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert f"[{problem.code}]" in ended.err
    assert "Traceback" not in ended.err


def test_a_bad_variable_is_named(tmp_path: Path) -> None:
    ended = zero("devnet", folder=tmp_path, variables={"ZERO_PORT": "abc"})
    assert ended.code == 2
    assert "ZERO_PORT: 'abc' is not a whole number" in ended.err


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    for arguments, variables in ((("--debug",), {}), ((), {"ZERO_DEBUG": "1"})):
        ended = zero("devnet", "--port", "abc", *arguments, folder=tmp_path, variables=variables)
        assert ended.code == 2
        assert "Traceback" in ended.err


def test_options_of_other_networks_are_told_by_the_names_that_they_have_here(tmp_path: Path) -> None:
    for name, there in (
        ("--load-state", "--load"),
        ("--dump-state", "--dump-on-exit"),
        ("--datadir", "--data-dir"),
    ):
        ended = zero("devnet", name, "x", folder=tmp_path)
        assert (ended.code, f"[{Problem.USAGE.code}]: No such option: {name}" in ended.err) == (2, True)
        assert f"hint: {there} " in ended.err


def test_hints_are_for_options_that_there_are_not_and_name_those_that_there_are() -> None:
    flags = {option.flag for option in options()}
    assert flags.isdisjoint(HINTS)
    for hint in HINTS.values():
        for word in hint.replace(",", "").replace(";", "").split():
            assert not word.startswith("--") or word in flags, hint
