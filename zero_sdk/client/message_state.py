"""What a network says of a message, as data: `zero_getMessage` and its kin (docs/rpc.md, "Messages")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.client.facts import NetworkFacts

FINAL = frozenset({"delivered", "skipped", "burnt"})
"""Statuses after which nothing happens to a message but its composed calls."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was not done."""

    text: str
    error: str | None
    """The name of the custom error, where it is one that is known."""
    data: bytes

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Happening:
    """What a transaction did for a message."""

    kind: str
    """sent, verified, delivered, failed, compose-sent, ... (docs/messages.md)."""
    leg: str
    """source or destination."""
    zone: str
    block_number: int
    transaction: str
    """Its hash, in the zone."""
    log_index: int
    finality: str
    """latest, safe or finalized."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to deliver a message, or to make a composed call."""

    outcome: str
    """delivered or failed."""
    zone: str
    block_number: int
    transaction: str
    executor: str | None
    """Who tried, of a try that failed; so the next two."""
    gas: int | None
    value: int | None
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Composed:
    """A call that the receiver asked for when it got the message."""

    index: int
    sender: str
    receiver: str
    message: bytes
    status: str
    """sent, delivered or failed."""
    reason: Reason | None
    gas: int | None
    """What the message's options pay for it; None where they pay nothing, and the courier leaves it alone."""
    value: int | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class Drop:
    """Wei that came with a message for an account."""

    receiver: str
    amount: int
    is_taken: bool


@dataclass(frozen=True, slots=True)
class MessageProof:
    """What shows a destination that a message was sent: `commit_verification` calls its receive library."""

    height: int
    """Of the settlement block under which it is."""
    number: int
    """Of the message in its zone's outbox."""
    zeros: int
    peers: tuple[bytes, ...]
    header: bytes
    payload_hash: bytes
    commit_verification: bytes
    """The call data."""


@dataclass(frozen=True, slots=True)
class MessageTrace:
    """A transaction of a message's life, traced."""

    leg: str
    kinds: tuple[str, ...]
    zone: str
    transaction: str
    trace: Mapping[str, Any] = field(repr=False)
    """As callTracer gives it."""
    text: str = field(repr=False)
    """The tree of calls."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class MessageState:
    """A message at the moment when the network was asked."""

    status: str
    """sent, settled, verified, delivered, failed, blocked, skipped, nilified or burnt."""
    reason: Reason | None
    """Why it failed, or does not go on."""
    is_retried: bool
    """Whether it was delivered after it had failed."""
    destination: str | None
    """The zone's name; None where no zone has the eid."""
    finality: str
    """Of the block that sent it: latest, safe or finalized."""
    settlement_height: int | None
    number: int | None
    """In its zone's outbox; None where history before it was let go."""
    attempts: tuple[Attempt, ...]
    composes: tuple[Composed, ...]
    fee: int | None
    """Paid for it, in wei."""
    drops: tuple[Drop, ...]
    transactions: tuple[Happening, ...]
    """What happened to it, in order. Fee, drops and transactions are left out of lists."""
    omitted: int
    """How much more happened than is told: of failures and drops the newest are kept."""
    raw: Mapping[str, Any] = field(repr=False)
    """The node's own answer."""

    @property
    def open_composes(self) -> tuple[Composed, ...]:
        """Those that the options pay for and that are still to be made."""
        return tuple(call for call in self.composes if call.status == "sent" and call.gas is not None)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of seeing a message through. True where it was delivered, with the composed calls that it
    pays for."""

    is_delivered: bool
    state: MessageState
    why: str
    """In words; "" where it was delivered."""

    def __bool__(self) -> bool:
        return self.is_delivered

    def __repr__(self) -> str:
        words = "delivered" if self.is_delivered else f"not delivered: {self.why}"
        return f"<Delivery of {self.state.raw['guid']}: {words}>"


@dataclass(frozen=True, slots=True)
class SimulatedCall:
    """A call that was tried and undone."""

    would_succeed: bool
    reason: Reason | None
    gas_used: int
    gas_needed: int | None
    """The least gas in the options with which it succeeds; None where no gas does."""
    gas_given: int | None
    """What the options name; None without options."""
    value: int
    index: int | None = None
    """Of a composed call."""

    @property
    def has_enough_gas(self) -> bool:
        """Whether the options' gas suffices."""
        return self.gas_needed is not None and (self.gas_given is None or self.gas_given >= self.gas_needed)


