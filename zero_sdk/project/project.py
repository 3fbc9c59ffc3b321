"""A project: a folder with a zero.toml."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path

from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.config import AccountConfig, NetworkConfig, ProjectConfig
from zero_sdk.project.zero_toml import FILE_NAME, find_zero_toml, read_zero_toml

FOREIGN_FILES = (
    "foundry.toml",
    *(f"hardhat.config.{ending}" for ending in ("ts", "js", "mts", "cts", "mjs", "cjs")),
    *("ape-config.yaml", "ape-config.yml", "ape-config.json"),
)
"""Files that tell the projects of other tools."""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with contracts, and what its zero.toml says."""

    root: Path
    """The folder of zero.toml, absolute."""
    config: ProjectConfig

    @classmethod
    def open(cls, root: Path) -> Project:
        """The project in this very folder. Raises ZeroError where there is no zero.toml, or a wrong one."""
        root = root.resolve()
        path = root / FILE_NAME
        if not path.is_file():
            raise _no_project(root)
        from zero_sdk.project.reading import config_from

        return cls(root, config_from(read_zero_toml(path)))

    @property
    def name(self) -> str:
        """As `[project] name` says, else the folder's name."""
        return self.config.project.name or self.root.name

    @property
    def contracts(self) -> Path:
        return self.root / self.config.paths.contracts

    @property
    def tests(self) -> Path:
        return self.root / self.config.paths.tests

    @property
    def scripts(self) -> Path:
        return self.root / self.config.paths.scripts

    @property
    def build(self) -> Path:
        """Where compiling writes."""
        return self.root / self.config.paths.build

    def network(self, name: str | None = None) -> NetworkConfig:
        """A network by name, or the project's usual one. Raises ZeroError that names the near ones."""
        wanted = name or self.config.project.network
        if found := self.config.networks.get(wanted):
            return found
        raise _unknown("network", wanted, list(self.config.networks), self.root)

    def account(self, name: str) -> AccountConfig:
        """An account by name. Raises ZeroError that names the near ones."""
        if found := self.config.accounts.get(name):
            return found
        raise _unknown("account", name, list(self.config.accounts), self.root)


def find_project(start: Path | None = None) -> Project:
    """The project that a folder (the current one) is in. Raises ZeroError where it is in none."""
    folder = (start or Path.cwd()).resolve()
    path = find_zero_toml(folder)
    if path is None:
        raise _no_project(folder)
    return Project.open(path.parent)


def _no_project(folder: Path) -> ZeroError:
    message = f"{folder}: there is no {FILE_NAME} here, nor in a folder above"
    for above in (folder, *folder.parents):
        for name in FOREIGN_FILES:
            if (above / name).is_file():
                return ZeroError(
                    Problem.NO_PROJECT, message, f"`zero init --here` in {above} makes one from {name}"
                )
    return ZeroError(Problem.NO_PROJECT, message, "`zero init NAME` starts a project")


def _unknown(kind: str, name: str, known: list[str], root: Path) -> ZeroError:
    near = difflib.get_close_matches(name, known, n=1)
    names = ", ".join(known) or "none"
    return ZeroError(
        Problem.UNKNOWN_NAME,
        f"{root / FILE_NAME}: there is no {kind} {name!r}",
        f"did you mean {near[0]}?" if near else f"the {kind}s are: {names}; [{kind}s.{name}] adds one",
    )
