"""The Solidity sources of this project, for the contracts of its users to import."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "solidity"

PREFIX = "@zero/contracts/"
"""How they are imported: `import {SettledState} from "@zero/contracts/SettledState.sol";`"""


def names() -> tuple[str, ...]:
    """Every source, as it is imported, sorted."""
    return tuple(sorted(PREFIX + path.name for path in FOLDER.glob("*.sol")))


def path_of(name: str) -> Path | None:
    """The file that an import of `name` means, None where it is none of these."""
    file = FOLDER / name.removeprefix(PREFIX)
    return file if name.startswith(PREFIX) and file.parent == FOLDER and file.is_file() else None
