"""Which version of Vyper compiles a file: the newest one here that fits, else the newest that there is."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cached_property

from zero_sdk.compile.versions import Version, newest
from zero_sdk.compile.vyper.environments import cached_versions, installed_version
from zero_sdk.compile.vyper.plan import Wanted
from zero_sdk.errors import Problem, ZeroError

KNOWN = tuple(
    Version(0, minor, patch)
    for minor, patches in ((2, (16,)), (3, (0, 1, 2, 3, 4, 6, 7, 8, 9, 10)), (4, (0, 1, 2, 3)))
    for patch in patches
)
"""Releases of Vyper on PyPI, oldest first."""

_LOOK_UP_SECONDS = 30


class VyperChoice:
    """Looks once what is here."""

    def __init__(self, is_offline: bool) -> None:
        self._is_offline = is_offline

    def __call__(self, wanted: Wanted) -> Version:
        """Raises ZeroError that says which ranges exclude each other."""
        ranges = [part for part, _ in wanted]
        found = newest(self._here, ranges) or newest(KNOWN, ranges)
        if found is None and not self._is_offline:
            found = newest(self._released, ranges)
        if found is None:
            raise _none_fits(wanted)
        return found

    @cached_property
    def _here(self) -> list[Version]:
        installed = installed_version()
        return [*cached_versions(), *([installed] if installed else [])]

    @cached_property
    def _released(self) -> list[Version]:
        """What PyPI has; none where it cannot be asked."""
        command = [sys.executable, "-m", "pip", "index", "versions", "vyper", "--disable-pip-version-check"]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_LOOK_UP_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return []
        line = re.search(r"Available versions: (.*)", done.stdout)
        found = re.findall(r"(?<![\w.])\d+\.\d+\.\d+(?![\w.])", line[1]) if line else []
        return [Version.parse(text) for text in found]


def _none_fits(wanted: Wanted) -> ZeroError:
    asked: dict[str, str] = {}
    for part, where in wanted:
        asked.setdefault(part.text, where)
    words = ", ".join(f"{text} ({where})" for text, where in asked.items())
    if len(asked) == 1:
        return ZeroError(
            Problem.NO_VERSION_FITS, f"there is no vyper {words}", f"the newest known is {KNOWN[-1]}"
        )
    return ZeroError(
        Problem.NO_VERSION_FITS,
        f"no version of vyper satisfies all of: {words}",
        "change one of them: a file is compiled together with all that it imports",
    )
