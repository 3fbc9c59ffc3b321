"""A deployment script: a Python file whose `main(network)` deploys."""

from __future__ import annotations

import runpy
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zero_sdk.client.network import Network
from zero_sdk.errors import Problem, ZeroError

ENTRY = "main"

USUAL = "deploy.py"
"""In a project's folder of scripts: what `zero deploy` runs where none is named."""


def load_script(path: Path) -> Callable[..., Any]:
    """The `main` of a script, called with a network and what else it takes; the script's folder is importable
    from it. Raises ZeroError."""
    if not path.is_file():
        raise ZeroError(
            Problem.BAD_SCRIPT, f"{path}: there is no such file", "`zero deploy PATH` names a script"
        )
    with _importable(path.parent), told_with_place(path):
        names = runpy.run_path(str(path), run_name="zero_deploy_script")
    main = names.get(ENTRY)
    if not callable(main):
        raise ZeroError(
            Problem.BAD_SCRIPT, f"{path}: it has no function {ENTRY}", f"write `def {ENTRY}(network):`"
        )

    def run(network: Network, *arguments: Any, **named: Any) -> Any:
        with _importable(path.parent), told_with_place(path):
            return main(network, *arguments, **named)

    return run


@contextmanager
def told_with_place(path: Path) -> Iterator[None]:
    """Errors of the script itself name its file and line; those of the SDK stay what they are."""
    try:
        yield
    except ZeroError:
        raise
    except Exception as error:
        place = next(
            (
                f"{path}:{frame.lineno}"
                for frame in reversed(traceback.extract_tb(error.__traceback__))
                if frame.filename == str(path)
            ),
            str(path),
        )
        if isinstance(error, SyntaxError) and error.lineno is not None:
            place = f"{error.filename}:{error.lineno}"
        raise ZeroError(
            Problem.BAD_SCRIPT, f"{place}: {type(error).__name__}: {error}", "--debug shows the traceback"
        ) from error


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))
