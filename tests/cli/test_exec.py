"""`zero devnet --exec`, and `zero rpc` against what it finds in its environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.cli.process import PATIENCE, Ended, environment, zero
from zero_sdk.cli.devnet.command import path_with_zero
from zero_sdk.variables import variable_of

ZERO = f'"{sys.executable}" -m zero_sdk'
FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def under_devnet(folder: Path, command: str, *arguments: str) -> Ended:
    return zero("devnet", "--port", "0", "--quiet", *arguments, "--exec", command, folder=folder)


@pytest.mark.parametrize("code", [0, 1, 7, 130])
def test_the_exit_code_is_the_commands_own(tmp_path: Path, code: int) -> None:
    assert under_devnet(tmp_path, f"exit {code}") == Ended(code, "", "")


def test_a_command_that_is_not_there_fails_as_in_a_shell(tmp_path: Path) -> None:
    ended = under_devnet(tmp_path, "no-such-command-anywhere")
    assert ended.code == (1 if os.name == "nt" else 127)


def test_stdout_and_stdin_belong_to_the_command(tmp_path: Path) -> None:
    ended = zero(
        *("devnet", "--port", "0", "--exec", f'"{sys.executable}" -c "print(input()[::-1])"'),
        folder=tmp_path,
        stdin="abc\n",
    )
    assert (ended.code, ended.out) == (0, "cba\n")


def test_every_zone_has_a_variable(tmp_path: Path) -> None:
    code = (
        "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('ZERO_')}))"
    )
    (tmp_path / "tell.py").write_text(code, encoding="utf-8")
    ended = under_devnet(tmp_path, f'"{sys.executable}" tell.py', "--zones", "one,two-b")
    told = json.loads(ended.out)
    assert set(told) == {"ZERO_RPC_URL", "ZERO_RPC_URL_ONE", "ZERO_RPC_URL_TWO_B", "ZERO_RPC_URL_SYSTEM"}
    assert told["ZERO_RPC_URL_TWO_B"] == told["ZERO_RPC_URL"] + "/two-b"
    assert variable_of("two-b") == "ZERO_RPC_URL_TWO_B"


def test_the_command_finds_zero_but_no_other_program_in_another_place(tmp_path: Path) -> None:
    shell = os.defpath if os.name != "nt" else os.environ["PATH"]
    ended = zero(
        *("devnet", "--port", "0", "--quiet", "--exec", "zero rpc eth_chainId --zone beta"),
        folder=tmp_path,
        variables={"PATH": shell},
    )
    assert (ended.code, ended.out.split()) == (0, ["0x757e22"])
    folder = sysconfig.get_path("scripts")
    assert path_with_zero(shell).split(os.pathsep) == [*shell.split(os.pathsep), folder]
    assert path_with_zero("") == path_with_zero(folder) == folder


def test_a_network_that_the_command_starts_is_not_configured_by_this_one(tmp_path: Path) -> None:
    variables = {"ZERO_PORT": "0", "ZERO_QUIET": "1", "ZERO_JSON": "1", "ZERO_CONFIG_OUT": "network.json"}
    inner = f"{ZERO} devnet --port 0 --exec 'exit 5'" if os.name != "nt" else "exit 5"
    ended = zero("devnet", "--exec", inner, folder=tmp_path, variables=variables)
    assert ended.code == 5
    assert len(ended.out.splitlines()) == 1
    assert json.loads((tmp_path / "network.json").read_text(encoding="utf-8")) == json.loads(ended.out)


def test_rpc_calls_the_zone_that_is_named(tmp_path: Path) -> None:
    ended = under_devnet(
        tmp_path,
        " && ".join(f"{ZERO} rpc eth_chainId {zone}" for zone in ("", "--zone beta", "--zone 7700000")),
    )
    assert [int(line, 16) for line in ended.out.split()] == [7_700_001, 7_700_002, 7_700_000]


def test_rpc_prints_texts_bare_and_everything_else_as_json(tmp_path: Path) -> None:
    (tmp_path / "parameters.json").write_text(json.dumps([FIRST, "latest"]), encoding="utf-8")
    ended = under_devnet(
        tmp_path,
        f"{ZERO} rpc web3_clientVersion && {ZERO} rpc web3_clientVersion --json && "
        f"{ZERO} rpc eth_getBlockByNumber 0x0 false && {ZERO} rpc eth_getBalance - < parameters.json && "
        f"{ZERO} rpc eth_getTransactionByHash 0x{'00' * 32}",
    )
    bare, quoted, block, balance, nothing = ended.out.splitlines()
    assert json.loads(quoted) == bare
    assert json.loads(block)["number"] == "0x0"
    assert int(balance, 16) == 10_000 * 10**18
    assert nothing == "null"
    assert ended.code == 0


@pytest.mark.parametrize(
    ("command", "code", "exit_code"),
    [
        ("rpc eth_nonsense", "ZERO-1303", 1),
        ("rpc eth_getBalance nobody latest", "ZERO-1303", 1),
        ("rpc eth_chainId --zone nowhere", "ZERO-1304", 1),
        ("rpc eth_chainId --url http://127.0.0.1:1", "ZERO-1301", 1),
        ("rpc eth_chainId --url 127.0.0.1:8545", "ZERO-1101", 2),
        ("rpc eth_chainId --url http://[", "ZERO-1101", 2),
    ],
)
def test_rpc_says_what_went_wrong(tmp_path: Path, command: str, code: str, exit_code: int) -> None:
    ended = under_devnet(tmp_path, f"{ZERO} {command}")
    assert (ended.code, ended.out) == (exit_code, "")
    assert f"[{code}]" in ended.err
    assert "Traceback" not in ended.err


def test_rpc_shows_the_data_of_a_revert(tmp_path: Path) -> None:
    # MSTORE8(0, 0xab); REVERT(0, 1)
    (tmp_path / "call.json").write_text('[{"data": "0x60ab60005360016000fd"}]', encoding="utf-8")
    ended = under_devnet(tmp_path, f"{ZERO} rpc eth_call - < call.json")
    assert (ended.code, ended.out) == (1, "")
    assert "(code 3)" in ended.err
    assert 'data: "0xab"' in ended.err


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_signal_ends_the_command_and_the_network(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "zero_sdk", "devnet", "--port", "0", "--silent"),
            *("--exec", "echo $ZERO_RPC_URL; exec sleep 600"),
        ],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE)
    assert process.returncode == 128 + signal.SIGTERM
    assert zero("rpc", "eth_chainId", "--url", url, folder=tmp_path).code == 1


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_a_signal_ends_what_the_command_started_too(tmp_path: Path) -> None:
    """A shell that is told to end leaves its children running; a test runner must not outlive the network."""
    (tmp_path / "wait.py").write_text("import time; print('ready', flush=True); time.sleep(600)\n", "utf-8")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "zero_sdk", "devnet", "--port", "0", "--silent"),
            *("--exec", f'"{sys.executable}" wait.py; echo after'),
        ],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        # The end of the output: nobody is left who could write to it.
        rest, _ = process.communicate(timeout=PATIENCE)
    assert rest == ""
    assert process.returncode == 128 + signal.SIGTERM


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX's")
def test_ctrl_c_lets_the_command_end_in_its_own_way(tmp_path: Path) -> None:
    """A terminal sends it to both; the command may still have something to write."""
    (tmp_path / "patient.py").write_text(
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    time.sleep(0.5)\n"
        "    print('saved', flush=True)\n"
        "    sys.exit(3)\n"
        "signal.signal(signal.SIGINT, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "zero_sdk", "devnet", "--port", "0", "--silent"),
            *("--exec", f'exec "{sys.executable}" patient.py'),
        ],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "saved\n"
        process.wait(PATIENCE)
    assert process.returncode == 3
