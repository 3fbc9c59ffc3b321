"""Writes the reference of the command line from what `--help` says.

python -m zero_sdk.cli.reference docs/cli.md
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from zero_sdk.cli.help import WIDTH

COMMANDS = (
    "",
    "init",
    "compile",
    "inspect",
    "export",
    "install",
    "test",
    "deploy",
    "deployments",
    "verify-source",
    "console",
    "call",
    "send",
    "fund",
    "decode",
    "convert",
    "bind",
    "devnet",
    "accounts",
    "rpc",
    "dump",
    "load",
    "verify",
    "trace",
    "data",
    "data check",
    "data info",
    "data prune",
    "data compact",
    "profile",
    "validator",
    "validator key new",
    "validator key show",
    "validator register",
    "validators",
    "snapshot",
    "snapshot create",
    "snapshot list",
    "snapshot revert",
    "snapshot delete",
    "proof",
    "proof get",
    "proof verify",
    "doctor",
)

HEADER = """\
# Command line

What `--help` says, written by `python -m zero_sdk.cli.reference docs/cli.md`. [devnet.md](devnet.md) explains
`zero devnet` at length, [errors.md](errors.md) the error codes.
"""


def reference() -> str:
    """The document."""
    parts = [HEADER]
    for command in COMMANDS:
        parts.append(f"\n## zero {command}".rstrip() + f"\n\n```text\n{_help_of(command)}\n```\n")
    return "".join(parts)


def _help_of(command: str) -> str:
    words = [sys.executable, "-m", "zero_sdk", *command.split(), "--help"]
    # Wide enough that the command's own width applies, which is the same everywhere.
    environment = {**os.environ, "COLUMNS": str(WIDTH + 20), "NO_COLOR": "1"}
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, encoding="utf-8", check=True
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
