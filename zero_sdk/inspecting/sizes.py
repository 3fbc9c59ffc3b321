"""Code sizes of contracts beside the limits of the network."""

from __future__ import annotations

from dataclasses import dataclass

from zero_sdk.compile.artifact import ContractArtifact

RUNTIME_LIMIT = 24_576
"""Bytes of a contract's code (EIP-170)."""
CREATION_LIMIT = 49_152
"""Bytes of the code that creates one, arguments included (EIP-3860)."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes in bytes."""

    runtime: int
    creation: int
    """Without the constructor's arguments."""

    @property
    def runtime_left(self) -> int:
        """Negative where the contract cannot be deployed."""
        return RUNTIME_LIMIT - self.runtime

    @property
    def creation_left(self) -> int:
        return CREATION_LIMIT - self.creation

    @property
    def fits(self) -> bool:
        """Whether the contract can be deployed."""
        return self.runtime_left >= 0 and self.creation_left >= 0


def sizes(artifact: ContractArtifact) -> Sizes:
    """The sizes of a contract; zero for interfaces and abstract contracts."""
    return Sizes(artifact.runtime.size, artifact.creation.size)
