"""What it takes to make contracts in several zones a mesh: what is there is read, what differs is a change.

All zones are asked at once (`zero_sdk.client.flows.tours`); the changes keep the order of the mesh.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Self, TypeAlias

from devnet.packets.options import MalformedOptions
from zero_sdk.client.addresses import ZERO_ADDRESS, to_address
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.flows.tours import Tour, both, collect, together
from zero_sdk.client.interface import Interface
from zero_sdk.messages import interfaces
from zero_sdk.messages.asking import order
from zero_sdk.messages.endpoint import Library
from zero_sdk.messages.mesh import Member, Mesh
from zero_sdk.messages.options import Options
from zero_sdk.messages.settings import EXECUTOR_TYPE, ULN_TYPE, Enforced, ExecutorConfig, UlnConfig, Way
from zero_sdk.messages.words import NOBODY, padded, unpadded

Ways: TypeAlias = Mapping[tuple[str, str], Way]
"""What is wanted of single directions, by source and destination."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One transaction of a wiring: what it changes, from what to what."""

    member: Member
    name: str
    """As a deployment's journal has it."""
    was: str
    becomes: str
    to: str
    interface: Interface
    function: str
    arguments: tuple[Any, ...]

    @classmethod
    def of(cls, change: Change) -> Self:
        """The same as a step that can be sent."""
        return cls(*(getattr(change, each.name) for each in fields(Change)))

    @property
    def text(self) -> str:
        """In one line."""
        return f"{self.member.zone.name}: {self.name}: {self.was} -> {self.becomes}"

    def order(self, sender: Any) -> dict[str, Any]:
        """What `transact` of the zone is given to do it."""
        return order(self.member.zone, self.to, self.interface, self.function, self.arguments, sender)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of every direction."""

    usual: Way
    ways: Ways

    def of(self, source: Member, destination: Member) -> Way:
        """Of one."""
        return self.ways.get((source.zone.name, destination.zone.name), self.usual)


def changes(mesh: Mesh, enforced: Enforced | None, ways: Ways | None, delegate: Any) -> Tour[list[Change]]:
    """What has to be sent so that a mesh is as it is wanted, in its order. Raises WrongArguments."""
    known = {(source.zone.name, destination.zone.name) for source, destination in mesh.ways}
    for pair in ways or ():
        if pair not in known:
            raise WrongArguments(
                f"{pair!r} is no direction of the mesh", f"zones are {', '.join(mesh.members)}"
            )
    wanted = Wanted(Way(enforced=enforced or {}), ways or {})
    if known or delegate is not None:
        yield from together(member.meet() for member in mesh)
    return (yield from collect(_changes(mesh, member, wanted, delegate) for member in mesh))


def _changes(mesh: Mesh, member: Member, wanted: Wanted, delegate: Any) -> Tour[list[Change]]:
    others = [other for other in mesh if other is not member]
    tours = [_peer(member, other) for other in others]
    tours.append(_enforced(member, others, wanted))
    if delegate is not None:
        tours.append(_delegate(member, to_address(delegate)))
    tours += [_libraries(member, other, wanted) for other in others]
    tours.append(_configurations(member, others, wanted))
    return (yield from collect(tours))


def _peer(member: Member, other: Member) -> Tour[list[Change]]:
    answer = yield from member.try_to_ask("peers", other.eid)
    if answer is None:
        raise WrongArguments(f"{member} is no OApp: it does not answer peers(uint32)")
    was, wanted = bytes(answer), padded(other.address)
    if was == wanted:
        return []
    shown = "none" if was == NOBODY else unpadded(was)
    step = f"setPeer {other.zone.name}"
    return [_own(member, step, shown, other.address, "setPeer", (other.eid, wanted))]


def _enforced(member: Member, others: list[Member], wanted: Wanted) -> Tour[list[Change]]:
    sought = [
        (other, kind, _octets(options, kind))
        for other in others
        for kind, options in sorted(wanted.of(member, other).enforced.items())
    ]
    held = yield from together(member.ask("enforcedOptions", other.eid, kind) for other, kind, _ in sought)
    differing = [(one, there) for one, there in zip(sought, held, strict=True) if there != one[2]]
    if not differing:
        return []
    was = ", ".join(_shown(there) for _, there in differing)
    becomes = ", ".join(f"{other.zone.name} {kind}: {_shown(wish)}" for (other, kind, wish), _ in differing)
    entries = [(other.eid, kind, wish) for (other, kind, wish), _ in differing]
    return [_own(member, "setEnforcedOptions", was, becomes, "setEnforcedOptions", (entries,))]


def _octets(options: Any, kind: int) -> bytes:
    """Raises WrongArguments for what no message could be sent with."""
    if not isinstance(options, bytes):
        return bytes(options.encoded)
    try:
        Options.decode(options)
    except MalformedOptions as error:
        raise WrongArguments(
            f"0x{options.hex()}, for message type {kind}, is no options: {error}",
            "Options().lz_receive(80_000) makes some",
        ) from None
    return options


def _shown(options: bytes) -> str:
    try:
        items = Options.decode(options).items if options else ()
    except ValueError:
        return f"0x{options.hex()}"
    return " and ".join(map(str, items)) or "none"


def _delegate(member: Member, wanted: str) -> Tour[list[Change]]:
    was = yield from member.endpoint.delegate(member.address)
    if was == wanted:
        return []
    shown = "none" if was == ZERO_ADDRESS else was
    return [_own(member, "setDelegate", shown, wanted, "setDelegate", (wanted,))]


def _libraries(member: Member, other: Member, wanted: Wanted) -> Tour[list[Change]]:
    endpoint, eid = member.endpoint, other.eid
    sends, receives = wanted.of(member, other), wanted.of(other, member)
    found = []
    if sends.send_library is not None:
        library = yield from endpoint.send_library(member.address, eid)
        was, wish = _chosen(library), to_address(sends.send_library)
        if was != wish:
            arguments: tuple[Any, ...] = (member.address, eid, wish)
            found.append(_endpoints(member, f"setSendLibrary {other.zone.name}", was, wish, arguments))
    if receives.receive_library is not None:
        library = yield from endpoint.receive_library(member.address, eid)
        was, wish = _chosen(library), to_address(receives.receive_library)
        if was != wish:
            arguments = (member.address, eid, wish, receives.grace_period)
            found.append(_endpoints(member, f"setReceiveLibrary {other.zone.name}", was, wish, arguments))
    return found


def _chosen(library: Library | None) -> str:
    return ZERO_ADDRESS if library is None or library.is_default else library.address


def _configurations(member: Member, others: list[Member], wanted: Wanted) -> Tour[list[Change]]:
    """One `setConfig` for each library, as it takes all directions at once."""
    differing = yield from collect(_differing(member, other, wanted) for other in others)
    by_library: dict[str, list[_Difference]] = {}
    for one in differing:
        by_library.setdefault(one.library, []).append(one)
    return [
        _endpoints(
            member,
            f"setConfig {library[:10]}",
            ", ".join(one.was for one in some),
            ", ".join(one.becomes for one in some),
            (member.address, library, [one.param for one in some]),
        )
        for library, some in by_library.items()
    ]


class _Difference(NamedTuple):
    """A configuration that is another than is wanted."""

    library: str
    param: tuple[int, int, bytes]
    """As `setConfig` takes it: eid, type, values."""
    was: str
    becomes: str


def _differing(member: Member, other: Member, wanted: Wanted) -> Tour[list[_Difference]]:
    sends, receives = wanted.of(member, other), wanted.of(other, member)
    if sends.executor is None and sends.send_verifiers is None and receives.receive_verifiers is None:
        return []
    sending, receiving = yield from _libraries_used(member, other, sends, receives)
    return (
        yield from collect(
            _difference(member, other, library, kind, config)
            for library, kind, config in (
                (sending, EXECUTOR_TYPE, sends.executor),
                (sending, ULN_TYPE, sends.send_verifiers),
                (receiving, ULN_TYPE, receives.receive_verifiers),
            )
            if config is not None
        )
    )


def _libraries_used(
    member: Member, other: Member, sends: Way, receives: Way
) -> Tour[tuple[str | None, str | None]]:
    """What it will send and receive through, once the libraries are set."""
    endpoint, eid = member.endpoint, other.eid
    (default_send, default_receive), (sending, receiving) = yield from both(
        endpoint.default_libraries(eid),
        both(endpoint.send_library(member.address, eid), endpoint.receive_library(member.address, eid)),
    )
    return (
        _after(sends.send_library, default_send, None if sending is None else sending.address),
        _after(receives.receive_library, default_receive, None if receiving is None else receiving.address),
    )


def _after(wanted: Any, default: str, used: str | None) -> str | None:
    if wanted is None:
        return used
    chosen = to_address(wanted)
    found = default if chosen == ZERO_ADDRESS else chosen
    return None if found == ZERO_ADDRESS else found


def _difference(
    member: Member, other: Member, library: str | None, kind: int, config: ExecutorConfig | UlnConfig
) -> Tour[list[_Difference]]:
    """Of one configuration; nothing where it is so."""
    there = other.zone.name
    if library is None:
        raise WrongArguments(f"{member}: no library leads to or from zone {there}")
    endpoint, eid = member.endpoint, other.eid
    if isinstance(config, ExecutorConfig):
        was = yield from endpoint.executor(member.address, library, eid)
        wish = config.over(*was)
        if was == wish:
            return []
        data, before, after = interfaces.encode_config("executor", wish), _executor(was), _executor(wish)
    else:
        values = config.values()
        held = yield from endpoint.verifiers(member.address, library, eid)
        if tuple(held) == (*values[:4], tuple(values[4]), tuple(values[5])):
            return []
        data = interfaces.encode_config("uln", values)
        before = _verifiers(held.required, held.optional, held.threshold)
        after = _verifiers(values[4], values[5], values[3])
    return [_Difference(library, (eid, kind, data), before, f"{there}: {after}")]


def _library(word: str) -> str:
    return "default" if word == ZERO_ADDRESS else word


def _executor(config: tuple[int, str]) -> str:
    return f"executor {config[1]} up to {config[0]} bytes"


def _verifiers(required: Iterable[str], optional: Iterable[str], threshold: int) -> str:
    words = list(required)
    some = list(optional)
    if some:
        words.append(f"{threshold} of {', '.join(some)}")
    return f"verifiers {' and '.join(words) or 'none'}"


def _own(
    member: Member, step: str, was: str, becomes: str, function: str, arguments: tuple[Any, ...]
) -> Change:
    """A transaction to the contract itself."""
    return Change(
        member,
        f"{member.name}.{step}",
        was,
        becomes,
        member.address,
        interfaces.oapp(),
        function,
        arguments,
    )


def _endpoints(member: Member, step: str, was: str, becomes: str, arguments: tuple[Any, ...]) -> Change:
    """A transaction to its endpoint, which the step's first word names."""
    return Change(
        member,
        f"{member.name}.{step}",
        _library(was),
        _library(becomes),
        member.endpoint.address,
        interfaces.endpoint(),
        step.partition(" ")[0],
        arguments,
    )
