"""Writes the reference of the command line from what `--help` says.

python -m zero_sdk.cli.reference docs/cli.md
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
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
    "force",
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
    "chaos",
    "snapshot",
    "snapshot create",
    "snapshot list",
    "snapshot revert",
    "snapshot delete",
    "message",
    "message list",
    "message show",
    "message watch",
    "message send",
    "message retry",
    "message simulate",
    "message check",
    "courier",
    "courier status",
    "courier pause",
    "courier resume",
    "courier step",
    "courier mode",
    "bridge",
    "supply",
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


@dataclass(frozen=True, slots=True)
class HelpText:
    """What `zero COMMAND --help` gives."""

    code: int
    out: str
    err: str


def reference() -> str:
    """The document."""
    parts = [HEADER]
    for command, shown in help_texts().items():
        text = "\n".join(line.rstrip() for line in shown.out.strip().splitlines())
        parts.append(f"\n## zero {command}".rstrip() + f"\n\n```text\n{text}\n```\n")
    return "".join(parts)


def help_texts() -> dict[str, HelpText]:
    """The help of every command, as somebody with a wide terminal and no colours sees it: all of them by
    one process, whose environment is as it is wanted."""
    environment = {**os.environ, "COLUMNS": str(WIDTH + 20), "NO_COLOR": "1", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-c", "from zero_sdk.cli.reference import print_help_texts; print_help_texts()"],
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    shown = [HelpText(*each) for each in json.loads(done.stdout)]
    return dict(zip(COMMANDS, shown, strict=True))


def print_help_texts() -> None:
    """JSON of a list of [exit code, stdout, stderr], in the order of `COMMANDS`."""
    from zero_sdk.cli.app import run

    found = []
    for command in COMMANDS:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = run([*command.split(), "--help"])
        found.append([code, out.getvalue(), err.getvalue()])
    print(json.dumps(found))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(reference(), encoding="utf-8")
