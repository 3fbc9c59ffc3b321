"""The compiled contracts that a network was given: by name to deploy them, by selector to read what they
say."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from devnet.artifacts.registry import ArtifactRegistry
from zero_sdk.client.deployable import Deployable, deployable_from
from zero_sdk.client.errors import DecodedError, UnknownContract
from zero_sdk.client.interface import ErrorType, EventType


class Artifacts:
    """Builds of the compiler, and single artifacts of any tool."""

    def __init__(self, registry: ArtifactRegistry | None = None) -> None:
        self._registry = ArtifactRegistry() if registry is None else registry
        self._unread: list[Any] = []
        self.builds: list[Any] = []
        """Of the compiler, oldest first."""

    @property
    def registry(self) -> ArtifactRegistry:
        """What decodes errors, events and calls; a network in this process has the same one. Builds are read
        into it when it is first asked for, since reading all their contracts takes time."""
        while self._unread:
            self._registry.add(self._unread.pop(0).registry())
        return self._registry

    def add(self, *artifacts: Any) -> None:
        """Takes in builds (`zero_sdk.compile`), artifacts, and documents of Foundry, Hardhat and this project
        (dicts, or paths of JSON files)."""
        for artifact in artifacts:
            if hasattr(artifact, "registry") and hasattr(artifact, "names"):
                self.builds.append(artifact)
                self._unread.append(artifact)
            elif hasattr(artifact, "devnet_artifact"):
                self._registry.add([artifact.devnet_artifact()])
            elif isinstance(artifact, dict | list):
                self._registry.add_document(artifact)
            elif isinstance(artifact, str | Path):
                path = Path(artifact)
                self._registry.add_document(json.loads(path.read_text(encoding="utf-8")), path.stem)
            else:
                self._registry.add([artifact])

    @property
    def names(self) -> tuple[str, ...]:
        """Of all contracts, as `named` takes them."""
        found = {name.rpartition(":")[2]: None for build in self.builds for name in build.names}
        found.update({artifact.name: None for artifact in self._registry})
        return tuple(found)

    def named(self, name: str) -> Deployable:
        """The contract with a name (`Token`, `src/Token.sol:Token`), of the newest build that has it. Raises
        UnknownContract, and what the build raises where several have the name."""
        for build in reversed(self.builds):
            if any(name in (known, known.rpartition(":")[2]) for known in build.names):
                return deployable_from(build.artifact(name))
        found = self._registry.named(name)
        if found is not None:
            return deployable_from(found)
        near = difflib.get_close_matches(name, self.names, 3)
        known = ", ".join(self.names)
        raise UnknownContract(
            f"no contract {name!r} is known",
            f"did you mean {' or '.join(near)}?"
            if near
            else f"known are {known}"
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
