"""What is wrong with a data folder, as the command line says it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devnet.persistence.errors import Flaw, FolderError
from zero_sdk.errors import Problem, ZeroError

_PROBLEMS = {
    Flaw.IN_USE: Problem.FOLDER_IN_USE,
    Flaw.NEWER_FORMAT: Problem.FOLDER_NEWER,
    Flaw.OTHER_NETWORK: Problem.FOLDER_OTHER_NETWORK,
    Flaw.DAMAGED: Problem.FOLDER_DAMAGED,
    Flaw.MISSING: Problem.FOLDER_INCOMPLETE,
    Flaw.NOT_OURS: Problem.FOLDER_FOREIGN,
}

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def folder_error(error: FolderError) -> ZeroError:
    """File, place, what is wrong there, and what to do."""
    place = f"{error.path}" if error.offset is None else f"{error.path}, byte {error.offset}"
    problem = _PROBLEMS[error.flaw]
    return ZeroError(problem, f"{place}: {error.flaw.value}: {error.detail}", error.advice or None)


def system_error(error: OSError, folder: Path) -> ZeroError:
    """What the system says when the folder is made, opened or written."""
    reason = error.strerror or str(error)
    place = error.filename if error.filename is not None else folder
    # A write that failed carries its path in its words.
    message = reason if str(folder) in reason else f"{place}: {reason}"
    if error.errno in _NO_SPACE:
        return ZeroError(Problem.FOLDER_FULL, message, "free some space and start again; nothing is lost")
    return ZeroError(
        Problem.FOLDER_UNUSABLE, message, "choose another folder, or change the rights of this one"
    )


@contextmanager
def folder_problems(folder: Path) -> Iterator[None]:
    """Turns what goes wrong inside into a `ZeroError`."""
    try:
        yield
    except FolderError as error:
        raise folder_error(error) from error
    except OSError as error:
        raise system_error(error, folder) from error
