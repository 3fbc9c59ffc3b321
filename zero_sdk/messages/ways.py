"""One direction of a mesh, looked at from both ends: peers, libraries, configurations, options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devnet.packets.options import Receive
from zero_sdk.client.errors import Reverted
from zero_sdk.client.flows import reading
from zero_sdk.client.flows.tours import Tour, at, both, collect, together
from zero_sdk.messages.endpoint import Library, Verifiers
from zero_sdk.messages.findings import Finding, Flaw
from zero_sdk.messages.mesh import Member
from zero_sdk.messages.options import Options
from zero_sdk.messages.trying import Trial
from zero_sdk.messages.words import NOBODY, is_address, padded, unpadded


def check_way(
    source: Member, destination: Member, trials: Sequence[tuple[int, Tour[Trial | None]]]
) -> Tour[list[Finding]]:
    """What is wrong with sending from one contract to the other, which were met. `trials` are the message
    types, each with what the receiver does with a message of it, where one is tried."""
    kinds = [kind for kind, _ in trials]
    believing = together([_peer(source, destination), _peer(destination, source)])
    (here, there), tried = yield from both(believing, together(trial for _, trial in trials))
    peers, libraries = yield from both(
        _peers(source, destination, here, there), _libraries(source, destination)
    )
    # Where nothing leaves, nothing is quoted, whatever the options.
    is_open = not peers and not any(one.flaw in (Flaw.NO_LIBRARY, Flaw.SEND_BLOCKED) for one in libraries)
    # Who does not believe the sender reverts, and that is said already.
    is_believed = not peers and there == padded(source.address)
    options = yield from collect(
        _options(source, destination, kind, trial if is_believed else None, is_open)
        for kind, trial in zip(kinds, tried, strict=True)
    )
    return [*peers, *libraries, *options]


def _finding(flaw: Flaw, at: Member, towards: Member, detail: str) -> Finding:
    return Finding(flaw, at.zone.name, at.address, towards.zone.name, detail)


# ---------------------------------------------------------------- peers


def _peers(source: Member, destination: Member, here: bytes, there: bytes) -> Tour[list[Finding]]:
    if here == NOBODY:
        is_known = there == padded(source.address)
        flaw = Flaw.PEER_ONE_SIDED if is_known else Flaw.PEER_MISSING
        detail = f"{source.name} has no peer for eid {destination.eid}"
    elif not is_address(here):
        flaw, detail = Flaw.PEER_MALFORMED, f"its peer is 0x{here.hex()}"
    elif here != padded(destination.address):
        has_code = bool((yield from at(destination.zone, reading.code(unpadded(here), "latest"))))
        flaw = Flaw.PEER_OTHER if has_code else Flaw.PEER_NO_CONTRACT
        detail = f"its peer is {unpadded(here)}, the mesh has {destination.address}"
    elif there == padded(source.address) and not (yield from _is_open(source, destination)):
        flaw, detail = Flaw.PATH_CLOSED, f"{destination.name} takes nothing from {source.address}"
    else:
        return []
    return [_finding(flaw, source, destination, detail)]


def _peer(at: Member, towards: Member) -> Tour[bytes]:
    return bytes((yield from at.ask("peers", towards.eid)))


def _is_open(source: Member, destination: Member) -> Tour[bool]:
    origin = (source.eid, padded(source.address), 1)
    return bool((yield from destination.try_to_ask("allowInitializePath", origin)))


# ---------------------------------------------------------------- libraries and configurations


def _libraries(source: Member, destination: Member) -> Tour[list[Finding]]:
    sending, receiving = yield from both(
        source.endpoint.send_library(source.address, destination.eid),
        destination.endpoint.receive_library(destination.address, source.eid),
    )
    tours = [
        _way_out(source, destination, sending),
        _way_in(source, destination, receiving),
        _grace(source, destination, receiving),
    ]
    if sending is not None:
        tours.append(_executor(source, destination, sending.address))
    if sending is not None and receiving is not None:
        tours.append(_verifiers(source, destination, sending.address, receiving.address))
    return (yield from collect(tours))


def _way_out(source: Member, destination: Member, library: Library | None) -> Tour[list[Finding]]:
    if library is None:
        detail = f"nothing leads to eid {destination.eid}"
        return [_finding(Flaw.NO_LIBRARY, source, destination, detail)]
    endpoint = source.endpoint
    blocked, (usual, _) = yield from both(
        endpoint.blocked_library(), endpoint.default_libraries(destination.eid)
    )
    if library.address == blocked:
        detail = "messages leave through the blocked library"
        return [_finding(Flaw.SEND_BLOCKED, source, destination, detail)]
    if library.address != usual:
        detail = f"messages leave through {library.address}"
        return [_finding(Flaw.SEND_LIBRARY_OTHER, source, destination, detail)]
    return []


def _way_in(source: Member, destination: Member, library: Library | None) -> Tour[list[Finding]]:
    if library is None:
        detail = f"nothing comes from eid {source.eid}"
        return [_finding(Flaw.NO_LIBRARY, destination, source, detail)]
    endpoint = destination.endpoint
    blocked, (_, usual) = yield from both(endpoint.blocked_library(), endpoint.default_libraries(source.eid))
    if library.address == blocked:
        detail = "messages arrive at the blocked library"
        return [_finding(Flaw.RECEIVE_BLOCKED, destination, source, detail)]
    if library.address != usual:
        detail = f"messages are verified by {library.address}"
        return [_finding(Flaw.RECEIVE_LIBRARY_OTHER, destination, source, detail)]
    return []


def _grace(source: Member, destination: Member, library: Library | None) -> Tour[list[Finding]]:
    timeout = yield from destination.endpoint.timeout(destination.address, source.eid, library)
    if timeout is None:
        return []
    detail = f"{timeout.library} may verify up to block {timeout.expiry}"
    return [_finding(Flaw.GRACE_PERIOD, destination, source, detail)]


def _executor(source: Member, destination: Member, library: str) -> Tour[list[Finding]]:
    endpoint = source.endpoint
    try:
        (_, executor), (_, usual) = yield from both(
            endpoint.executor(source.address, library, destination.eid),
            # Of nobody: the default.
            endpoint.executor(unpadded(NOBODY), library, destination.eid),
        )
    except Reverted:
        return []
    if executor == usual:
        return []
    return [_finding(Flaw.EXECUTOR_OTHER, source, destination, f"its executor is {executor}")]


def _verifiers(source: Member, destination: Member, sending: str, receiving: str) -> Tour[list[Finding]]:
    here, there = yield from both(
        source.endpoint.try_verifiers(source.address, sending, destination.eid),
        destination.endpoint.try_verifiers(destination.address, receiving, source.eid),
    )
    found = []
    for held, side, other in ((here, source, destination), (there, destination, source)):
        if held is not None and _is_single(held):
            names = ", ".join((*held.required, *held.optional))
            found.append(_finding(Flaw.VERIFIERS_SINGLE, side, other, f"only {names} is asked"))
    if here is not None and there is not None and here != there:
        detail = f"{_named(here)} here, {_named(there)} there"
        found.append(_finding(Flaw.VERIFIERS_DIFFER, source, destination, detail))
    return found


def _is_single(held: Verifiers) -> bool:
    return bool(held.required or held.optional) and len(held.required) + held.threshold < 2


def _named(held: Verifiers) -> str:
    words = [*held.required]
    if held.optional:
        words.append(f"{held.threshold} of {', '.join(held.optional)}")
    return " and ".join(words) or "none"


# ---------------------------------------------------------------- options


def _options(
    source: Member, destination: Member, kind: int, trial: Trial | None, is_open: bool
) -> Tour[list[Finding]]:
    found = []
    if trial is not None and trial.gas is None:
        detail = f"{destination.name} reverts on a message of type {kind}: {trial.reason}"
        found.append(_finding(Flaw.RECEIVE_REVERTS, source, destination, detail))
    enforced = yield from source.try_to_ask("enforcedOptions", destination.eid, kind)
    if enforced is None:
        return found
    if not enforced:
        detail = f"none for message type {kind}"
        return [*found, _finding(Flaw.OPTIONS_MISSING, source, destination, detail)]
    try:
        options = Options.decode(enforced)
    except ValueError as error:
        detail = f"for message type {kind}: {error}"
        return [*found, _finding(Flaw.OPTIONS_MALFORMED, source, destination, detail)]
    found += _gas(source, destination, kind, options, trial)
    if is_open and any(isinstance(item, Receive) for item in options.items):
        found += yield from _price(source, destination, kind, enforced)
    return found


def _gas(
    source: Member, destination: Member, kind: int, options: Options, trial: Trial | None
) -> Iterator[Finding]:
    gas = options.receive.gas
    if gas == 0:
        detail = f"those for message type {kind} name no gas for lzReceive"
        yield _finding(Flaw.OPTIONS_NO_GAS, source, destination, detail)
    elif trial is not None and trial.gas is not None and gas < trial.gas:
        detail = f"those for message type {kind} name {gas:,} gas, the receiver needs about {trial.gas:,}"
        yield _finding(Flaw.OPTIONS_TOO_LITTLE_GAS, source, destination, detail)


def _price(source: Member, destination: Member, kind: int, enforced: bytes) -> Tour[list[Finding]]:
    params = (destination.eid, padded(destination.address), b"", enforced, False)
    try:
        yield from source.endpoint.ask("quote", params, source.address)
    except Reverted as error:
        detail = f"those for message type {kind}: {error.why or error.halt or 'without a reason'}"
        return [_finding(Flaw.OPTIONS_REFUSED, source, destination, detail)]
    return []
