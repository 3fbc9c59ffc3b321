"""What a handler works with: the network, the zone that was addressed, and where observations go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from devnet.chain.rules import Rules
from devnet.chain.types import ZoneName
from devnet.rpc.errors import RpcError, error_of, failure_error
from devnet.rpc.observer import ConsoleOutput, Observation
from devnet.zone.errors import ExecutionFailed

if TYPE_CHECKING:
    from devnet.execution import Failure
    from devnet.network import Network
    from devnet.zone.messages import ClockReading
    from devnet.zone.port import ZonePort

VERSION = "0.1.0"
DEFAULT_CLIENT_VERSION = f"Zero/v{VERSION}/python"


def ignore(_: Observation) -> None:
    """The observer of a network that nobody observes."""


@dataclass(frozen=True, slots=True)
class RpcSettings:
    """What the answers depend on beside the network."""

    client_version: str = DEFAULT_CLIENT_VERSION
    batch_items: int = 1000
    """Requests of one batch."""
    batch_response_bytes: int = 64 * 1024 * 1024
    """Past it the rest of a batch is answered with an error."""
    batch_seconds: float = 30.0
    """Past it the rest of a batch is answered with an error."""


@dataclass(frozen=True, slots=True)
class Context:
    """One zone as a request sees it. `observe` must not block and may be called from any thread."""

    network: Network
    zone_name: ZoneName
    settings: RpcSettings = RpcSettings()
    observe: Callable[[Observation], None] = field(default=ignore)

    @property
    def is_observed(self) -> bool:
        """Whether `observe` does anything: nobody makes observations for nobody."""
        return self.observe is not ignore

    @property
    def zone(self) -> ZonePort:
        """The zone as it is now: a dump that is loaded puts another one in its place."""
        return self.network.zones[self.zone_name]

    @property
    def reading(self) -> ClockReading:
        """The network's clock now."""
        return self.network.clock.reading()

    @property
    def rules(self) -> Rules:
        config = self.zone.config
        return Rules.at(
            config.fork,
            config.chain_id,
            transaction_gas_cap=config.transaction_gas_cap,
            code_size_limit=config.code_size_limit,
            block_size_limit=config.block_size_limit,
        )

    def console(self, method: str, lines: tuple[bytes, ...]) -> None:
        """Hands on what a call or estimate logged to the console."""
        if lines:
            self.observe(ConsoleOutput(self.zone_name, method, lines))

    def failure(self, failure: Failure, output: bytes) -> RpcError:
        """The error of a failed call, its reason decoded with the network's artifacts."""
        return failure_error(failure, output, self.network.artifacts.error)

    def error_of(self, exception: Exception, method: str) -> RpcError:
        """The error for what a handler raised."""
        if isinstance(exception, ExecutionFailed):
            self.console(method, exception.console)
        return error_of(exception, method, self.network.artifacts.error)
