"""A network in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import ring_accounts
from zero_sdk.client.artifacts import Artifacts
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.facts import NetworkFacts, NodeKind, ZoneFacts
from zero_sdk.client.network import Network
from zero_sdk.client.transports.in_process import InProcess
from zero_sdk.client.zone import Zone

if TYPE_CHECKING:
    from devnet.rpc.observer import Observation


def local(
    zones: Sequence[str] = ("alpha", "beta"),
    *,
    engine: str = "auto",
    observe: Callable[[Observation], None] | None = None,
    **options: Any,
) -> Network:
    """A new network in this process: no thread, no socket, and the same run gives the same blocks. `engine`
    is auto, native or pyevm; `observe` gets what a server would print (console.log among it); other options
    are those of `devnet.config.NetworkConfig`. Calls have no time limit here where `call_time_limit` gives
    none: whether one fails would depend on how busy the machine is. Raises WrongArguments."""
    from devnet.config import BadConfig, NetworkConfig
    from devnet.network import Network as Devnet
    from devnet.parts import EngineAbsent, EngineChoice, choose_parts

    try:
        config = NetworkConfig(zones=tuple(zones), **{"call_time_limit": None, **options})
        parts = None if engine == "auto" else choose_parts(EngineChoice(engine))
        devnet = Devnet(config, parts)
    except (BadConfig, EngineAbsent, TypeError, ValueError) as error:
        raise WrongArguments(f"no network can be made so: {error}") from None
    facts = NetworkFacts(NodeKind.ZERO, Artifacts(devnet.artifacts))
    facts.hold(ring_accounts(devnet.keys))

    def make_zones(network: Network) -> list[Zone]:
        made = []
        for name, port in devnet.zones.items():
            transport = InProcess(devnet, name) if observe is None else InProcess(devnet, name, observe)
            made.append(Zone(network, ZoneFacts(name, port.config.chain_id, facts), transport))
        return made

    return Network(facts, make_zones, instance_id=f"0x{devnet.instance_id.hex()}", devnet=devnet)
