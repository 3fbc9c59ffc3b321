"""One direction of a mesh, looked at from both ends: peers, libraries, configurations, options."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from devnet.packets.options import Receive
from zero_sdk.client.errors import Reverted
from zero_sdk.messages.endpoint import Verifiers
from zero_sdk.messages.findings import Finding, Flaw
from zero_sdk.messages.mesh import Member
from zero_sdk.messages.options import Options
from zero_sdk.messages.trying import Trial
from zero_sdk.messages.words import NOBODY, is_address, padded, unpadded


def check_way(
    source: Member, destination: Member, trials: Sequence[tuple[int, Trial | None]]
) -> Iterator[Finding]:
    """What is wrong with sending from one contract to the other. `trials` are the message types, each with
    what the receiver did with a message of it, where one was tried."""
    peers = list(_peers(source, destination))
    yield from peers
    libraries = list(_libraries(source, destination))
    yield from libraries
    # Where nothing leaves, nothing is quoted, whatever the options.
    is_open = not peers and not any(one.flaw in (Flaw.NO_LIBRARY, Flaw.SEND_BLOCKED) for one in libraries)
    # Who does not believe the sender reverts, and that is said already.
    is_believed = not peers and _peer(destination, source) == padded(source.address)
    for kind, trial in trials:
        yield from _options(source, destination, kind, trial if is_believed else None, is_open)


def _finding(flaw: Flaw, at: Member, towards: Member, detail: str) -> Finding:
    return Finding(flaw, at.zone.name, at.address, towards.zone.name, detail)


# ---------------------------------------------------------------- peers


def _peers(source: Member, destination: Member) -> Iterator[Finding]:
    here, there = _peer(source, destination), _peer(destination, source)
    if here == NOBODY:
        is_known = there == padded(source.address)
        flaw = Flaw.PEER_ONE_SIDED if is_known else Flaw.PEER_MISSING
        yield _finding(flaw, source, destination, f"{source.name} has no peer for eid {destination.eid}")
    elif not is_address(here):
        yield _finding(Flaw.PEER_MALFORMED, source, destination, f"its peer is 0x{here.hex()}")
    elif here != padded(destination.address):
        has_code = bool(destination.zone.code(unpadded(here)))
        flaw = Flaw.PEER_OTHER if has_code else Flaw.PEER_NO_CONTRACT
        detail = f"its peer is {unpadded(here)}, the mesh has {destination.address}"
        yield _finding(flaw, source, destination, detail)
    elif there == padded(source.address) and not _is_open(source, destination):
        detail = f"{destination.name} takes nothing from {source.address}"
        yield _finding(Flaw.PATH_CLOSED, source, destination, detail)


def _peer(at: Member, towards: Member) -> bytes:
    return bytes(at.ask("peers", towards.eid))


def _is_open(source: Member, destination: Member) -> bool:
    answer = destination.try_to_ask("allowInitializePath", (source.eid, padded(source.address), 1))
    return bool(answer)


# ---------------------------------------------------------------- libraries and configurations


def _libraries(source: Member, destination: Member) -> Iterator[Finding]:
    sending = source.endpoint.send_library(source.address, destination.eid)
    receiving = destination.endpoint.receive_library(destination.address, source.eid)
    if sending is None:
        yield _finding(Flaw.NO_LIBRARY, source, destination, f"nothing leads to eid {destination.eid}")
    elif sending.address == source.endpoint.blocked_library:
        yield _finding(Flaw.SEND_BLOCKED, source, destination, "messages leave through the blocked library")
    elif sending.address != source.endpoint.default_libraries(destination.eid)[0]:
        detail = f"messages leave through {sending.address}"
        yield _finding(Flaw.SEND_LIBRARY_OTHER, source, destination, detail)
    if receiving is None:
        yield _finding(Flaw.NO_LIBRARY, destination, source, f"nothing comes from eid {source.eid}")
    elif receiving.address == destination.endpoint.blocked_library:
        yield _finding(Flaw.RECEIVE_BLOCKED, destination, source, "messages arrive at the blocked library")
    elif receiving.address != destination.endpoint.default_libraries(source.eid)[1]:
        detail = f"messages are verified by {receiving.address}"
        yield _finding(Flaw.RECEIVE_LIBRARY_OTHER, destination, source, detail)
    timeout = destination.endpoint.timeout(destination.address, source.eid)
    if timeout is not None:
        detail = f"{timeout.library} may verify up to block {timeout.expiry}"
        yield _finding(Flaw.GRACE_PERIOD, destination, source, detail)
    if sending is not None:
        yield from _executor(source, destination, sending.address)
    if sending is not None and receiving is not None:
        yield from _verifiers(source, destination, sending.address, receiving.address)


def _executor(source: Member, destination: Member, library: str) -> Iterator[Finding]:
    try:
        _, executor = source.endpoint.executor(source.address, library, destination.eid)
        # Of nobody: the default.
        _, usual = source.endpoint.executor(unpadded(NOBODY), library, destination.eid)
    except Reverted:
        return
    if executor != usual:
        yield _finding(Flaw.EXECUTOR_OTHER, source, destination, f"its executor is {executor}")


def _verifiers(source: Member, destination: Member, sending: str, receiving: str) -> Iterator[Finding]:
    here = source.endpoint.try_verifiers(source.address, sending, destination.eid)
    there = destination.endpoint.try_verifiers(destination.address, receiving, source.eid)
    for held, at, towards in ((here, source, destination), (there, destination, source)):
        if held is not None and _is_single(held):
            names = ", ".join((*held.required, *held.optional))
            yield _finding(Flaw.VERIFIERS_SINGLE, at, towards, f"only {names} is asked")
    if here is not None and there is not None and here != there:
        detail = f"{_named(here)} here, {_named(there)} there"
        yield _finding(Flaw.VERIFIERS_DIFFER, source, destination, detail)


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
) -> Iterator[Finding]:
    if trial is not None and trial.gas is None:
        detail = f"{destination.name} reverts on a message of type {kind}: {trial.reason}"
        yield _finding(Flaw.RECEIVE_REVERTS, source, destination, detail)
    enforced = source.try_to_ask("enforcedOptions", destination.eid, kind)
    if enforced is None:
        return
    if not enforced:
        detail = f"none for message type {kind}"
        yield _finding(Flaw.OPTIONS_MISSING, source, destination, detail)
        return
    try:
        options = Options.decode(enforced)
    except ValueError as error:
        detail = f"for message type {kind}: {error}"
        yield _finding(Flaw.OPTIONS_MALFORMED, source, destination, detail)
        return
    yield from _gas(source, destination, kind, options, trial)
    if is_open and any(isinstance(item, Receive) for item in options.items):
        yield from _price(source, destination, kind, enforced)


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


def _price(source: Member, destination: Member, kind: int, enforced: bytes) -> Iterator[Finding]:
    params = (destination.eid, padded(destination.address), b"", enforced, False)
    try:
        source.endpoint.ask("quote", params, source.address)
    except Reverted as error:
        detail = f"those for message type {kind}: {error.why or error.halt or 'without a reason'}"
        yield _finding(Flaw.OPTIONS_REFUSED, source, destination, detail)
