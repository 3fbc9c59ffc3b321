"""What is wrong with a mesh: each contract, each direction, and what has to agree between them.

Nothing is sent. A receiver's gas is found out by trying the message there: of an OFT one that moves the
smallest amount, of other applications those that are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import is_public
from zero_sdk.client.addresses import ZERO_ADDRESS
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.facts import NodeKind
from zero_sdk.client.flows import reading
from zero_sdk.client.flows.tours import Tour, at, both, collect, known, run_tour, together
from zero_sdk.client.packets import ENDPOINT
from zero_sdk.client.zone import Zone
from zero_sdk.messages import interfaces
from zero_sdk.messages.findings import Finding, Flaw
from zero_sdk.messages.mesh import Member, Mesh
from zero_sdk.messages.trying import Trial, try_message
from zero_sdk.messages.ways import check_way
from zero_sdk.messages.words import padded

if TYPE_CHECKING:
    from collections.abc import Sequence

SEND, SEND_AND_CALL = 1, 2
"""Message types of an OFT."""


@dataclass(frozen=True, slots=True)
class Checking:
    """What is looked for."""

    types: Sequence[int] | None = None
    """Message types whose enforced options are looked at; by default 1, and of OFTs 2 as well."""
    messages: Mapping[int, bytes] = field(default_factory=dict)
    """A message of each type, for finding out what receivers need."""


def check(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    types: Sequence[int] | None = None,
    messages: Mapping[int, bytes] | None = None,
) -> tuple[Finding, ...]:
    """Everything that is wrong with contracts in different zones that send to each other, by zones. `types`
    are the message types whose enforced options are looked at (1, and of OFTs 2), `messages` an example of
    each, for finding out how much gas receivers need. Raises WrongArguments for what is no mesh."""
    return run_tour(findings(Mesh.of(contracts, Zone), Checking(types, messages or {})))


def findings(mesh: Mesh, wanted: Checking) -> Tour[tuple[Finding, ...]]:
    """Those of a mesh. Raises WrongArguments where it has one contract."""
    if len(mesh.members) < 2:
        raise WrongArguments("a mesh has contracts in two zones at least")
    found = yield from together(_contract(member) for member in mesh)
    sound = [member for member, (_, is_sound) in zip(mesh, found, strict=True) if is_sound]
    tokens, shared = yield from _tokens(sound)
    ways = yield from collect(
        check_way(source, destination, _trials(source, destination, wanted, shared[source] is not None))
        for source, destination in Mesh({member.zone.name: member for member in sound}).ways
    )
    return (*(one for some, _ in found for one in some), *tokens, *ways)


def finding(flaw: Flaw, member: Member, detail: str, towards: Member | None = None) -> Finding:
    """A finding at a contract."""
    return Finding(
        flaw, member.zone.name, member.address, None if towards is None else towards.zone.name, detail
    )


# ---------------------------------------------------------------- one contract


def _contract(member: Member) -> Tour[tuple[list[Finding], bool]]:
    """What is wrong with it alone, and whether more can be asked of it."""
    code, (endpoint, peer) = yield from both(
        at(member.zone, reading.code(member.address, "latest")),
        both(_endpoint(member), member.try_to_ask("peers", 0)),
    )
    if not code:
        return [finding(Flaw.NO_CONTRACT, member, f"there is no code at {member.address}")], False
    if endpoint is None or peer is None:
        missing = "endpoint()" if endpoint is None else "peers(uint32)"
        detail = f"{member.name} at {member.address} does not answer {missing}"
        return [finding(Flaw.NO_OAPP, member, detail)], False
    try:
        yield from member.meet()
    except WrongArguments as error:
        return [finding(Flaw.NO_OAPP, member, error.message)], False
    powers = yield from _powers(member)
    usual = _usual_endpoint(member)
    if usual is not None and endpoint != usual:
        detail = f"its endpoint is {endpoint}, the zone's is {usual}"
        return [finding(Flaw.OTHER_ENDPOINT, member, detail), *powers], True
    return powers, True


def _endpoint(member: Member) -> Tour[str | None]:
    try:
        return (yield from member.made_for())
    except WrongArguments:
        return None


def _usual_endpoint(member: Member) -> str | None:
    return ENDPOINT if member.zone.facts.network.kind is NodeKind.ZERO else None


def _powers(member: Member) -> Tour[list[Finding]]:
    """Who can change it, and who can choose what verifies its messages."""
    owner, delegate = yield from both(member.try_to_ask("owner"), member.endpoint.delegate(member.address))
    # On a devnet everybody has everybody's keys.
    is_devnet = member.zone.is_devnet
    found = []
    if owner == ZERO_ADDRESS:
        found.append(finding(Flaw.OWNER_ZERO, member, f"{member.name} has no owner"))
    elif owner is not None and not is_devnet and is_public(owner):
        found.append(finding(Flaw.OWNER_PUBLIC_KEY, member, f"its owner is {owner}"))
    if delegate == ZERO_ADDRESS:
        found.append(finding(Flaw.DELEGATE_ZERO, member, f"{member.name} has no delegate at its endpoint"))
    elif not is_devnet and is_public(delegate):
        found.append(finding(Flaw.DELEGATE_PUBLIC_KEY, member, f"its delegate is {delegate}"))
    elif owner is not None and delegate != owner:
        found.append(finding(Flaw.DELEGATE_OTHER, member, f"its delegate is {delegate}, its owner {owner}"))
    return found


# ---------------------------------------------------------------- what has to agree


def _tokens(members: list[Member]) -> Tour[tuple[list[Finding], dict[Member, int | None]]]:
    """What is wrong with OFTs beside each other; the shared decimals of each, None of what is no OFT."""
    shared, locks = yield from both(_of_all(members, "sharedDecimals"), _of_all(members, "approvalRequired"))
    counts = {decimals for decimals in shared.values() if decimals is not None}
    found = []
    if len(counts) > 1:
        for member, decimals in shared.items():
            if decimals is not None:
                others = ", ".join(str(other) for other in sorted(counts - {decimals}))
                detail = f"{decimals} shared decimals, others {others}"
                found.append(finding(Flaw.SHARED_DECIMALS, member, detail))
    adapters = [member for member, is_adapter in locks.items() if is_adapter]
    if len(adapters) > 1:
        for member in adapters:
            detail = f"one of {len(adapters)} that lock tokens"
            found.append(finding(Flaw.SEVERAL_ADAPTERS, member, detail))
    return found, shared


def _of_all(members: list[Member], name: str) -> Tour[dict[Member, Any]]:
    answers = yield from together(member.try_to_ask(name, interface=interfaces.oft()) for member in members)
    return dict(zip(members, answers, strict=True))


# ---------------------------------------------------------------- what a receiver is tried with


def _trials(
    source: Member, destination: Member, wanted: Checking, is_oft: bool
) -> list[tuple[int, Tour[Trial | None]]]:
    """Message types, each with what comes of trying a message of that type."""
    types = wanted.types if wanted.types is not None else (SEND, SEND_AND_CALL) if is_oft else (SEND,)
    trials: list[tuple[int, Tour[Trial | None]]] = []
    for kind in types:
        message = wanted.messages.get(kind)
        if message is None and is_oft and kind == SEND:
            message = padded(source.address) + (1).to_bytes(8)
        trials.append((kind, known(None) if message is None else try_message(source, destination, message)))
    return trials
