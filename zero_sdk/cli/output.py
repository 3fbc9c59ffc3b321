"""stdout carries the result and nothing else; everything said beside it goes to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from zero_sdk.errors import ZeroError

BOLD, DIM, RED, GREEN, YELLOW, BLUE, CYAN = "1", "2", "31", "32", "33", "34", "36"


class Ending(Exception):
    """Ends the command with an exit code of its own, after everything has been said."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def result(text: str) -> None:
    """Prints the result of a command."""
    print(text, flush=True)


def result_json(value: Any) -> None:
    """Prints the result of a command as JSON: indented for a person, on one line for a pipe."""
    print(json.dumps(value, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False), flush=True)


def say(text: str) -> None:
    """Prose, progress and warnings."""
    print(text, file=sys.stderr, flush=True)


def report(error: ZeroError) -> None:
    """An error as the user sees it: what is wrong and where, what to do, and the code to look up."""
    paint = Paint.for_stream(sys.stderr)
    say(f"{paint(RED, 'error')} {paint(DIM, f'[{error.problem.code}]')}: {error.message}")
    if error.hint:
        say(f"  {paint(CYAN, 'hint')}: {error.hint}")


class Paint:
    """Colours text, or leaves it alone where nobody wants colours."""

    def __init__(self, enabled: bool) -> None:
        self._enabled = enabled

    @classmethod
    def for_stream(cls, stream: TextIO, environment: Mapping[str, str] = os.environ) -> Paint:
        """Colours for a terminal only; NO_COLOR takes them away, FORCE_COLOR brings them anywhere."""
        if environment.get("NO_COLOR"):
            return cls(False)
        if environment.get("FORCE_COLOR"):
            return cls(True)
        return cls(stream.isatty() and environment.get("TERM") != "dumb")

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._enabled else text
