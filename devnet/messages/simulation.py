"""Whether a message would be delivered: `lzReceive` tried at its destination, with exactly the gas and value
that an executor gives it, on a state in which the message and all before it on its path are verified; then
the second steps that it asks for. Nothing is changed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from devnet.chain.block import Log
from devnet.chain.types import Address, Wei
from devnet.contracts.addresses import ENDPOINT, EXECUTOR
from devnet.contracts.channels import lazy_nonce_slot, payload_hash_slot
from devnet.contracts.delivering import receiver_of
from devnet.contracts.endpoint_calls import lz_compose_call, lz_receive_call
from devnet.contracts.rehearsal import EndpointCall, read_outcome, rehearsal_code
from devnet.execution import AccountOverride
from devnet.messages.destination import Destination
from devnet.messages.logs import asked_composes
from devnet.packets.options import Options
from devnet.packets.packet import Packet
from devnet.zone.errors import LimitExceeded
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort

PATH_NOT_INITIALIZABLE = bytes.fromhex("751cb20f")
"""The endpoint's `LZ_PathNotInitializable()`."""
MOST_COMPOSES = 16
"""Second steps that are tried."""

_OWN_GAS = 200_000
"""Left to the code around the calls."""
_STIPEND = 2_300
"""Gas that comes with value, beside what is given."""
_PRECISION = 512
"""The least gas is found to one part in so many."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one call."""

    succeeded: bool
    output: bytes
    """Of a failed one: why."""
    gas_used: int
    gas_needed: int | None
    """With so much it succeeds, and hardly with less; None where it does with no gas."""
    gas_given: int | None
    """As the options say; None where they say nothing."""
    value: Wei
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True)
class ComposeTrial:
    """What came of a second step."""

    index: int
    sender: Address
    to: Address
    message: bytes
    trial: Trial


