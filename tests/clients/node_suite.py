"""Runs a JavaScript suite (tests/clients/node/suites) with Node's own test runner against an endpoint."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients import tools
from tests.clients.endpoint import Endpoint
from tests.clients.solc import compile_standard_json


@dataclass(frozen=True, slots=True)
class SuiteRun:
    """What a suite printed, and how many of its tests passed and failed."""

    passed: int
    failed: int
    report: str


@functools.cache
def compile_ledger() -> dict[str, Any]:
    """ABI and bytecode ("0x…") of the contract that the suites deploy."""
    source = tools.PROJECT / "Ledger.sol"
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {"Ledger.sol": {"content": source.read_text(encoding="utf-8")}},
            "settings": {
                "evmVersion": "paris",
                "optimizer": {"enabled": True, "runs": 200},
                "outputSelection": {
                    "*": {"*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}
                },
            },
        }
    )
    contract = output["contracts"]["Ledger.sol"]["Ledger"]
    return {
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "deployedBytecode": "0x" + contract["evm"]["deployedBytecode"]["object"],
    }


def environment(endpoint: Endpoint, folder: Path) -> dict[str, str]:
    """The environment that suites read; `folder` receives the compiled contract."""
    ledger = folder / "ledger.json"
    ledger.write_text(json.dumps(compile_ledger()), encoding="utf-8")
    return {
        **os.environ,
        "NO_COLOR": "1",
        "ZERO_CLIENTS_HTTP": endpoint.http,
        "ZERO_CLIENTS_WEBSOCKET": endpoint.websocket,
        "ZERO_CLIENTS_LEDGER": str(ledger),
    }


def run_suite(name: str, endpoint: Endpoint) -> SuiteRun:
    """Runs `suites/<name>.mjs` to its end."""
    with tempfile.TemporaryDirectory() as folder:
        run = subprocess.run(
            [tools.node(), "--test", "--test-reporter=spec", tools.PROJECT / "suites" / f"{name}.mjs"],
            cwd=tools.PROJECT,
            env=environment(endpoint, Path(folder)),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=540,
        )
    counts = {
        word: int(count) for word, count in re.findall(r"^ℹ (pass|fail) (\d+)$", run.stdout, re.MULTILINE)
    }
    if not counts:
        raise AssertionError(f"the suite {name} did not run:\n{run.stdout}\n{run.stderr}")
    return SuiteRun(counts["pass"], counts["fail"] or int(run.returncode != 0), run.stdout + run.stderr)
