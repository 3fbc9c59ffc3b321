"""The commands that the documents show, run as they stand."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE, environment

ROOT = Path(__file__).resolve().parents[2]
SHOWN = [
    ROOT / "README.md",
    *(ROOT / "docs" / name for name in ("getting-started.md", "devnet.md", "snapshots.md")),
]


def commands(start: str) -> list[str]:
    """The lines of indented blocks that begin so, once each."""
    pattern = re.compile(rf"^    (?:\.venv/bin/)?({re.escape(start)}\b.*)$", re.MULTILINE)
    found = (line for path in SHOWN for line in pattern.findall(path.read_text(encoding="utf-8")))
    return list(dict.fromkeys(found))


def run(line: str, folder: Path, **variables: str) -> str:
    """Runs a line in a shell that finds `zero`; gives its stdout."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env=environment({"PATH": path, **variables}),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_there_are_commands_to_run() -> None:
    assert len(commands("zero rpc")) >= 6
    assert len(commands("zero devnet")) >= 3


@pytest.mark.parametrize("line", [line for line in commands("zero devnet") if "npm" not in line])
def test_documented_devnets_start(line: str, tmp_path: Path) -> None:
    # Where the document names neither port nor command, the test does: a free one, and one that ends at once.
    run(line, tmp_path, ZERO_PORT="0", ZERO_EXEC="exit 0")


def test_documented_calls_answer_as_the_text_says(tmp_path: Path) -> None:
    with Devnet("--silent", folder=tmp_path) as devnet:
        answers = [
            run(line, tmp_path, ZERO_RPC_URL=devnet.description["url"]) for line in commands("zero rpc")
        ]
    numbers = [int(answer, 16) for answer in answers]
    assert {7_700_001, 7_700_002} <= set(numbers)
    # The transfer of the walk-through arrived in alpha and not in beta.
    assert numbers[-2:] == [10_001 * 10**18, 10_000 * 10**18]


def test_a_documented_verification_finds_no_lie(tmp_path: Path) -> None:
    (line,) = set(commands("zero verify"))
    with Devnet("--silent", folder=tmp_path) as devnet:
        assert "no lie was found" in run(line, tmp_path, ZERO_RPC_URL=devnet.description["url"])


def test_documented_snapshots_are_taken_and_gone_back_to(tmp_path: Path) -> None:
    shown = commands("zero snapshot")
    assert {line.split()[2] for line in shown} == {"create", "list", "revert", "delete"}
    with Devnet("--silent", folder=tmp_path) as devnet:
        outputs = [run(line, tmp_path, ZERO_RPC_URL=devnet.description["url"]) for line in shown]
    assert outputs[0] == "0x1\n"


def test_the_readmes_proof_holds_against_its_blocks_hash(tmp_path: Path) -> None:
    get, verify = commands("zero proof")
    with Devnet("--silent", folder=tmp_path) as devnet:
        run(get, tmp_path, ZERO_RPC_URL=devnet.description["url"])
        block_hash = devnet.call("eth_getBlockByNumber", "0x0", False)["hash"]
    proven = json.loads(run(verify.replace("0x\N{HORIZONTAL ELLIPSIS}", block_hash), tmp_path))
    assert proven["block"]["hash"] == block_hash
    assert int(proven["account"]["balance"], 16) == 10_000 * 10**18


def test_the_readmes_program_runs(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    [section] = re.findall(r"^## In Python, without a server\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    program = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))
    assert "Network(" in program
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1000000000000000000\n"


def test_the_commands_for_data_folders_run_in_their_order(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    lines = re.findall(r"^    (zero .*)$", text, re.MULTILINE)
    assert [line.split()[1] for line in lines[:2]] == ["devnet", "data"]
    assert len(lines) >= 6
    for line in lines:
        run(line, tmp_path, ZERO_PORT="0", ZERO_EXEC="exit 0")
