"""Transactions that were sent, what became of them, and the events that they left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from zero_sdk.client import proving
from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import UnknownMessage, WrongArguments
from zero_sdk.client.facts import ZoneFacts

if TYPE_CHECKING:
    from zero_sdk.client.interface import EventType, Function, Interface
    from zero_sdk.client.message import Message
    from zero_sdk.client.packets import SentPacket
    from zero_sdk.client.zone import Zone
    from zero_sdk.proofs import ProvenLog, ProvenReceipt, ProvenTransaction, SettledItemProof


@dataclass(frozen=True, slots=True)
class Log:
    """An event as the EVM leaves it."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    log_index: int
    block_number: int | None
    transaction_hash: str | None

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Log:
        """Of what a node gives."""
        return cls(
            to_address(entry["address"]),
            tuple(bytes.fromhex(topic[2:]) for topic in entry["topics"]),
            bytes.fromhex(entry["data"][2:]),
            int(entry["logIndex"] or "0x0", 16),
            None if entry.get("blockNumber") is None else int(entry["blockNumber"], 16),
            entry.get("transactionHash"),
        )


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded event. `args` is a NamedTuple: `event.args.to`."""

    name: str
    args: tuple[Any, ...]
    address: str
    log_index: int
    signature: str
    block_number: int | None = None
    transaction_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction. `raw` is the node's own answer."""

    status: int
    """1, or 0 where it failed."""
    block_number: int
    block_hash: str
    transaction_index: int
    gas_used: int
    effective_gas_price: int
    contract_address: str | None
    logs: tuple[Log, ...]
    raw: Mapping[str, Any]
    zone: Zone | None = field(default=None, repr=False, compare=False)
    """Whose it is, of a blocking network."""

    @property
    def packets(self) -> tuple[SentPacket, ...]:
        """The messages that it sent to other zones, as bytes."""
        from zero_sdk.client.packets import packets_in

        return tuple(packets_in(self.logs))

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that it sent to other zones. Raises WrongArguments for a receipt of no network (of an
        asynchronous one ask the transaction)."""
        from zero_sdk.client.message import messages_in

        if self.zone is None:
            raise WrongArguments("a receipt alone knows no network", "transaction.messages does")
        return messages_in(self.zone.network, self.logs)

    @property
    def message(self) -> Message:
        """The one message that it sent. Raises UnknownMessage where there is none, or are several."""
        return one_of(self.messages)

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Receipt:
        """Of what a node gives."""
        created = entry.get("contractAddress")
        return cls(
            status=int(entry.get("status") or "0x1", 16),
            block_number=int(entry["blockNumber"], 16),
            block_hash=entry["blockHash"],
            transaction_index=int(entry["transactionIndex"], 16),
            gas_used=int(entry["gasUsed"], 16),
            effective_gas_price=int(entry.get("effectiveGasPrice") or "0x0", 16),
            contract_address=None if created is None else to_address(created),
            logs=tuple(Log.from_json(log) for log in entry["logs"]),
            raw=entry,
        )


AnyMessage = TypeVar("AnyMessage")


def one_of(messages: Sequence[AnyMessage]) -> AnyMessage:
    """The one message of a transaction. Raises UnknownMessage."""
    if len(messages) != 1:
        found = len(messages) or "no"
        raise UnknownMessage(
            f"the transaction sent {found} messages",
            "`.messages` has them all" if messages else "did it go through the endpoint?",
        )
    return messages[0]


@dataclass(slots=True, eq=False)
class Sent:
    """A transaction on its way, for both kinds of zones."""

    hash: str
    request: Mapping[str, Any]
    """What was given to the node, or signed; {} where another sent it."""
    function: Function | None = None
    interface: Interface | None = None
    action: str = ""
    receipt: Receipt | None = None

    @classmethod
    def of(cls, transaction_hash: str | bytes) -> Sent:
        """A transaction that somebody else sent."""
        if isinstance(transaction_hash, bytes):
            transaction_hash = f"0x{transaction_hash.hex()}"
        return cls(transaction_hash, {})


def decode_logs(facts: ZoneFacts, logs: Sequence[Log], own: Interface | None = None) -> tuple[Event, ...]:
    """The events of those logs that can be decoded: with the ABI of their contract, then `own`, then every
    artifact that the network was given, then the common standards."""
    events = []
    for log in logs:
        decoded = _decode_log(facts, log, own)
        if decoded is not None:
            kind, args = decoded
            events.append(event_of(log, kind, args))
    return tuple(events)


def event_of(log: Log, kind: EventType, args: tuple[Any, ...]) -> Event:
    """The event that the log is."""
    return Event(
        kind.name, args, log.address, log.log_index, kind.signature, log.block_number, log.transaction_hash
    )


def _decode_log(
    facts: ZoneFacts, log: Log, own: Interface | None
) -> tuple[EventType, tuple[Any, ...]] | None:
    for interface in (facts.interfaces.get(bytes.fromhex(log.address[2:])), own):
        decoded = None if interface is None else interface.decode_event(log.topics, log.data)
        if decoded is not None:
            return decoded
    kind = facts.network.artifacts.event(log.topics)
    args = None if kind is None else kind.try_decode(log.topics, log.data)
    return None if kind is None or args is None else (kind, args)


class TransactionBase:
    """What blocking and asynchronous transactions have in common."""

    __slots__ = ("sent", "zone")

    def __init__(self, zone: Any, sent: Sent) -> None:
        self.zone = zone
        self.sent = sent

    @property
    def hash(self) -> str:
        """As hex."""
        return self.sent.hash

    @property
    def request(self) -> Mapping[str, Any]:
        """What was given to the node, or signed; {} where another sent it."""
        return self.sent.request

    def _events(self, receipt: Receipt) -> tuple[Event, ...]:
        return decode_logs(self.zone.facts, receipt.logs, self.sent.interface)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.hash} in zone {self.zone.name}>"


def events_of(events: Sequence[Event], contract: Any, name: str | None = None) -> tuple[Event, ...]:
    """Those of one contract, perhaps of one name (or signature)."""
    address = to_address(contract)
    return tuple(
        event for event in events if event.address == address and name in (None, event.name, event.signature)
    )


def trace_config(tracer: str | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """The second parameter of debug_traceTransaction."""
    return dict(options) if tracer is None else {**options, "tracer": tracer}


class Transaction(TransactionBase):
    """A transaction in a zone. Everything but `hash` waits for the receipt where it is not there yet."""

    __slots__ = ()
    zone: Zone

    @property
    def receipt(self) -> Receipt:
        """What became of it, whether it succeeded or not. Raises Timeout."""
        found = self.sent.receipt
        return found if found is not None and found.zone is not None else self.zone.receipt_of(self.sent)

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages that it sent to other zones."""
        return self.receipt.messages

    @property
    def message(self) -> Message:
        """The one message that it sent. Raises UnknownMessage where there is none, or are several."""
        return self.receipt.message

    def wait(self, timeout: float | None = None) -> Transaction:
        """Waits for the receipt; gives the transaction. Raises Reverted where it failed, and Timeout."""
        self.zone.confirm(self, timeout)
        return self

    @property
    def status(self) -> int:
        """1, or 0 where it failed."""
        return self.receipt.status

    @property
    def gas_used(self) -> int:
        """By the whole transaction."""
        return self.receipt.gas_used

    @property
    def block_number(self) -> int:
        """Of the block that holds it."""
        return self.receipt.block_number

    @property
    def contract_address(self) -> str | None:
        """Of the contract that it created."""
        return self.receipt.contract_address

    @property
    def events(self) -> tuple[Event, ...]:
        """What it left, as far as an ABI is known; `receipt.logs` holds all."""
        return self._events(self.receipt)

    def events_of(self, contract: Any, name: str | None = None) -> tuple[Event, ...]:
        """The events of one contract, perhaps of one name (or signature)."""
        return events_of(self.events, contract, name)

    @property
    def return_value(self) -> Any:
        """What the function returned, out of a trace. Raises Refused where the node does not trace."""
        return self.zone.return_value_of(self.sent)

    def trace(self, tracer: str | None = "callTracer", **options: Any) -> Any:
        """The node's trace of it: debug_traceTransaction. `tracer=None` is the struct logger."""
        self.zone.receipt_of(self.sent)
        return self.zone.rpc("debug_traceTransaction", self.hash, trace_config(tracer, options))

    def prove(
        self, *, for_zone: Zone | str | None = None, height: int | None = None, recorded: bool = False
    ) -> SettledItemProof[ProvenTransaction]:
        """Proves to contracts of another zone that this transaction is in a settled block; for whom, as
        `Zone.prove` says."""
        return self.zone.proven(partial(proving.of_transaction, self.hash), for_zone, height, recorded)

    def prove_receipt(
        self, *, for_zone: Zone | str | None = None, height: int | None = None, recorded: bool = False
    ) -> SettledItemProof[ProvenReceipt]:
        """The same for its receipt."""
        asking = partial(proving.of_receipt, self.hash, self.receipt)
        return self.zone.proven(asking, for_zone, height, recorded)

    def prove_log(
        self,
        log: Event | Log | int,
        *,
        for_zone: Zone | str | None = None,
        height: int | None = None,
        recorded: bool = False,
    ) -> SettledItemProof[ProvenLog]:
        """The same for one of its events or logs, or the log with an index in the block. Raises
        WrongArguments where it has none such."""
        asking = partial(proving.of_log, self.hash, self.receipt, log)
        return self.zone.proven(asking, for_zone, height, recorded)
