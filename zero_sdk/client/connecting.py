"""Finding out what is behind a URL, and making a network of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import urlsplit, urlunsplit

from zero_sdk.client.accounts import devnet_accounts
from zero_sdk.client.errors import Refused, WrongArguments
from zero_sdk.client.facts import NetworkFacts, NodeKind, ZoneFacts
from zero_sdk.client.flows.steps import Ask, AskAll, Flow, run
from zero_sdk.client.network import Network
from zero_sdk.client.transports.http import DEFAULT_TIMEOUT, HttpTransport
from zero_sdk.client.zone import Zone

DEFAULT_URL = "http://127.0.0.1:8545"


def connect(
    url: str | Mapping[str, str] = DEFAULT_URL,
    *,
    zones: Sequence[str] | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> Network:
    """The network at a URL: a Zero network with its zones, or any EVM node as a network of one zone called
    "main". {"alpha": url, "beta": url} joins nodes as zones. `zones` leaves others out; `timeout` is in
    seconds for each answer. Raises NoAnswer."""
    urls = dict(url) if isinstance(url, Mapping) else None
    if urls is not None:
        return _joined(urls, zones, timeout)
    assert isinstance(url, str)
    entrance = HttpTransport(url, timeout)
    try:
        found = run(discover(), entrance)
    finally:
        entrance.close()
    return build_network(found, url, zones, timeout)


class Found:
    """What answers at a URL."""

    __slots__ = ("accounts", "instance_id", "kind", "zones")

    def __init__(
        self, kind: NodeKind, zones: list[tuple[str, int]], accounts: list[str], instance_id: str | None
    ) -> None:
        self.kind = kind
        self.zones = zones
        self.accounts = accounts
        self.instance_id = instance_id


def discover() -> Flow[Found]:
    """Asks a node what it is. Raises Refused where it is no EVM node."""
    version, zones, network, accounts, chain_id = yield AskAll(
        [
            ("web3_clientVersion", []),
            ("zero_zones", []),
            ("zero_network", []),
            ("eth_accounts", []),
            ("eth_chainId", []),
        ]
    )
    held = accounts if isinstance(accounts, list) else []
    if isinstance(zones, list) and isinstance(network, dict):
        named = [(zone["name"], int(zone["chainId"], 16)) for zone in zones]
        return Found(NodeKind.ZERO, named, held, network["instanceId"])
    if isinstance(chain_id, Refused):
        raise chain_id
    kind, instance_id = yield from _devnet_kind(str(version))
    # Only a devnet's accounts are everybody's to use.
    held = [] if kind is NodeKind.OTHER else held
    return Found(kind, [("main", int(chain_id, 16))], held, instance_id)


def _devnet_kind(version: str) -> Flow[tuple[NodeKind, str | None]]:
    for kind, word, method in (
        (NodeKind.ANVIL, "anvil", "anvil_metadata"),
        (NodeKind.HARDHAT, "hardhat", "hardhat_metadata"),
    ):
        if word in version.lower():
            try:
                metadata = yield Ask(method)
            except Refused:
                return kind, None
            return kind, metadata.get("instanceId")
    return NodeKind.OTHER, None


def build_network(found: Found, url: str, zones: Sequence[str] | None, timeout: float) -> Network:
    """The network that was found at a URL."""
    facts = NetworkFacts(found.kind)
    facts.hold(devnet_accounts(found.accounts))
    chosen = _chosen(found.zones, zones)

    def make_zones(network: Network) -> list[Zone]:
        base = url if found.kind is not NodeKind.ZERO else base_of(url, found.zones)
        return [
            Zone(
                network,
                ZoneFacts(name, chain_id, facts),
                HttpTransport(url if found.kind is not NodeKind.ZERO else zone_url(base, name), timeout),
            )
            for name, chain_id in chosen
        ]

    return Network(facts, make_zones, instance_id=found.instance_id)


def _joined(urls: dict[str, str], zones: Sequence[str] | None, timeout: float) -> Network:
    if not urls:
        raise WrongArguments("a network has at least one zone")
    transports = {name: HttpTransport(url, timeout) for name, url in urls.items()}
    every = {name: run(discover(), transport) for name, transport in transports.items()}
    facts = join_facts(every)
    chosen = _chosen([(name, 0) for name in urls], zones)

    def make_zones(network: Network) -> list[Zone]:
        made = []
        for name, _ in chosen:
            chain_id = run(_chain_id(), transports[name])
            made.append(Zone(network, ZoneFacts(name, chain_id, facts), transports[name]))
        return made

    return Network(facts, make_zones)


def join_facts(every: Mapping[str, Found]) -> NetworkFacts:
    """What holds for all nodes of a network that was joined. It is a devnet where all its nodes are, and has
    the accounts that all of them hold."""
    kinds = {found.kind for found in every.values()}
    kind = next(iter(kinds)) if len(kinds) == 1 else NodeKind.OTHER
    if kind is NodeKind.ZERO:
        # Its zones have clocks and snapshots of their own here, like those of any devnet.
        kind = NodeKind.ANVIL
    facts = NetworkFacts(kind)
    if facts.is_devnet:
        held = [found.accounts for found in every.values()]
        facts.hold(devnet_accounts([address for address in held[0] if all(address in of for of in held)]))
    return facts


def _chain_id() -> Flow[int]:
    answer = yield Ask("eth_chainId")
    return int(answer, 16)


def _chosen(known: list[tuple[str, int]], wanted: Iterable[str] | None) -> list[tuple[str, int]]:
    if wanted is None:
        return known
    names = list(wanted)
    for name in names:
        if name not in dict(known):
            raise WrongArguments(
                f"there is no zone {name!r}", f"there are {', '.join(name for name, _ in known)}"
            )
    return [(name, chain_id) for name, chain_id in known if name in names]


def base_of(url: str, zones: Iterable[tuple[str, int]]) -> str:
    """A Zero network's URL without the zone at its end."""
    parts = urlsplit(url)
    head, _, last = parts.path.rstrip("/").rpartition("/")
    names = {name for name, _ in zones} | {str(chain_id) for _, chain_id in zones}
    return urlunsplit(parts._replace(path=head if last in names else parts.path.rstrip("/")))


def zone_url(base: str, name: str) -> str:
    """The URL of a zone."""
    parts = urlsplit(base)
    return urlunsplit(parts._replace(path=f"{parts.path}/{name}"))
