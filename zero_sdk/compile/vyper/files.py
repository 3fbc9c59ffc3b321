"""The Vyper files of a project and of its packages, by the names that the compiler is given.

    contracts/Token.vy                  a file of the project: its path from the root
    snekmate/auth/ownable.vy            a file of a package, from the folder of packages that it is in

Packages lie in the project's folders of packages, or where Python has them (`pip install snekmate`). The rule
is Vyper's: beside the importing file first, then along the search path (Vyper's documentation, "Importing
Modules").
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from zero_sdk.compile.closure import closure_of
from zero_sdk.compile.vyper.text import Import, VyperText, read_text
from zero_sdk.errors import Problem, ZeroError

ENDINGS = (".vy", ".vyi", ".json")
"""A module, an interface, an ABI; in the order in which Vyper looks for them."""

BUILTIN = re.compile(r"(ethereum/ercs|vyper/interfaces|math)(/|$)")
"""What the compiler brings along."""


@dataclass(frozen=True, slots=True)
class VyperSource:
    """One file."""

    name: str
    path: Path
    text: str
    said: VyperText
    imports: tuple[str, ...]
    """The names of the files that it imports."""


@dataclass(slots=True)
class VyperTree:
    """Reads every file once. `texts` are files that exist in memory alone, by name."""

    root: Path
    contracts: str = "contracts"
    packages: tuple[str, ...] = ("lib",)
    texts: Mapping[str, str] = field(default_factory=dict)
    _read: dict[str, VyperSource] = field(default_factory=dict)
    _places: dict[str, Path] = field(default_factory=dict)

    def source(self, name: str) -> VyperSource:
        """The file of that name. Raises ZeroError where it or an import cannot be read."""
        if name not in self._read:
            self._read[name] = self._load(name)
        return self._read[name]

    def closure(self, name: str) -> dict[str, VyperSource]:
        """The file and everything that it imports, directly or not, in the order of the imports."""
        return closure_of(name, self.source)

    @property
    def search_paths(self) -> list[str]:
        """For the compiler, which takes the last one first."""
        return list(dict.fromkeys((self.contracts, ".")))

    # ---------------------------------------------------------------- inside

    def _load(self, name: str) -> VyperSource:
        path = self._places.get(name, self.root / name)
        text = self.texts.get(name)
        if text is None:
            try:
                text = path.read_bytes().decode("utf-8")
            except OSError as error:
                raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: {error.strerror or error}") from error
            except UnicodeDecodeError as error:
                raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: it is no text in UTF-8") from error
        said = VyperText((), None) if name.endswith(".json") else read_text(text)
        imports = []
        for item in said.imports:
            target = self._resolve(name, item)
            if target is not None:
                imports.append(target)
        return VyperSource(name, path, text, said, tuple(imports))

    def _resolve(self, importer: str, item: Import) -> str | None:
        """The name of the imported file; None where the compiler brings it along. Raises ZeroError."""
        if item.dots:
            above = PurePosixPath(importer).parent
            for _ in range(item.dots - 1):
                above = above.parent
            bases = [str(above)]
        elif BUILTIN.match(item.path):
            return None
        else:
            bases = [str(PurePosixPath(importer).parent), ".", self.contracts]
        for base in bases:
            for ending in ENDINGS:
                name = posixpath.normpath(posixpath.join(base, item.path + ending))
                if name in self._places or name in self.texts or (self.root / name).is_file():
                    return name
                # A file of a package imports others of the same package.
                place = self._places.get(importer)
                if place is not None and (found := self._beside(importer, place, name)):
                    return found
        if not item.dots:
            for folder in self._package_folders(item.path.partition("/")[0]):
                for ending in ENDINGS:
                    if (folder / (item.path + ending)).is_file():
                        return self._place(item.path + ending, folder / (item.path + ending))
        raise ZeroError(
            Problem.MISSING_IMPORT,
            f"{importer}:{item.line}: there is no file for import {item.text}",
            self._advice(item),
        )

    def _beside(self, importer: str, place: Path, name: str) -> str | None:
        base: Path = place
        for _ in PurePosixPath(importer).parts:
            base = base.parent
        return self._place(name, base / name) if (base / name).is_file() else None

    def _place(self, name: str, path: Path) -> str:
        self._places[name] = path
        return name

    def _package_folders(self, package: str) -> list[Path]:
        """Folders in which a package may lie."""
        import sysconfig

        folders = []
        for folder in self.packages:
            inside = self.root / folder
            folders += [inside, inside / package / "src", inside / package]
        return [*folders, Path(sysconfig.get_path("purelib"))]

    def _advice(self, item: Import) -> str:
        if item.dots:
            return f"dots count from the importing file's folder; {item.path}.vy, .vyi or .json must be there"
        package = item.path.partition("/")[0]
        return (
            f"a file of the project is imported from its root or from {self.contracts}/; "
            f"a package from PyPI comes with `pip install {package}`"
        )
