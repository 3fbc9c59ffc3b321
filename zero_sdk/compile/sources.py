"""The Solidity files of a project and of its packages, by the names that solc knows them under.

contracts/Token.sol                               a file of the project: its path from the root
@openzeppelin/contracts/token/ERC20/ERC20.sol     a file of a package in node_modules
lib/solmate/src/tokens/ERC20.sol                  a file of a Foundry library, found by remappings
@zero/contracts/SettledState.sol                  a file of this SDK
"""

from __future__ import annotations

# devnet is imported where it is used: `zero doctor` looks at compilers where another module has its name.
import hashlib
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from zero_sdk.compile.closure import closure_of
from zero_sdk.compile.missing import missing_import
from zero_sdk.compile.remappings import Remapping, library_remappings, read_remappings, remapping_for
from zero_sdk.compile.solidity_text import Directive, Directives, read_directives
from zero_sdk.errors import Problem, ZeroError

MODULES = "node_modules"


@dataclass(frozen=True, slots=True)
class Source:
    """One file."""

    name: str
    path: Path
    text: str
    directives: Directives
    imports: tuple[str, ...]
    """The names of the files that it imports."""
    remappings: tuple[Remapping, ...]
    """Those that its imports need."""


@dataclass(slots=True)
class SourceTree:
    """Reads every file once. `texts` are files that exist in memory alone, by name."""

    root: Path
    packages: tuple[str, ...] = (MODULES, "lib")
    remappings: tuple[Remapping, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    _read: dict[str, Source] = field(default_factory=dict)

    @classmethod
    def of(
        cls, root: Path, packages: tuple[str, ...], remappings: Iterable[str], texts: Mapping[str, str]
    ) -> SourceTree:
        """With the given remappings, those of remappings.txt, and what folders of libraries imply; a prefix
        that is remapped by hand is not inferred."""
        parsed = (Remapping.parse(text) for text in remappings)
        given = [remapping for remapping in parsed if remapping is not None]
        given += read_remappings(root / "remappings.txt")
        taken = {(remapping.context, remapping.prefix) for remapping in given}
        inferred = [
            remapping
            for folder in packages
            if folder != MODULES
            for remapping in library_remappings(root, folder)
            if (remapping.context, remapping.prefix) not in taken
        ]
        return cls(root, packages, (*inferred, *given), texts)

    def name_of(self, path: Path) -> str:
        """The name of a file: from the project's root, or from the folder of packages that it is in."""
        from devnet.contracts import sources

        path = path.resolve()
        for folder in self._module_folders():
            if path.is_relative_to(folder):
                return path.relative_to(folder).as_posix()
        if path.is_relative_to(self.root):
            return path.relative_to(self.root).as_posix()
        if path.parent == sources.FOLDER:
            return sources.PREFIX + path.name
        raise ZeroError(
            Problem.FILE_UNREADABLE,
            f"{path}: it is not in the project {self.root}",
            "only files below the folder of zero.toml are compiled",
        )

    def path_of(self, name: str) -> Path | None:
        """The file of that name, None where there is none."""
        from devnet.contracts import sources

        if not name or posixpath.isabs(name) or ".." in PurePosixPath(name).parts:
            return None
        own = self.root / name
        if own.is_file():
            return own
        if name.startswith(sources.PREFIX):
            # Never from npm, where a package of this name would be another's.
            return sources.path_of(name)
        for folder in (*self._module_folders(), *(self.root / folder for folder in self.packages)):
            if (folder / name).is_file():
                return folder / name
        return None

    def source(self, name: str) -> Source:
        """The file of that name. Raises ZeroError where it or one of its imports does not exist."""
        if name not in self._read:
            self._read[name] = self._load(name)
        return self._read[name]

    def closure(self, name: str) -> dict[str, Source]:
        """The file and everything that it imports, directly or not, in the order of the imports."""
        return closure_of(name, self.source)

    def is_package(self, name: str) -> bool:
        """Whether the file belongs to a package and not to the project itself."""
        if name in self.texts:
            return False
        if name.split("/", 1)[0] in self.packages:
            return True
        return not (self.root / name).is_file()

    def digest(self, name: str) -> str:
        """A hash of the file's text."""
        return hashlib.sha256(self.source(name).text.encode()).hexdigest()

    # ---------------------------------------------------------------- inside

    def _module_folders(self) -> list[Path]:
        """node_modules of the project and of the folders above, as Node looks for them."""
        if MODULES not in self.packages:
            return []
        return [folder / MODULES for folder in (self.root, *self.root.parents) if (folder / MODULES).is_dir()]

    def _load(self, name: str) -> Source:
        path = self.root / name
        if name in self.texts:
            text = self.texts[name]
        else:
            path = self.path_of(name) or path
            try:
                text = path.read_bytes().decode("utf-8")
            except OSError as error:
                raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: {error.strerror or error}") from error
            except UnicodeDecodeError as error:
                raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: it is no text in UTF-8") from error
        directives = read_directives(text)
        imports: list[str] = []
        used: list[Remapping] = []
        for directive in directives.imports:
            target, remapping = self._target(directive, name)
            imports.append(target)
            if remapping is not None and remapping not in used:
                used.append(remapping)
        return Source(name, path, text, directives, tuple(imports), tuple(used))

    def _target(self, directive: Directive, importer: str) -> tuple[str, Remapping | None]:
        name = absolute_name(directive.text, importer)
        remapping = remapping_for(self.remappings, name, importer)
        if remapping is not None:
            name = remapping.target + name[len(remapping.prefix) :]
        if name not in self.texts and self.path_of(name) is None:
            folders = (*self._module_folders(), *(self.root / folder for folder in self.packages))
            raise missing_import(self.root, folders, directive, importer, name)
        return name, remapping


def absolute_name(path: str, importer: str) -> str:
    """What solc makes of an import's path: relative ones count from the importing file's folder, and `..`
    does not lead out of the root."""
    if not path.startswith("."):
        return path
    parts = list(PurePosixPath(importer).parts[:-1])
    for part in path.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