@dataclass(frozen=True, slots=True)
class Simulation:
    """What would come of delivering a message."""

    number: int
    """Of the block after which it was tried."""
    receive: Trial
    composes: tuple[ComposeTrial, ...]
    """Those that a successful `lzReceive` asks for, and those that they ask for."""
    console: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a delivery gets instead of what its options say."""

    gas: int | None = None
    value: Wei | None = None


def simulate_delivery(
    zone: ZonePort,
    packet: Packet,
    options: Options,
    terms: Terms = Terms(),
) -> Simulation:
    """Tries to deliver the packet in `zone`, its destination, after the newest block.

    Raises LimitExceeded past the zone's limits for calls.
    """
    return _Rehearsal(zone, packet, options, terms).run()


class _Rehearsal:
    """One simulation."""

    def __init__(self, zone: ZonePort, packet: Packet, options: Options, terms: Terms) -> None:
        limit = zone.config.call_time_limit
        self._zone = zone
        self._packet = packet
        self._options = options
        self._terms = terms
        self._deadline = None if limit is None else time.monotonic() + limit
        self._receiver = receiver_of(packet.header)
        self._console: tuple[bytes, ...] | None = None

    def run(self) -> Simulation:
        number = self._zone.number()
        given = self._terms.gas if self._terms.gas is not None else self._options.receive.gas or None
        value = self._options.receive.value if self._terms.value is None else self._terms.value
        if not Destination(self._zone).is_initializable(self._packet.header):
            refused = Trial(False, PATH_NOT_INITIALIZABLE, 0, None, given, value, ())
            return Simulation(number, refused, (), ())
        data = lz_receive_call(self._packet)
        receive = self._try((), EndpointCall(data, given or 0, value), given)
        composes: tuple[ComposeTrial, ...] = ()
        if receive.succeeded:
            done = EndpointCall(data, given or receive.gas_needed or 0, value)
            composes = tuple(self._composes(done, receive))
        return Simulation(number, receive, composes, self._console or ())

    def _composes(self, receive: EndpointCall, received: Trial) -> Iterator[ComposeTrial]:
        """Second steps, in the order in which they were asked for."""
        before: tuple[EndpointCall, ...] = (receive,)
        seen = len(received.logs)
        guid = self._packet.header.guid
        asked = list(asked_composes(received.logs, guid))
        paid = self._options.composes
        for place in range(MOST_COMPOSES):
            if place >= len(asked):
                return
            key, message = asked[place]
            terms = paid.get(key.index)
            given = None if terms is None else terms.gas
            data = lz_compose_call(key.sender, key.to, guid, key.index, message)
            call = EndpointCall(data, given or 0, Wei(0) if terms is None else terms.value)
            trial = self._try(before, call, given)
            trial = replace(trial, logs=trial.logs[seen:])
            yield ComposeTrial(key.index, key.sender, key.to, message, trial)
            if trial.succeeded:
                before = (*before, replace(call, gas=given or trial.gas_needed or 0))
                seen += len(trial.logs)
                asked += asked_composes(trial.logs, guid)

    # ------------------------------------------------------------ one call

    def _try(self, before: tuple[EndpointCall, ...], call: EndpointCall, given: int | None) -> Trial:
        """The call after those before it, with the gas that is given, and the least gas that suffices."""
        most = self._most_gas(before, call)
        first = self._run(before, replace(call, gas=most if given is None else min(given, most)))
        enough = first
        if not first.succeeded and given is not None and given < most:
            enough = self._run(before, replace(call, gas=most))
        needed = self._least_gas(before, call, enough, most) if enough.succeeded else None
        return replace(first, gas_needed=needed, gas_given=given)

    def _least_gas(
        self, before: tuple[EndpointCall, ...], call: EndpointCall, enough: Trial, most: int
    ) -> int:
        """Less than it used cannot suffice; more has to where it calls others, who get 63 parts of 64."""
        low, high = max(-1, enough.gas_used - (_STIPEND if call.value else 0) - 1), most
        candidate = low + 1
        while high - low > max(1, low // _PRECISION):
            if self._run(before, replace(call, gas=candidate)).succeeded:
                high = candidate
            else:
                low = candidate
            # Near what was used first: that is where it mostly is.
            near = min(low + low // 16 + 2_300, high - 1)
            candidate = near if high == most and near > low else (low + high) // 2
        return high

    def _run(self, before: tuple[EndpointCall, ...], call: EndpointCall) -> Trial:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise LimitExceeded("simulating the delivery took too long")
        calls = (*before, call)
        overrides = self._overrides(calls)
        outcome = self._zone.call(CallRequest(to=EXECUTOR), "latest", overrides)
        if outcome.failure is not None:
            raise LimitExceeded(
                f"simulating the delivery takes more gas than calls have here: {outcome.failure.message}"
            )
        if self._console is None:
            self._console = outcome.console
        found = read_outcome(outcome.output, call)
        return Trial(found.succeeded, found.output, found.gas_used, None, None, call.value, outcome.logs)

    def _most_gas(self, before: tuple[EndpointCall, ...], call: EndpointCall) -> int:
        """What a call can be given here. A caller keeps one part of 64."""
        taken = sum(each.gas + 12_000 + 10 * len(each.data) for each in (*before, call))
        left = self._zone.config.call_gas_cap - _OWN_GAS - (taken - call.gas)
        if left <= 0:
            raise LimitExceeded("simulating the delivery takes more gas than calls have here")
        return left - left // 63

    # ------------------------------------------------------------ the state

    def _overrides(self, calls: tuple[EndpointCall, ...]) -> Mapping[Address, AccountOverride]:
        path, nonce = self._packet.header.path, self._packet.header.nonce
        zone = self._zone
        overrides: dict[Address, AccountOverride] = {}
        for drop in self._options.drops:
            # Done before the message is delivered.
            to = Address(drop.receiver[12:])
            held = overrides[to].balance if to in overrides else zone.balance(to)
            overrides[to] = AccountOverride(balance=Wei((held or 0) + drop.amount))
        value = sum(call.value for call in calls)
        balance = Wei(zone.balance(EXECUTOR) + value)
        overrides[EXECUTOR] = AccountOverride(balance=balance, code=rehearsal_code(calls))
        lazy = lazy_nonce_slot(self._receiver, path.src_eid, path.sender)
        verified = payload_hash_slot(self._receiver, path.src_eid, path.sender, nonce)
        overrides[ENDPOINT] = AccountOverride(
            storage_changes={
                lazy: max(zone.storage(ENDPOINT, lazy), nonce - 1),
                verified: int.from_bytes(self._packet.payload_hash, "big"),
            }
        )
        return overrides
