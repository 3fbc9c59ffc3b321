"""Making contracts in several zones a mesh: peers, enforced options, libraries, configurations.

What is there already is read first, and only what differs is sent. In a deployment (`zero deploy`) each
transaction is a step of the journal: `MyOft.setPeer beta`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from devnet.packets.options import MalformedOptions
from zero_sdk.client.addresses import ZERO_ADDRESS, to_address
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.interface import Interface
from zero_sdk.messages import interfaces
from zero_sdk.messages.mesh import Member, Mesh
from zero_sdk.messages.options import Options
from zero_sdk.messages.settings import EXECUTOR_TYPE, ULN_TYPE, Enforced, ExecutorConfig, UlnConfig, Way
from zero_sdk.messages.words import NOBODY, padded, unpadded

if TYPE_CHECKING:
    from zero_sdk.client.transaction import Transaction


@dataclass(frozen=True, slots=True, eq=False)
class WiringStep:
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
    transaction: Transaction | None = None
    """Once it is sent."""

    @property
    def text(self) -> str:
        """In one line."""
        return f"{self.member.zone.name}: {self.name}: {self.was} -> {self.becomes}"

    def send(self, sender: Any = None) -> WiringStep:
        """Does it; gives the step with its transaction."""
        called = self.interface.functions[self.function][0]
        with self.member.zone.step(self.name, anew=True):
            transaction = self.member.zone.transact(
                to=self.to,
                data=called.encode(self.arguments),
                sender=sender,
                function=called,
                interface=self.member.zone.interface_at(self.to) or self.interface,
                action=called.label,
            )
        return replace(self, transaction=transaction)


def plan_wiring(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    enforced: Enforced | None = None,
    ways: Mapping[tuple[str, str], Way] | None = None,
    delegate: Any = None,
) -> tuple[WiringStep, ...]:
    """What `wire` would send, in its order; nothing where the mesh is as it should be. Raises
    WrongArguments."""
    mesh = Mesh.of(contracts)
    known = {(source.zone.name, destination.zone.name) for source, destination in mesh.ways}
    for pair in ways or ():
        if pair not in known:
            raise WrongArguments(
                f"{pair!r} is no direction of the mesh", f"zones are {', '.join(mesh.members)}"
            )
    usual = Way(enforced=enforced or {})
    return tuple(_steps(mesh, lambda pair: (ways or {}).get(pair, usual), delegate))


def wire(
    contracts: Mapping[str, Any] | Iterable[Any],
    *,
    enforced: Enforced | None = None,
    ways: Mapping[tuple[str, str], Way] | None = None,
    delegate: Any = None,
    sender: Any = None,
) -> tuple[WiringStep, ...]:
    """Makes OApps in different zones each other's peers, both ways, and gives what was sent; nothing is sent
    for what is so already. `contracts` are by zone: `{"alpha": a, "beta": b}`, of any number of zones.

    `enforced` are options by message type, for every direction; `ways` says more for single ones, by source
    and destination, in the place of `enforced`. `delegate` may configure the application at its endpoint.
    `sender` owns the contracts. Raises WrongArguments, and Reverted where a transaction failed: what was
    sent by then stays, and the same call goes on from there.
    """
    planned = plan_wiring(contracts, enforced=enforced, ways=ways, delegate=delegate)
    return tuple(step.send(sender) for step in planned)


def _steps(mesh: Mesh, way_of: Any, delegate: Any) -> Iterator[WiringStep]:
    for member in mesh:
        others = [other for other in mesh if other is not member]
        for other in others:
            yield from _peer(member, other)
        yield from _enforced(member, others, way_of)
        if delegate is not None:
            yield from _delegate(member, to_address(delegate))
        for other in others:
            here, there = member.zone.name, other.zone.name
            yield from _libraries(member, other, way_of((here, there)), way_of((there, here)))
        yield from _configurations(member, others, way_of)


def _peer(member: Member, other: Member) -> Iterator[WiringStep]:
    was, wanted = _told(member, member.try_to_ask("peers", other.eid)), padded(other.address)
    if was != wanted:
        shown = "none" if was == NOBODY else unpadded(was)
        yield _own(member, f"setPeer {other.zone.name}", shown, other.address, "setPeer", (other.eid, wanted))


def _told(member: Member, answer: Any) -> bytes:
    if answer is None:
        raise WrongArguments(f"{member} is no OApp: it does not answer peers(uint32)")
    return bytes(answer)


def _enforced(member: Member, others: list[Member], way_of: Any) -> Iterator[WiringStep]:
    entries, was, becomes = [], [], []
    for other in others:
        for kind, options in sorted(way_of((member.zone.name, other.zone.name)).enforced.items()):
            wanted = _octets(options, kind)
            there = member.ask("enforcedOptions", other.eid, kind)
            if there != wanted:
                entries.append((other.eid, kind, wanted))
                was.append(_shown(there))
                becomes.append(f"{other.zone.name} {kind}: {_shown(wanted)}")
    if entries:
        yield _own(
            member,
            "setEnforcedOptions",
            ", ".join(was),
            ", ".join(becomes),
            "setEnforcedOptions",
            (entries,),
        )


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


def _delegate(member: Member, wanted: str) -> Iterator[WiringStep]:
    was = member.endpoint.delegate(member.address)
    if was != wanted:
        shown = "none" if was == ZERO_ADDRESS else was
        yield _own(member, "setDelegate", shown, wanted, "setDelegate", (wanted,))


def _libraries(member: Member, other: Member, sends: Way, receives: Way) -> Iterator[WiringStep]:
    endpoint, eid = member.endpoint, other.eid
    if sends.send_library is not None:
        library, wanted = endpoint.send_library(member.address, eid), to_address(sends.send_library)
        was = ZERO_ADDRESS if library is None or library.is_default else library.address
        if was != wanted:
            arguments: tuple[Any, ...] = (member.address, eid, wanted)
            yield _endpoints(member, f"setSendLibrary {other.zone.name}", was, wanted, arguments)
    if receives.receive_library is not None:
        library, wanted = endpoint.receive_library(member.address, eid), to_address(receives.receive_library)
        was = ZERO_ADDRESS if library is None or library.is_default else library.address
        if was != wanted:
            arguments = (member.address, eid, wanted, receives.grace_period)
            yield _endpoints(member, f"setReceiveLibrary {other.zone.name}", was, wanted, arguments)


def _configurations(member: Member, others: list[Member], way_of: Any) -> Iterator[WiringStep]:
    """One `setConfig` for each library, as it takes all directions at once."""
    entries: dict[str, list[tuple[int, int, bytes]]] = {}
    shown: dict[str, list[tuple[str, str]]] = {}
    for other in others:
        here, there = member.zone.name, other.zone.name
        sends, receives = way_of((here, there)), way_of((there, here))
        sending, receiving = _library_used(member, other, sends, receives)
        for library, kind, config in (
            (sending, EXECUTOR_TYPE, sends.executor),
            (sending, ULN_TYPE, sends.send_verifiers),
            (receiving, ULN_TYPE, receives.receive_verifiers),
        ):
            if config is None:
                continue
            if library is None:
                raise WrongArguments(f"{member}: no library leads to or from zone {there}")
            data, was, becomes = _difference(member, library, other.eid, config)
            if data is not None:
                entries.setdefault(library, []).append((other.eid, kind, data))
                shown.setdefault(library, []).append((was, f"{there}: {becomes}"))
    for library, params in entries.items():
        was, becomes = (", ".join(texts) for texts in zip(*shown[library], strict=True))
        yield _endpoints(member, f"setConfig {library[:10]}", was, becomes, (member.address, library, params))


def _library_used(member: Member, other: Member, sends: Way, receives: Way) -> tuple[str | None, str | None]:
    """What it will send and receive through, once the libraries are set."""
    endpoint, eid = member.endpoint, other.eid
    default_send, default_receive = endpoint.default_libraries(eid)
    sending = endpoint.send_library(member.address, eid)
    receiving = endpoint.receive_library(member.address, eid)
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
    member: Member, library: str, eid: int, config: ExecutorConfig | UlnConfig
) -> tuple[bytes | None, str, str]:
    """What to set, None where it is so; what is there, and what will be, in words."""
    endpoint = member.endpoint
    if isinstance(config, ExecutorConfig):
        was = endpoint.executor(member.address, library, eid)
        wanted = config.over(*was)
        data = None if was == wanted else interfaces.encode_config("executor", wanted)
        return data, _executor(was), _executor(wanted)
    held, values = endpoint.verifiers(member.address, library, eid), config.values()
    is_same = tuple(held) == (*values[:4], tuple(values[4]), tuple(values[5]))
    data = None if is_same else interfaces.encode_config("uln", values)
    return data, _verifiers(held[4], held[5], held[3]), _verifiers(values[4], values[5], values[3])


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
) -> WiringStep:
    """A transaction to the contract itself."""
    return WiringStep(
        member,
        f"{member.name}.{step}",
        was,
        becomes,
        member.address,
        interfaces.oapp(),
        function,
        arguments,
    )


def _endpoints(member: Member, step: str, was: str, becomes: str, arguments: tuple[Any, ...]) -> WiringStep:
    """A transaction to its endpoint, which the step's first word names."""
    return WiringStep(
        member,
        f"{member.name}.{step}",
        _library(was),
        _library(becomes),
        member.endpoint.address,
        interfaces.endpoint(),
        step.partition(" ")[0],
        arguments,
    )
