"""Writes exported files. What was exported before is replaced; what is somebody else's is left alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zero_sdk.errors import Problem, ZeroError

LIST = ".zero-export"
"""In the folder: the files that were exported, one a line."""


def write_files(folder: Path, files: Mapping[str, str], *, is_forced: bool = False) -> None:
    """Writes `files` below `folder`, and removes those of the last export that are not among them. Raises
    ZeroError where a file is there that no export wrote, unless it is forced."""
    known = _read_list(folder)
    for name, text in files.items():
        path = folder / name
        if path.exists() and name not in known and not is_forced and path.read_bytes() != text.encode():
            raise ZeroError(
                Problem.WOULD_OVERWRITE,
                f"{path} is there already",
                "--force overwrites it, --out DIR avoids it",
            )
    try:
        for name in known - files.keys():
            (folder / name).unlink(missing_ok=True)
        for name, text in {**files, LIST: "".join(f"{name}\n" for name in sorted(files))}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ZeroError(Problem.FILE_UNWRITABLE, f"{folder}: {error.strerror or error}") from error


def _read_list(folder: Path) -> frozenset[str]:
    try:
        names = (folder / LIST).read_text(encoding="utf-8").splitlines()
    except OSError:
        return frozenset()
    return frozenset(
        name for name in names if name and ".." not in Path(name).parts and not Path(name).is_absolute()
    )
