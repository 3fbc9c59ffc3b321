"""Finding out what is behind a URL, and making a network of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
    seconds for each answer. Raises NoAnswer, and Refused where it is no EVM node."""
    found = {}
    for name, each in named_urls(url).items():
        entrance = HttpTransport(each, timeout)
        try:
            found[name] = run(discover(), entrance)
        finally:
            entrance.close()
    plan = plan_of(url, found, zones)

    def make_zones(network: Network) -> list[Zone]:
        return [Zone(network, facts, HttpTransport(each, timeout)) for facts, each in plan.zones]

    return Network(plan.facts, make_zones, instance_id=plan.instance_id)


@dataclass(frozen=True, slots=True)
class Found:
    """What answers at a URL."""

    kind: NodeKind
    chain_id: int
    """Of the zone that the URL names."""
    accounts: tuple[str, ...]
    zones: tuple[tuple[str, int], ...] = ()
    """Names and chain ids, of a Zero network."""
    instance_id: str | None = None


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
    if isinstance(chain_id, Refused):
        raise chain_id
    number = int(chain_id, 16)
    held = tuple(accounts) if isinstance(accounts, list) else ()
    if isinstance(zones, list) and isinstance(network, dict):
        named = tuple((zone["name"], int(zone["chainId"], 16)) for zone in zones)
        return Found(NodeKind.ZERO, number, held, named, network["instanceId"])
    for kind in (NodeKind.ANVIL, NodeKind.HARDHAT):
        if kind.value in str(version).lower():
            try:
                metadata = yield Ask(f"{kind.value}_metadata")
            except Refused:
                metadata = {}
            return Found(kind, number, held, instance_id=metadata.get("instanceId"))
    # Accounts that a node holds are everybody's to use on a devnet only.
    return Found(NodeKind.OTHER, number, ())


@dataclass(frozen=True, slots=True)
class Plan:
    """What a network is to be made of: each zone with its URL."""

    facts: NetworkFacts
    zones: tuple[tuple[ZoneFacts, str], ...]
    instance_id: str | None


def named_urls(url: str | Mapping[str, str]) -> dict[str, str]:
    """The URLs to ask, by zone; one alone is called "main". Raises WrongArguments."""
    urls = {"main": url} if isinstance(url, str) else dict(url)
    if not urls:
        raise WrongArguments("a network has at least one zone")
    return urls


def plan_of(url: str | Mapping[str, str], found: Mapping[str, Found], wanted: Sequence[str] | None) -> Plan:
    """The network of what was found. Raises WrongArguments where a zone is wanted that is not there."""
    urls = named_urls(url)
    if isinstance(url, str) and found["main"].kind is NodeKind.ZERO:
        only = found["main"]
        base = base_of(url, only.zones)
        zones = [(name, chain_id, zone_url(base, name)) for name, chain_id in only.zones]
        facts = NetworkFacts(NodeKind.ZERO)
        facts.hold(devnet_accounts(only.accounts))
    else:
        zones = [(name, found[name].chain_id, each) for name, each in urls.items()]
        facts = _joined_facts(list(found.values()))
    known = [name for name, _, _ in zones]
    for name in wanted or ():
        if name not in known:
            raise WrongArguments(f"there is no zone {name!r}", f"there are {', '.join(known)}")
    return Plan(
        facts,
        tuple(
            (ZoneFacts(name, chain_id, facts), each)
            for name, chain_id, each in zones
            if wanted is None or name in wanted
        ),
        found["main"].instance_id if isinstance(url, str) else None,
    )


def _joined_facts(every: Sequence[Found]) -> NetworkFacts:
    """What holds for all nodes of a network that was joined. It is a devnet where all its nodes are, and has
    the accounts that all of them hold."""
    # A joined Zero devnet's zones have clocks and snapshots of their own, like those of any devnet.
    kinds = {NodeKind.ANVIL if found.kind is NodeKind.ZERO else found.kind for found in every}
    facts = NetworkFacts(next(iter(kinds)) if len(kinds) == 1 else NodeKind.OTHER)
    if facts.is_devnet:
        first, *others = every
        facts.hold(
            devnet_accounts(
                [held for held in first.accounts if all(held in other.accounts for other in others)]
            )
        )
    return facts


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
