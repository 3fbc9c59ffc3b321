"""The networks that a project's zero.toml names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zero_sdk.client.connecting import connect, zone_url
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.local import local
from zero_sdk.client.network import Network

if TYPE_CHECKING:
    from zero_sdk.project.config import NetworkConfig, ZoneConfig

IN_PROCESS = "local"
"""The network that is made new in this process."""


def open_network(config: NetworkConfig, zones: Sequence[str] | None = None, **options: Any) -> Network:
    """The network of `[networks.NAME]`, of `zones` only where some are named; options are those of
    `connect`, or of `local` for the one in process. Raises NoAnswer; WrongArguments where a zone's chain id
    is another than zero.toml says."""
    if config.name == IN_PROCESS and config.url is None and not config.zones:
        return local(**options) if zones is None else local(tuple(zones), **options)
    apart = {name: zone for name, zone in config.zones.items() if zone.url is not None}
    if not apart:
        if config.url is None:
            raise WrongArguments(
                f"[networks.{config.name}] has no url", "give it one, or one to each of its zones"
            )
        network = connect(config.url.reveal(), zones=zones or tuple(config.zones) or None, **options)
    else:
        urls = {name: _url(config, zone) for name, zone in config.zones.items()}
        network = connect(urls, zones=zones, **options)
    _check_chain_ids(config, network)
    return network


def _url(config: NetworkConfig, zone: ZoneConfig) -> str:
    if zone.url is not None:
        return zone.url.reveal()
    if config.url is None:
        raise WrongArguments(f"[networks.{config.name}.zones.{zone.name}] has no url", "give it one")
    return zone_url(config.url.reveal(), zone.name)


def _check_chain_ids(config: NetworkConfig, network: Network) -> None:
    for zone in network:
        said = config.zones.get(zone.name)
        if said is not None and said.chain_id not in (None, zone.chain_id):
            raise WrongArguments(
                f"zone {zone.name} has chain id {zone.chain_id}, zero.toml says {said.chain_id}",
                "the URL leads to another chain",
            )
