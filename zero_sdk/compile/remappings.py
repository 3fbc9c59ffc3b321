"""Remappings: `context:prefix=target`, as solc and Foundry write them.

solc applies them after it has resolved relative imports; where several fit, the longest context wins, then
the longest prefix, then the last one (Solidity's documentation, "Path Resolution").
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Remapping:
    """Imports that start with `prefix`, in files whose names start with `context`, go to `target`."""

    context: str
    prefix: str
    target: str

    @classmethod
    def parse(cls, text: str) -> Remapping | None:
        """None for what is no remapping: without `=`, or without a prefix."""
        left, equals, target = text.strip().partition("=")
        context, colon, prefix = left.rpartition(":")
        if not equals or not prefix:
            return None
        return cls(context if colon else "", prefix, target)

    def __str__(self) -> str:
        return (
            f"{self.context}:{self.prefix}={self.target}" if self.context else f"{self.prefix}={self.target}"
        )


def remapping_for(remappings: Iterable[Remapping], name: str, importer: str) -> Remapping | None:
    """The one that solc applies to an import of `name` in the file `importer`."""
    best: Remapping | None = None
    for candidate in remappings:
        fits = importer.startswith(candidate.context) and name.startswith(candidate.prefix)
        if fits and (best is None or _closeness(candidate) >= _closeness(best)):
            best = candidate
    return best


def read_remappings(path: Path) -> tuple[Remapping, ...]:
    """remappings.txt: one a line; () where there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ()
    found = (Remapping.parse(line) for line in lines if not line.lstrip().startswith("#"))
    return tuple(remapping for remapping in found if remapping is not None)


def library_remappings(root: Path, folder: str) -> tuple[Remapping, ...]:
    """What Foundry infers for its libraries: `lib/solmate/src` is imported as `solmate/`; and what their own
    remappings.txt say, within their files."""
    found: list[Remapping] = []
    libraries = root / folder
    if not libraries.is_dir():
        return ()
    for library in sorted(path for path in libraries.iterdir() if path.is_dir()):
        place = f"{folder}/{library.name}/"
        inside = next((name for name in ("src", "contracts") if (library / name).is_dir()), None)
        found.append(Remapping("", f"{library.name}/", f"{place}{inside}/" if inside else place))
        if inside:
            # Both ways of writing are met: with the folder and without it.
            found.append(Remapping("", f"{library.name}/{inside}/", f"{place}{inside}/"))
        found += [
            Remapping(place, own.prefix, f"{place}{own.target}")
            for own in read_remappings(library / "remappings.txt")
        ]
    return tuple(found)


def _closeness(remapping: Remapping) -> tuple[int, int]:
    return len(remapping.context), len(remapping.prefix)
