"""The compiled contracts that a network was given: by name to deploy them, by selector to read what they
say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from devnet.artifacts.registry import ArtifactRegistry
from zero_sdk.client.deployable import Deployable, deployable_from
from zero_sdk.client.errors import DecodedError, UnknownContract
from zero_sdk.client.interface import ErrorType, EventType


class Artifacts:
    """Builds of the compiler, and single artifacts of any tool. `registry` serves the decoding of errors,
    events and calls; a network in this process has the same one."""

    def __init__(self, registry: ArtifactRegistry | None = None) -> None:
        self.registry = ArtifactRegistry() if registry is None else registry
        self.builds: list[Any] = []

    def add(self, *artifacts: Any) -> None:
        """Takes in builds (`zero_sdk.compile`), artifacts, and documents of Foundry, Hardhat and this project
        (dicts, or paths of JSON files)."""
        for artifact in artifacts:
            if hasattr(artifact, "registry") and hasattr(artifact, "artifact"):
                self.builds.append(artifact)
                self.registry.add(artifact.registry())
            elif hasattr(artifact, "devnet_artifact"):
                self.registry.add([artifact.devnet_artifact()])
            elif isinstance(artifact, dict | list):
                self.registry.add_document(artifact)
            elif isinstance(artifact, str | Path):
                import json

                path = Path(artifact)
                self.registry.add_document(json.loads(path.read_text(encoding="utf-8")), path.stem)
            else:
                self.registry.add([artifact])

    def named(self, name: str) -> Deployable:
        """The contract with a name (`Token`, `src/Token.sol:Token`), of the newest build that has it. Raises
        UnknownContract, and what the build raises where several have the name."""
        for build in reversed(self.builds):
            if _has(build, name):
                return deployable_from(build.artifact(name))
        found = self.registry.named(name)
        if found is not None:
            return deployable_from(found)
        known = sorted({artifact.name for artifact in self.registry})
        raise UnknownContract(
            f"no contract {name!r} is known",
            f"known are {', '.join(known)}"
            if known
            else "network.artifacts.add(build) makes contracts known",
        )

    def error(self, data: bytes) -> DecodedError | None:
        """The custom error in revert data, where any artifact has it."""
        item = self.registry.error(data[:4]) if len(data) >= 4 else None
        return None if item is None else ErrorType(item).decode(data)

    def event(self, topics: Sequence[bytes]) -> EventType | None:
        """The event of a log, where any artifact (or a common standard) has it."""
        item = self.registry.event(topics[0], len(topics) - 1) if topics else None
        return None if item is None else EventType(item)


def _has(build: Any, name: str) -> bool:
    return any(name in (artifact.name, artifact.qualified_name) for artifact in build.artifacts)
