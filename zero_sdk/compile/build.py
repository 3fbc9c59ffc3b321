"""Everything that compiling a project gave."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from zero_sdk.compile.artifact import ContractArtifact
from zero_sdk.compile.compilation import Compilation
from zero_sdk.compile.diagnostics import Diagnostic
from zero_sdk.errors import Problem, ZeroError

if TYPE_CHECKING:
    from devnet.artifacts.registry import ArtifactRegistry


class Build:
    """The contracts of a project, read from disk one by one when they are asked for."""

    def __init__(
        self,
        readers: Mapping[str, Callable[[], ContractArtifact]],
        compilations: tuple[Compilation, ...],
        warnings: tuple[Diagnostic, ...] = (),
        compiled: int = 0,
        own_folder: str = "",
        taken_from: Path | None = None,
    ) -> None:
        """`readers` give the contracts by their qualified names. Of contracts that share a name the one from
        `own_folder` is meant."""
        self._readers = readers
        self._own_folder = own_folder.rstrip("/") + "/"
        self._known: dict[str, ContractArtifact] = {}
        self.compilations = compilations
        self.warnings = warnings
        """What the compilers said beside their output, of unchanged files too."""
        self.compiled = compiled
        """How many compilations were run for this; 0 where nothing had changed."""
        self.taken_from = taken_from
        """The build folder of another tool, where the project could not be compiled here."""

    def __repr__(self) -> str:
        return f"Build({len(self._readers)} contracts, {len(self.compilations)} compilations)"

    @property
    def names(self) -> tuple[str, ...]:
        """The qualified names of all contracts: `contracts/Token.sol:Token`."""
        return tuple(self._readers)

    @property
    def artifacts(self) -> tuple[ContractArtifact, ...]:
        """All contracts, those of packages that the project's files import included."""
        return tuple(self._artifact(name) for name in self._readers)

    def artifact(self, name: str) -> ContractArtifact:
        """A contract by its name, or by its qualified name where several share the name. Raises ZeroError
        that names the near ones."""
        if name in self._readers:
            return self._artifact(name)
        found = [known for known in self._readers if known.rpartition(":")[2] == name]
        own = [known for known in found if known.startswith(self._own_folder)]
        if len(own or found) == 1:
            return self._artifact((own or found)[0])
        if found:
            raise ZeroError(
                Problem.AMBIGUOUS_CONTRACT,
                f"there are {len(found)} contracts called {name}",
                f"write one of: {', '.join(found)}",
            )
        raise ZeroError(
            Problem.UNKNOWN_CONTRACT, f"there is no contract {name!r} in the build", self._near(name)
        )

    def compilation(self, build_id: str) -> Compilation:
        """The compilation with this id. Raises KeyError."""
        return {compilation.id: compilation for compilation in self.compilations}[build_id]

    def registry(self, with_sources: bool = False) -> ArtifactRegistry:
        """What a devnet needs in order to show names; with sources it takes longer and more memory."""
        from devnet.artifacts.registry import ArtifactRegistry

        registry = ArtifactRegistry()
        registry.add(artifact.devnet_artifact(with_sources) for artifact in self.artifacts)
        return registry

    def _artifact(self, name: str) -> ContractArtifact:
        if name not in self._known:
            self._known[name] = self._readers[name]()
        return self._known[name]

    def _near(self, name: str) -> str:
        if not self._readers:
            return "nothing is compiled; `zero compile` does it"
        bare = {known.rpartition(":")[2]: known for known in self._readers}
        near = difflib.get_close_matches(name, [*bare, *self._readers], n=3)
        if near:
            return f"did you mean {' or '.join(near)}?"
        return f"there are: {', '.join(sorted(bare)[:10])}{', …' if len(bare) > 10 else ''}"
