"""An import that leads nowhere: where it stands, and what would help."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from zero_sdk.compile.packages import asked_for
from zero_sdk.compile.solidity_text import Directive
from zero_sdk.errors import Problem, ZeroError

_MOST_FILES = 20_000
"""Files of a package or project that are looked through for one of the same name."""


def missing_import(
    root: Path, folders: Sequence[Path], directive: Directive, importer: str, name: str
) -> ZeroError:
    """The error for an import in the file `importer` that resolves to `name`, which does not exist."""
    where = f"{importer}:{directive.line}:{directive.column}"
    message = f'{where}: there is no file for import "{directive.text}"'
    if "://" in directive.text:
        return _error(message, "imports from the web are not fetched; `zero install PACKAGE` gets packages")
    if directive.text.startswith("."):
        return _error(message, _same_name(root, root, name) or f"it would be {name}")
    if name != directive.text:
        return _error(
            f"{message} (remapped to {name})", "the remappings in zero.toml or remappings.txt decide"
        )
    from devnet.contracts import sources

    if name.startswith(sources.PREFIX):
        close = difflib.get_close_matches(name, sources.names(), n=1)
        return _error(message, f'did you mean "{close[0]}"?' if close else "docs/contracts.md lists them")
    package = package_of(name)
    for folder in folders:
        if (folder / package).is_dir():
            version = _version(folder / package)
            return _error(
                f"{message}: {package}{version} is installed and has no such file",
                _same_name(folder, folder / package, name)
                or f"another version may have it: `zero install {package}@VERSION`",
            )
    if package in asked_for(root):
        return _error(message, f"package.json asks for {package}: `zero install` gets it")
    if "/" not in name:
        near = _same_name(root, root, name)
        return _error(message, near or f'a file beside the importing one is imported as "./{name}"')
    return _error(message, f"`zero install {package}` gets the package from npm")


def package_of(name: str) -> str:
    """The npm package that a file belongs to: `@openzeppelin/contracts`, `solady`."""
    parts = name.split("/")
    return "/".join(parts[:2]) if name.startswith("@") else parts[0]


def _error(message: str, hint: str) -> ZeroError:
    return ZeroError(Problem.MISSING_IMPORT, message, hint)


def _version(folder: Path) -> str:
    try:
        found = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        return f" {found['version']}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _same_name(base: Path, folder: Path, name: str) -> str | None:
    """Advice for a file that lies elsewhere or is spelled a little differently."""
    wanted = PurePosixPath(name).name
    found: list[str] = []
    for count, path in enumerate(folder.rglob("*.sol")):
        if count > _MOST_FILES:
            break
        relative = path.relative_to(base).as_posix()
        if folder == base and relative.startswith("node_modules/"):
            continue
        found.append(relative)
    same = [path for path in found if PurePosixPath(path).name == wanted]
    near = difflib.get_close_matches(name, same or found, n=1, cutoff=0.3 if same else 0.85)
    return f'did you mean "{near[0]}"?' if near else None
