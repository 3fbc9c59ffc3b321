"""What is wrong with a mesh: each contract, each direction, and what has to agree between them.

Nothing is sent. A receiver's gas is found out by trying the message there: of an OFT one that moves the
smallest amount, of other applications those that are given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import is_public
from zero_sdk.client.addresses import ZERO_ADDRESS
from zero_sdk.client.errors import WrongArguments
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
    mesh = Mesh.of(contracts)
    if len(mesh.members) < 2:
        raise WrongArguments("a mesh has contracts in two zones at least")
    return tuple(_findings(mesh, Checking(types, messages or {})))


def _findings(mesh: Mesh, wanted: Checking) -> Iterator[Finding]:
    sound = []
    for member in mesh:
        found = list(_contract(member))
        yield from found
        if not found or all(one.flaw is Flaw.OTHER_ENDPOINT for one in found):
            sound.append(member)
            yield from _powers(member)
    yield from _tokens(sound)
    for source, destination in Mesh.of(sound).ways:
        yield from check_way(source, destination, _trials(source, destination, wanted))


def finding(flaw: Flaw, member: Member, detail: str, towards: Member | None = None) -> Finding:
    """A finding at a contract."""
    return Finding(
        flaw, member.zone.name, member.address, None if towards is None else towards.zone.name, detail
    )


# ---------------------------------------------------------------- one contract


def _contract(member: Member) -> Iterator[Finding]:
    if not member.zone.code(member.address):
        yield finding(Flaw.NO_CONTRACT, member, f"there is no code at {member.address}")
        return
    endpoint = member.try_to_ask("endpoint")
    if endpoint is None or member.try_to_ask("peers", 0) is None:
        missing = "endpoint()" if endpoint is None else "peers(uint32)"
        yield finding(Flaw.NO_OAPP, member, f"{member.name} at {member.address} does not answer {missing}")
        return
    try:
        _ = member.eid
    except WrongArguments as error:
        yield finding(Flaw.NO_OAPP, member, error.message)
        return
    usual = _usual_endpoint(member)
    if usual is not None and endpoint != usual:
        yield finding(Flaw.OTHER_ENDPOINT, member, f"its endpoint is {endpoint}, the zone's is {usual}")


def _usual_endpoint(member: Member) -> str | None:
    from zero_sdk.client.facts import NodeKind
    from zero_sdk.client.packets import ENDPOINT

    return ENDPOINT if member.zone.facts.network.kind is NodeKind.ZERO else None


def _powers(member: Member) -> Iterator[Finding]:
    """Who can change it, and who can choose what verifies its messages."""
    owner, delegate = member.try_to_ask("owner"), member.endpoint.delegate(member.address)
    # On a devnet everybody has everybody's keys.
    is_devnet = member.zone.is_devnet
    if owner == ZERO_ADDRESS:
        yield finding(Flaw.OWNER_ZERO, member, f"{member.name} has no owner")
    elif owner is not None and not is_devnet and is_public(owner):
        yield finding(Flaw.OWNER_PUBLIC_KEY, member, f"its owner is {owner}")
    if delegate == ZERO_ADDRESS:
        yield finding(Flaw.DELEGATE_ZERO, member, f"{member.name} has no delegate at its endpoint")
    elif not is_devnet and is_public(delegate):
        yield finding(Flaw.DELEGATE_PUBLIC_KEY, member, f"its delegate is {delegate}")
    elif owner is not None and delegate != owner:
        yield finding(Flaw.DELEGATE_OTHER, member, f"its delegate is {delegate}, its owner {owner}")


# ---------------------------------------------------------------- what has to agree


def _tokens(members: list[Member]) -> Iterator[Finding]:
    shared = {member: _shared_decimals(member) for member in members}
    known = {decimals for decimals in shared.values() if decimals is not None}
    if len(known) > 1:
        for member, decimals in shared.items():
            if decimals is not None:
                others = ", ".join(str(other) for other in sorted(known - {decimals}))
                detail = f"{decimals} shared decimals, others {others}"
                yield finding(Flaw.SHARED_DECIMALS, member, detail)
    adapters = [
        member for member in members if member.try_to_ask("approvalRequired", interface=interfaces.oft())
    ]
    if len(adapters) > 1:
        for member in adapters:
            yield finding(Flaw.SEVERAL_ADAPTERS, member, f"one of {len(adapters)} that lock tokens")


def _shared_decimals(member: Member) -> int | None:
    found: int | None = member.try_to_ask("sharedDecimals", interface=interfaces.oft())
    return found


# ---------------------------------------------------------------- what a receiver is tried with


def _trials(source: Member, destination: Member, wanted: Checking) -> list[tuple[int, Trial | None]]:
    """Message types, each with what came of trying a message of that type."""
    is_oft = _shared_decimals(source) is not None
    types = wanted.types if wanted.types is not None else (SEND, SEND_AND_CALL) if is_oft else (SEND,)
    trials: list[tuple[int, Trial | None]] = []
    for kind in types:
        message = wanted.messages.get(kind)
        if message is None and is_oft and kind == SEND:
            message = padded(source.address) + (1).to_bytes(8)
        trials.append((kind, None if message is None else try_message(source, destination, message)))
    return trials
