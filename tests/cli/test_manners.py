"""What holds for the command as a whole: imports, help, codes, colours."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path

import pytest

from tests.cli.process import Ended, environment, zero
from zero_sdk.cli.reference import COMMANDS, help_texts, reference
from zero_sdk.errors import Problem

ROOT = Path(__file__).resolve().parents[2]

HEAVY = ("web3", "eth", "eth_account", "eth_abi", "eth_utils", "rich", "uvicorn", "asyncio")


@pytest.mark.parametrize(
    ("arguments", "forbidden"),
    [
        (["--help"], HEAVY),
        (["devnet", "--help"], HEAVY),
        (["--version"], HEAVY),
        (["accounts"], HEAVY),
    ],
    ids=" ".join,
)
def test_a_command_imports_nothing_heavy_that_it_does_not_need(
    tmp_path: Path, arguments: list[str], forbidden: tuple[str, ...]
) -> None:
    code = (
        "import json, sys\n"
        "from zero_sdk.cli.app import run\n"
        f"code = run({arguments!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    exit_code, modules = json.loads(done.stdout.splitlines()[-1])
    assert exit_code == 0
    assert [name for name in forbidden if name in modules] == []


def test_a_network_is_served_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    code = (
        "import json, sys\n"
        "from zero_sdk.cli.app import run\n"
        "from zero_sdk.cli.devnet import serve\n"
        "serve.WARM_UP_AFTER = 60.0\n"
        "code = run(['devnet', '--port', '0', '--quiet', '--exec', 'exit 0'])\n"
        "print(json.dumps([code, sorted(sys.modules)]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    exit_code, modules = json.loads(done.stdout)
    assert exit_code == 0
    heavy = ("web3", "eth", "eth_account", "eth_abi", "eth_utils", "rich")
    assert [name for name in heavy if name in modules] == []


def test_help_goes_to_stdout(tmp_path: Path) -> None:
    texts = help_texts()
    assert texts.keys() == set(COMMANDS)
    for shown in texts.values():
        assert (shown.code, shown.err) == (0, "")
        assert shown.out.startswith("Usage: zero")
    # All of them come from one process; a process of its own says the same.
    for command in ("", "data check"):
        ended = zero(*command.split(), "--help", folder=tmp_path, variables={"COLUMNS": "120"})
        assert Ended(*astuple(texts[command])) == ended


def test_without_arguments_the_help_is_shown(tmp_path: Path) -> None:
    assert zero(folder=tmp_path) == zero("--help", folder=tmp_path)


def test_the_version_names_python_too(tmp_path: Path) -> None:
    ended = zero("--version", folder=tmp_path)
    assert re.fullmatch(r"zero \d\S* \(Python 3\.\d+\.\S+, .+\)\n", ended.out)


def test_the_documented_help_is_current() -> None:
    """After changing an option: python -m zero_sdk.cli.reference docs/cli.md"""
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == reference()


def test_every_command_is_documented(tmp_path: Path) -> None:
    listed = zero("--help", folder=tmp_path).out.partition("Commands:\n")[2].partition("\n\n")[0]
    names = {line.split()[0] for line in listed.splitlines()}
    assert len(names) > 20
    assert names <= set(COMMANDS)


def test_the_documented_errors_are_those_of_the_code() -> None:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    documented = re.findall(r"^### (ZERO-\d{4}) (.+)$", text, re.MULTILINE)
    assert documented == [(problem.code, problem.title) for problem in Problem]


def test_codes_are_unique_and_exit_codes_are_the_agreed_ones() -> None:
    assert len({problem.code for problem in Problem}) == len(Problem)
    assert {problem.exit_code for problem in Problem} == {1, 2, 130}


def test_colours_are_for_terminals_and_for_who_asks(tmp_path: Path) -> None:
    plain = zero("devnet", "--port", "x", folder=tmp_path)
    forced = zero("devnet", "--port", "x", folder=tmp_path, variables={"FORCE_COLOR": "1"})
    refused = zero("devnet", "--port", "x", folder=tmp_path, variables={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b[" not in plain.err
    assert "\x1b[" in forced.err
    assert refused.err == plain.err


def test_a_closed_pipe_is_not_an_error_worth_a_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "zero_sdk", "accounts", "--accounts", "3000"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(60)
    assert b"Traceback" not in errors
    assert b"Exception ignored" not in errors
