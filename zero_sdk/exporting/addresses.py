"""Where contracts are deployed: as the project's journals say, or a JSON file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from zero_sdk.errors import Problem, ZeroError

if TYPE_CHECKING:
    from zero_sdk.client.network import Network
    from zero_sdk.project import Project


@dataclass(frozen=True, slots=True)
class DeployedZone:
    """A zone that a page speaks to."""

    chain_id: int
    url: str | None = None
    """Only of this machine: other URLs may hold keys."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """Addresses by contract and zone."""

    zones: Mapping[str, DeployedZone] = field(default_factory=dict)
    addresses: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    instance: str | None = None
    """The start of the devnet in memory that these are of."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Why what was deployed in a zone is left out, by zone."""


def zones_of(network: Network) -> dict[str, DeployedZone]:
    """The zones of a network that answers."""
    return {
        zone.name: DeployedZone(zone.chain_id, zone.url if zone.url and _is_local(zone.url) else None)
        for zone in network
    }


def deployed_on(project: Project, name: str, network: Network, deployment_name: str = "default") -> Deployed:
    """What the deployment of that name has put where on the network that is called `name`; the newest of each
    contract. What is noted of another chain, or of an earlier start of the devnet, is left out. Raises
    ZeroError for a journal that cannot be read."""
    from zero_sdk.deploy.identity import Identity
    from zero_sdk.deploy.listing import deployments

    found: dict[str, dict[str, str]] = {}
    stale: dict[str, str] = {}
    for deployment in deployments(project):
        zone = deployment.head.zone
        if deployment.network != name or deployment.head.name != deployment_name or zone not in network.zones:
            continue
        difference = deployment.head.identity.difference(Identity.of(network.zones[zone]))
        if difference is not None:
            stale[zone] = difference
            continue
        for done in deployment.done:
            if done.contract and done.address:
                bare = done.contract.rpartition(":")[2]
                found.setdefault(bare, {})[zone] = done.address
    return Deployed(zones_of(network), found, network.instance_id, stale)


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def read_addresses(path: Path) -> dict[str, dict[str, str]]:
    """Raises ZeroError where the file is not of that form."""
    from eth_utils.address import is_address, to_checksum_address

    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = {
            str(contract): {str(zone): str(address) for zone, address in zones.items()}
            for contract, zones in document.items()
        }
    except (OSError, ValueError, AttributeError) as error:
        raise ZeroError(
            Problem.FILE_UNREADABLE, f"{path}: {error}", 'it is to be {"Token": {"alpha": "0x..."}}'
        ) from error
    for contract, zones in found.items():
        for zone, address in zones.items():
            if not is_address(address):
                raise ZeroError(
                    Problem.FILE_UNREADABLE, f"{path}: {contract} in {zone}: {address!r} is no address"
                )
            zones[zone] = to_checksum_address(address)
    return found