@dataclass(frozen=True, slots=True)
class Sending:
    """What sending would be, of a message that was not sent."""

    nonce: int
    fee: int | None
    """In wei; None where the endpoint would not send it."""
    reason: Reason | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What a delivery would do now."""

    guid: str
    zone: str
    receive: SimulatedCall
    composes: tuple[SimulatedCall, ...]
    sending: Sending | None
    """Of a message that was not sent."""
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def would_succeed(self) -> bool:
        """With all composed calls."""
        return self.receive.would_succeed and all(call.would_succeed for call in self.composes)


@dataclass(frozen=True, slots=True)
class Retry:
    """What came of trying again."""

    outcome: str
    """delivered, failed, or pending where the zone does not mine by itself."""
    reason: Reason | None
    zone: str
    transaction: str

    def __bool__(self) -> bool:
        return self.outcome == "delivered"


def reason_of(answer: Mapping[str, Any] | None, facts: NetworkFacts | None = None) -> Reason | None:
    """A reason as the network tells it; a custom error that only the caller knows is told by him."""
    if answer is None:
        return None
    data = bytes.fromhex(answer["data"][2:])
    known = facts.error(data) if answer["error"] is None and facts is not None else None
    if known is not None:
        return Reason(str(known), known.name, data)
    return Reason(answer["text"], answer["error"], data)


def state_of(answer: Mapping[str, Any], facts: NetworkFacts | None = None) -> MessageState:
    """Of what `zero_getMessage` or `zero_getMessages` gives."""
    return MessageState(
        status=answer["status"],
        reason=reason_of(answer["reason"], facts),
        is_retried=answer["isRetried"],
        destination=answer["dstZone"],
        finality=answer["finality"],
        settlement_height=_number(answer["settlementHeight"]),
        number=_number(answer["number"]),
        attempts=tuple(_attempt(entry, facts) for entry in answer["attempts"]),
        composes=tuple(_compose(entry, facts) for entry in answer["composes"]),
        fee=_number(answer.get("fee")),
        drops=tuple(
            Drop(drop["receiver"], int(drop["amount"], 16), drop["success"])
            for drop in answer.get("drops", ())
        ),
        transactions=tuple(map(_happening, answer.get("transactions", ()))),
        omitted=answer.get("omitted", 0),
        raw=answer,
    )


def proof_of(answer: Mapping[str, Any]) -> MessageProof:
    """Of what `zero_getMessageProof` gives."""
    branch = answer["branch"]
    return MessageProof(
        int(answer["height"], 16),
        int(answer["number"], 16),
        int(branch["zeros"], 16),
        tuple(bytes.fromhex(peer[2:]) for peer in branch["peers"]),
        bytes.fromhex(answer["header"][2:]),
        bytes.fromhex(answer["payloadHash"][2:]),
        bytes.fromhex(answer["calldata"][2:]),
    )


def traces_of(answers: Sequence[Mapping[str, Any]]) -> tuple[MessageTrace, ...]:
    """Of the `traces` of `zero_getMessage`."""
    return tuple(
        MessageTrace(
            one["leg"], tuple(one["kinds"]), one["zone"], one["transactionHash"], one["trace"], one["text"]
        )
        for one in answers
    )


def simulation_of(answer: Mapping[str, Any], facts: NetworkFacts | None = None) -> Simulation:
    """Of what `zero_simulateDelivery` gives."""
    return Simulation(
        answer["guid"],
        answer["zone"],
        _simulated(answer, facts),
        tuple(_simulated(call, facts, call["index"]) for call in answer["composes"]),
        _sending(answer["sending"], facts),
        answer,
    )


def _sending(answer: Mapping[str, Any] | None, facts: NetworkFacts | None) -> Sending | None:
    if answer is None:
        return None
    return Sending(int(answer["nonce"], 16), _number(answer["fee"]), reason_of(answer["reason"], facts))


def retry_of(answer: Mapping[str, Any], facts: NetworkFacts | None = None) -> Retry:
    """Of what `zero_retryMessage` gives."""
    reason = reason_of(answer["reason"], facts)
    return Retry(answer["outcome"], reason, answer["zone"], answer["transactionHash"])


def _simulated(
    answer: Mapping[str, Any], facts: NetworkFacts | None, index: int | None = None
) -> SimulatedCall:
    return SimulatedCall(
        answer["wouldSucceed"],
        reason_of(answer["reason"], facts),
        int(answer["gasUsed"], 16),
        _number(answer["gasNeeded"]),
        _number(answer["gasGiven"]),
        int(answer["value"], 16),
        index,
    )


def _happening(entry: Mapping[str, Any]) -> Happening:
    return Happening(
        entry["kind"],
        entry["leg"],
        entry["zone"],
        int(entry["blockNumber"], 16),
        entry["transactionHash"],
        int(entry["logIndex"], 16),
        entry["finality"],
    )


def _attempt(entry: Mapping[str, Any], facts: NetworkFacts | None) -> Attempt:
    return Attempt(
        entry["outcome"],
        entry["zone"],
        int(entry["blockNumber"], 16),
        entry["transactionHash"],
        entry["executor"],
        _number(entry["gas"]),
        _number(entry["value"]),
        reason_of(entry["reason"], facts),
    )


def _compose(entry: Mapping[str, Any], facts: NetworkFacts | None) -> Composed:
    return Composed(
        entry["index"],
        entry["from"],
        entry["to"],
        bytes.fromhex(entry["message"][2:]),
        entry["status"],
        reason_of(entry["reason"], facts),
        _number(entry["gas"]),
        _number(entry["value"]),
        tuple(_attempt(attempt, facts) for attempt in entry["attempts"]),
    )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text, 16)
