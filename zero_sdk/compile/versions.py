"""Compiler versions, and the ranges that pragmas and zero.toml ask for.

The syntax is npm's: `^0.8.20`, `~0.7.1`, `>=0.6.0 <0.9.0`, `0.8.28`, `0.8.x`, `1.2 - 1.4`, `*`, and `||`
between alternatives. Solidity and Vyper use it in their pragmas, with blanks allowed after an operator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_EXACT = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_PART = r"v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?"
_PARTIAL = re.compile(_PART)
_COMPARATOR = re.compile(rf"\s*(\^|~|>=|<=|>|<|=|)\s*{_PART}(?=[\s^~<>=]|$)")
_HYPHEN = re.compile(rf"\s*({_PART})\s+-\s+({_PART})\s*$")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A released version."""

    major: int
    minor: int
    patch: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """`0.8.28`, also with a build behind it (`0.8.28+commit.7893614a`). Raises ValueError."""
        found = _EXACT.match(text)
        if found is None:
            raise ValueError(f"{text!r} is no version: write it as 0.8.28")
        return cls(int(found[1]), int(found[2]), int(found[3]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


_LOWEST = Version(0, 0, 0)
_HIGHEST = Version(1 << 62, 0, 0)


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Which versions are acceptable."""

    text: str
    spans: tuple[tuple[Version, Version], ...]
    """Alternatives; each from its first version up to but without its second."""

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """Raises ValueError that says which part is not understood."""
        plain = text.replace('"', "").replace("'", "").strip()
        return cls(" ".join(plain.split()), tuple(_alternative(part) for part in plain.split("||")))

    def __contains__(self, version: Version) -> bool:
        return any(low <= version < high for low, high in self.spans)

    def exact(self) -> Version | None:
        """The only version in the range, where there is just one."""
        if len(self.spans) == 1:
            low, high = self.spans[0]
            if high == Version(low.major, low.minor, low.patch + 1):
                return low
        return None

    def __str__(self) -> str:
        return self.text


def newest(versions: Iterable[Version], ranges: Iterable[VersionRange]) -> Version | None:
    """The newest version that lies in all the ranges."""
    wanted = tuple(ranges)
    return max((version for version in versions if all(version in part for part in wanted)), default=None)


def _alternative(text: str) -> tuple[Version, Version]:
    if hyphen := _HYPHEN.fullmatch(text):
        return _span("", hyphen[1])[0], _span("<=", hyphen[5])[1]
    low, high = _LOWEST, _HIGHEST
    at = 0
    while text[at:].strip():
        found = _COMPARATOR.match(text, at)
        if found is None:
            raise ValueError(f"{text.strip()!r} is no range of versions at {text[at:].strip()!r}")
        span = _span(found[1], text[found.start(2) : found.end()])
        low, high = max(low, span[0]), min(high, span[1])
        at = found.end()
    return low, high


def _span(operator: str, text: str) -> tuple[Version, Version]:
    """What one comparator allows; `text` may lack parts or have x for them."""
    match = _PARTIAL.match(text)
    assert match is not None
    parts: list[int] = []
    for part in match.groups():
        if part is None or not part.isdecimal():
            break
        parts.append(int(part))
    low = Version(*parts, *(0,) * (3 - len(parts)))
    behind = _after(parts, len(parts))
    if operator == "^":
        # Up to the next change of the leftmost part that is not zero.
        leading = next((place for place, part in enumerate(parts) if part), len(parts) - 1)
        return low, _after(parts, leading + 1)
    spans = {
        "": (low, behind),
        "=": (low, behind),
        "~": (low, _after(parts, min(len(parts), 2))),
        ">=": (low, _HIGHEST),
        ">": (behind, _HIGHEST),
        "<": (_LOWEST, low),
        "<=": (_LOWEST, behind),
    }
    return spans[operator]


def _after(parts: list[int], count: int) -> Version:
    """The first version whose first `count` parts are greater than these."""
    if count <= 0:
        return _HIGHEST
    raised = [*parts[: count - 1], parts[count - 1] + 1]
    return Version(*raised, *(0,) * (3 - len(raised)))


def is_contradiction(ranges: Iterable[VersionRange]) -> bool:
    """Whether no version at all, released or not, could lie in all the ranges."""
    spans: list[tuple[Version, Version]] = [(_LOWEST, _HIGHEST)]
    for part in ranges:
        spans = [
            (max(low, other_low), min(high, other_high))
            for low, high in spans
            for other_low, other_high in part.spans
            if max(low, other_low) < min(high, other_high)
        ]
    return not spans
