"""Which solc compiles a file: the newest installed one that fits, else the newest that there is."""

from __future__ import annotations

from pathlib import Path

from zero_sdk.compile.plan import Wanted
from zero_sdk.compile.solc.installed import installed_solcs
from zero_sdk.compile.solc.releases import fetch_releases, known_releases
from zero_sdk.compile.versions import Version, is_contradiction, newest
from zero_sdk.errors import Problem, ZeroError


class VersionChoice:
    """Looks once what is installed."""

    def __init__(self, project_root: Path | None, is_offline: bool) -> None:
        self._installed = [solc.version for solc in installed_solcs(project_root)]
        self._is_offline = is_offline

    def __call__(self, wanted: Wanted) -> Version:
        """Raises ZeroError that says which ranges exclude each other."""
        ranges = [part for part, _ in wanted]
        found = newest(self._installed, ranges) or newest(known_releases(), ranges)
        if found is None and not self._is_offline and not is_contradiction(ranges):
            found = newest(fetch_releases(), ranges)
        if found is None:
            raise _none_fits(wanted)
        return found


def _none_fits(wanted: Wanted) -> ZeroError:
    asked: dict[str, str] = {}
    for part, where in wanted:
        asked.setdefault(part.text, where)
    words = ", ".join(f"{text} ({where})" for text, where in asked.items())
    if len(asked) == 1:
        return ZeroError(
            Problem.NO_VERSION_FITS,
            f"there is no solc {words}",
            f"the newest known is {known_releases()[-1]}",
        )
    return ZeroError(
        Problem.NO_VERSION_FITS,
        f"no version of solc satisfies all of: {words}",
        "change one of them; [[solidity.overrides]] in zero.toml gives some files a version of their own",
    )
