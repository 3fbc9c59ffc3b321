"""What the languages have in common: sources are planned into jobs, and jobs are run."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zero_sdk.compile.choice import VersionChoice
from zero_sdk.compile.plan import Job, plan
from zero_sdk.compile.progress import Progress, silent
from zero_sdk.compile.solc.toolchain import Toolchain, shared_toolchain
from zero_sdk.compile.solidity import Output, run_jobs
from zero_sdk.compile.sources import SourceTree
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.project import Project

if TYPE_CHECKING:
    from zero_sdk.compile.vyper.plan import VyperJob

SOLIDITY = ".sol"
ENDINGS = (SOLIDITY, ".vy", ".vyi")
"""Files that are compiled."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs that compile some sources."""

    solidity: tuple[Job, ...] = ()
    vyper: tuple[VyperJob, ...] = ()

    @property
    def jobs(self) -> tuple[Job | VyperJob, ...]:
        """All of them; of a contract that several give, the first one's counts."""
        return (*self.solidity, *self.vyper)

    def without(self, ids: Container[str]) -> Plan:
        """Those whose ids are not among the given ones."""
        return Plan(
            tuple(job for job in self.solidity if job.id not in ids),
            tuple(job for job in self.vyper if job.id not in ids),
        )

    @property
    def compilers(self) -> list[tuple[str, str]]:
        """(name, version) of the compilers that it needs."""
        solc = sorted({job.version for job in self.solidity})
        vyper = sorted({job.version for job in self.vyper})
        return [
            *(("solc", str(version)) for version in solc),
            *(("vyper", str(version)) for version in vyper),
        ]


def plan_sources(
    project: Project, roots: Sequence[str], *, is_offline: bool, texts: Mapping[str, str] | None = None
) -> Plan:
    """The jobs for files by name; `texts` are files that exist in memory alone. Raises ZeroError."""
    solidity: tuple[Job, ...] = ()
    vyper: tuple[VyperJob, ...] = ()
    if names := [root for root in roots if root.endswith(SOLIDITY)]:
        tree = source_tree(project, texts)
        choice = VersionChoice(project.root, is_offline)
        solidity = plan(tree, names, project.config.solidity, choice)
    if names := [root for root in roots if not root.endswith(SOLIDITY)]:
        # A project without Vyper pays nothing for it.
        from zero_sdk.compile.vyper.project import vyper_jobs

        vyper = vyper_jobs(project, names, is_offline, texts)
    return Plan(solidity, vyper)


def run_plan(
    jobs: Plan,
    project: Project,
    *,
    is_offline: bool,
    progress: Progress | None = None,
    toolchain: Toolchain | None = None,
) -> list[Output]:
    """What the jobs give. Raises ZeroError where a compiler is missing or fails; what it says about the
    sources is in the outputs."""
    show = progress or silent
    outputs: list[Output] = []
    if jobs.solidity:
        running = toolchain or shared_toolchain()
        outputs += run_jobs(
            jobs.solidity, running, project_root=project.root, is_offline=is_offline, progress=show
        )
    if jobs.vyper:
        from zero_sdk.compile.vyper.run import run_vyper_jobs

        outputs += run_vyper_jobs(jobs.vyper, is_offline=is_offline, progress=show)
    return outputs


def source_tree(project: Project, texts: Mapping[str, str] | None = None) -> SourceTree:
    """The project's Solidity files with its remappings, and files that exist in memory alone."""
    config = project.config
    return SourceTree.of(project.root, config.paths.packages, config.solidity.remappings, texts or {})


def project_sources(project: Project) -> list[str]:
    """The names of all sources in the project's folder of contracts. Raises ZeroError where it has none."""
    skipped = {*project.config.paths.packages, project.config.paths.build}
    found: list[str] = []
    for path in sorted(project.contracts.rglob("*")):
        parts = path.relative_to(project.root).parts
        if path.suffix in ENDINGS and path.is_file() and not skipped.intersection(parts):
            found.append("/".join(parts))
    if not found:
        raise ZeroError(
            Problem.NOTHING_TO_COMPILE,
            f"{project.contracts}: there is no Solidity or Vyper file",
            "[paths] contracts in zero.toml names the folder",
        )
    return found


def named_sources(project: Project, files: Iterable[str | Path]) -> list[str]:
    """The names of files that are given by path, from here or from the folder of contracts, or by the name in
    an import. Raises ZeroError where there is no such file."""
    tree = source_tree(project)
    return [_named(tree, project, file) for file in files]


def _named(tree: SourceTree, project: Project, file: str | Path) -> str:
    path = Path(file)
    for candidate in (path, project.contracts / path):
        if candidate.is_file():
            return tree.name_of(candidate)
    name = path.as_posix()
    if tree.path_of(name) is None:
        raise ZeroError(
            Problem.FILE_UNREADABLE,
            f"{file}: there is no such file",
            "give a path, or a name as in an import",
        )
    return name
