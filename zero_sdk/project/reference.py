"""Writes the tables of docs/zero-toml.md: `python -m zero_sdk.project.reference docs/zero-toml.md`.

Between `<!-- keys: SECTION -->` and `<!-- end -->` stands the table of that section, made from its dataclass.
The rest is written by hand.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from zero_sdk.project import config
from zero_sdk.project.keys import keys_of

SECTIONS: dict[str, type[Any]] = {
    "project": config.ProjectSection,
    "paths": config.PathsConfig,
    "solidity": config.SolidityConfig,
    "solidity.overrides": config.SolidityOverride,
    "vyper": config.VyperConfig,
    "networks.NAME": config.NetworkConfig,
    "networks.NAME.zones.ZONE": config.ZoneConfig,
    "accounts.NAME": config.AccountConfig,
    "test": config.TestConfig,
}
_TABLE = re.compile(r"(<!-- keys: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def with_tables(text: str) -> str:
    """The document with its tables as the dataclasses have them now."""
    return _TABLE.sub(lambda found: found[1] + table(SECTIONS[found[2]]) + found[3], text)


def table(section: type[Any]) -> str:
    """A section's keys, defaults and meanings in Markdown."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |"]
    rows += [f"| `{key.name}` | {_written(key.default)} | {key.help} |" for key in keys_of(section)]
    return "\n".join(rows) + "\n"


def _written(default: Any) -> str:
    """A default as zero.toml writes it; nothing where there is none."""
    if default is None or default in ("", (), {}):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return "`[{}]`".format(", ".join(f'"{item}"' for item in default))
    return f"`{default}`" if isinstance(default, int) else f'`"{default}"`'


if __name__ == "__main__":
    document = Path(sys.argv[1])
    document.write_text(with_tables(document.read_text(encoding="utf-8")), encoding="utf-8")
