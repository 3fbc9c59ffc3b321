"""The templates that come with the package: folders, each a project that works."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zero_sdk.errors import Problem, ZeroError

ABOUT = "template.toml"
"""What a template says about itself; no part of the project."""

_PACKAGE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of project."""

    name: str
    folder: Path
    summary: str
    steps: tuple[str, ...]
    """The commands that come next, inside the project."""


def templates() -> tuple[Template, ...]:
    """All of them, in the order in which a newcomer meets them. Raises ZeroError."""
    found = [(_read(path), path.parent) for path in _folder().glob(f"*/{ABOUT}")]
    found.sort(key=lambda entry: (entry[0]["rank"], entry[1].name))
    return tuple(
        Template(folder.name, folder, about["summary"], tuple(about["steps"])) for about, folder in found
    )


def find_template(name: str) -> Template:
    """The template of that name. Raises ZeroError."""
    known = templates()
    for template in known:
        if template.name == name:
            return template
    raise ZeroError(
        Problem.UNKNOWN_TEMPLATE,
        f"there is no template {name!r}",
        f"there are {', '.join(template.name for template in known)}: `zero init --list`",
    )


def _folder() -> Path:
    # A wheel carries them inside the package; a checkout, which an editable installation uses, beside it.
    for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if folder.is_dir():
            return folder
    raise ZeroError(
        Problem.BROKEN_INSTALLATION,
        f"the templates are missing from {_PACKAGE}",
        "installing the project again usually repairs it",
    )


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))
