"""What can be set for one direction of a mesh: enforced options, libraries, executor, verifiers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from zero_sdk.client.addresses import ZERO_ADDRESS, to_address, to_bytes
from zero_sdk.client.errors import WrongArguments
from zero_sdk.messages.options import Options

EXECUTOR_TYPE, ULN_TYPE = 1, 2
"""Types of configurations, as `setConfig` and `getConfig` number them."""

DEFAULT_LIBRARY = ZERO_ADDRESS
"""As a library: whichever is the endpoint's default."""

Enforced: TypeAlias = "Mapping[int, Options | bytes]"
"""Options by message type (an OFT's: 1 sends, 2 sends and calls)."""


@dataclass(frozen=True, slots=True)
class ExecutorConfig:
    """Type 1, at the send library: who delivers. What is None stays as it is."""

    executor: Any = None
    max_message_size: int | None = None

    def over(self, size: int, executor: str) -> tuple[int, str]:
        """Size and executor, with what is not named taken from what there is."""
        wanted_size = size if self.max_message_size is None else self.max_message_size
        return wanted_size, executor if self.executor is None else to_address(self.executor)


@dataclass(frozen=True, slots=True)
class UlnConfig:
    """Type 2, at the library of either end: whose word it takes to verify a message. Between zones messages
    are proven by settlement, and nobody is asked: it is kept and told, and decides nothing here."""

    confirmations: int = 0
    required: Sequence[Any] = ()
    """Verifiers (DVNs) that all have to vouch."""
    optional: Sequence[Any] = ()
    threshold: int = 0
    """How many of the optional ones have to."""

    def values(self) -> tuple[int, int, int, int, list[str], list[str]]:
        """As the library takes it: counts, and addresses in ascending order. Raises WrongArguments."""
        if not 0 <= self.threshold <= len(self.optional):
            raise WrongArguments(f"{self.threshold} of {len(self.optional)} optional verifiers")
        required, optional = (sorted(map(to_address, some), key=to_bytes) for some in self._both())
        return (self.confirmations, len(required), len(optional), self.threshold, required, optional)

    def _both(self) -> tuple[Sequence[Any], Sequence[Any]]:
        return self.required, self.optional


@dataclass(frozen=True, slots=True)
class Way:
    """One direction, from a contract in one zone to its peer in another. What is None stays as it is."""

    enforced: Enforced = field(default_factory=dict)
    """What a sender's message gets in any case, beside what its options add."""
    send_library: Any = None
    """At the source: an address, or `DEFAULT_LIBRARY`."""
    receive_library: Any = None
    """At the destination."""
    grace_period: int = 0
    """Blocks in which the receive library before it may still verify."""
    executor: ExecutorConfig | None = None
    send_verifiers: UlnConfig | None = None
    receive_verifiers: UlnConfig | None = None
