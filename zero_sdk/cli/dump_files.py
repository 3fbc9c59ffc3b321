"""Files with dumps."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import reason_of


def write_whole(path: Path, write: Callable[[BinaryIO], int]) -> int:
    """Writes the file so that it appears all at once, readable for its owner, since a dump holds a mnemonic;
    gives what `write` gives. Raises ZeroError."""
    temporary: Path | None = None
    try:
        # Beside the target, because a rename is atomic only within a file system.
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        with open(handle, "wb") as sink:
            size = write(sink)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise ZeroError(Problem.FILE_UNWRITABLE, f"{path}: {reason_of(error)}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return size


def is_anvil_state(source: BinaryIO) -> bool:
    """Whether it is JSON or gzip; no dump begins like that. The file is at its start again."""
    start = source.read(2)
    source.seek(0)
    return start[:1] in (b"{", b"[") or start == b"\x1f\x8b"
