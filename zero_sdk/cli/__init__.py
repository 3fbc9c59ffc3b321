"""The `zero` command: one thin file a command (parse, call, print). `main` is the entry point.

Nothing heavy is imported before a command needs it: `zero --help` must answer in 0.2 s.
"""

from __future__ import annotations


def main() -> None:
    """Runs `zero` with the arguments of this process and ends it with the exit code."""
    import sys

    from zero_sdk.cli.app import run

    sys.exit(run(sys.argv[1:]))
