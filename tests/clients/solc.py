"""solc from npm behind a function: Solidity's standard JSON in, standard JSON out."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.clients import tools

SHIM = Path(__file__).resolve().parent / "node" / "solc.mjs"
"""Answers `--version` and `--standard-json` as the native compiler does; forge takes it by `--use`."""


class SolcError(Exception):
    """solc refused the sources; the message holds its words."""


def compile_standard_json(request: dict[str, Any], are_warnings_errors: bool = True) -> dict[str, Any]:
    """Compiles and gives solc's output, with the compiler's full version under "compiler".

    Raises SolcError for errors, and for warnings unless the sources are others'; and `tools.ToolMissing`.
    """
    tools.node_module("solc")
    run = subprocess.run(
        [tools.node(), SHIM, "--standard-json"],
        input=json.dumps(request),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    if run.returncode != 0:
        raise SolcError(f"solc failed: {run.stderr.strip()}")
    output: dict[str, Any] = json.loads(run.stdout)
    accepted = ("info",) if are_warnings_errors else ("info", "warning")
    complaints = [
        error["formattedMessage"] for error in output.get("errors", ()) if error["severity"] not in accepted
    ]
    if complaints:
        raise SolcError("\n".join(complaints))
    return output
