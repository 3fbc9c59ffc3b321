"""A zero.toml as text, from what another tool's configuration says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zero_sdk.project.config import PathsConfig, SolidityConfig, VyperConfig
from zero_sdk.project.foreign.found import Foreign
from zero_sdk.project.keys import keys_of

_SECTIONS: Mapping[str, type[Any]] = {
    "paths": PathsConfig,
    "solidity": SolidityConfig,
    "vyper": VyperConfig,
}


def render(foreign: Foreign) -> str:
    """The file, with nothing in it that is the default anyway."""
    lines = [
        f"# Made by `zero init --here` from {foreign.file.name}, which stays as it is and is not read again.",
        "# docs/zero-toml.md explains every key.",
    ]
    lines += [f"# Not taken over: {note}." for note in foreign.notes]
    root = foreign.file.parent
    for name, section in _SECTIONS.items():
        said = dict(foreign.sections.get(name, {}))
        if name == "paths":
            said |= _build_folder(root)
        lines += _table(f"[{name}]", section, said)
    for override in foreign.overrides:
        lines += [
            "",
            "[[solidity.overrides]]",
            *(f"{key} = {_value(value)}" for key, value in override.items()),
        ]
    return "\n".join(lines) + "\n"


def _table(header: str, section: type[Any], said: Mapping[str, Any]) -> list[str]:
    defaults = {key.name: key.default for key in keys_of(section)}
    lines = [
        f"{name} = {_value(value)}"
        for name, value in said.items()
        if defaults[name] != (tuple(value) if isinstance(value, list) else value)
    ]
    return ["", header, *lines] if lines else []


def _build_folder(root: Path) -> dict[str, str]:
    """A folder `build` that is somebody else's is left alone."""
    folder = root / PathsConfig().build
    is_foreign = folder.exists() and not (folder / ".cache" / "index.json").exists()
    return {"build": ".zero/build"} if is_foreign else {}


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    # JSON's strings, numbers and booleans are TOML's.
    return json.dumps(value, ensure_ascii=False)
