"""eth_subscribe: who gets which events, and how they are written."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import orjson

from devnet.chain.block import Block
from devnet.chain.types import ZoneName
from devnet.rpc.codec.encode_blocks import encode_header
from devnet.rpc.codec.encode_receipts import encode_log
from devnet.rpc.codec.encode_settlement import encode_head
from devnet.rpc.codec.encode_transactions import encode_transaction, hex_data
from devnet.rpc.codec.logs import read_log_query
from devnet.rpc.codec.read_messages import read_watched
from devnet.rpc.codec.shapes import describe
from devnet.rpc.errors import invalid_params
from devnet.zone.messages import (
    BlockAdded,
    BlockRemoved,
    Event,
    FinalityChanged,
    LogQuery,
    SettlementChanged,
    TransactionPending,
)

if TYPE_CHECKING:
    from devnet.chain.types import Hash32
    from devnet.messages.message import MessageFilter
    from devnet.rpc.serving.message_feed import MessageFeed
    from devnet.rpc.serving.settlement_news import SettlementNews

Kind = Literal[
    "newHeads",
    "logs",
    "newPendingTransactions",
    "syncing",
    "settlementBlocks",
    "finality",
    "updates",
    "certificates",
    "availability",
    "validators",
    "messages",
]
_KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(slots=True, eq=False)
class Subscription:
    """One subscription of one connection. `push` takes a whole notification and must not block."""

    zone: ZoneName
    kind: Kind
    push: Callable[[bytes], None]
    query: LogQuery | None = None
    is_full: bool = False
    messages: MessageFilter | None = None
    """Of which messages it tells; None for all."""
    seen: Hash32 | None = None
    """Root of the set of validators that was told last, or was in force when this began."""
    id: str = field(default_factory=lambda: hex(secrets.randbits(127) | 1 << 127))

    def send(self, result: bytes) -> None:
        self.push(
            b'{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"'
            + self.id.encode()
            + b'","result":'
            + result
            + b"}}"
        )


def read_subscription(
    zone: ZoneName, kind: str, options: Any, push: Callable[[bytes], None], zones: Sequence[ZoneName]
) -> Subscription:
    """A subscription from eth_subscribe's parameters, in a network with these zones. Raises −32602."""
    if kind not in _KINDS:
        known = ", ".join(_KINDS)
        raise invalid_params(f"invalid argument 0 (kind): expected one of {known}, got {describe(kind)}")
    subscription = Subscription(zone, kind, push)
    if kind == "logs":
        try:
            subscription.query = read_log_query({} if options is None else options)
        except ValueError as error:
            raise invalid_params(f"invalid argument 1 (options): {error}") from None
    elif kind == "messages" and options is not None:
        try:
            subscription.messages = read_watched(options).resolve(zones)
        except ValueError as error:
            raise invalid_params(f"invalid argument 1 (options): {error}") from None
    elif kind == "newPendingTransactions":
        if type(options) is dict:
            # Alchemy's and reth's form of geth's boolean.
            options = options.get("includeTransactions") or options.get("full") or False
        if options is not None and type(options) is not bool:
            raise invalid_params(
                f"invalid argument 1 (options): expected true or false, got {describe(options)}"
            )
        subscription.is_full = bool(options)
    return subscription


class Hub:
    """All subscriptions by zone. Everything runs on the event loop."""

    def __init__(self, news: SettlementNews, messages: MessageFeed) -> None:
        """`news` has what is told of settlement blocks; `messages` the subscriptions to messages, which are
        of no zone."""
        self._news = news
        self._messages = messages
        self._by_zone: dict[ZoneName, dict[str, Subscription]] = {}

    async def begin(self, subscriptions: Sequence[Subscription]) -> None:
        """To be awaited before these are answered and added."""
        if any(subscription.kind == "messages" for subscription in subscriptions):
            await self._messages.begin()

    def add(self, subscription: Subscription) -> None:
        if subscription.kind == "messages":
            self._messages.add(subscription)
            return
        if subscription.kind == "validators":
            subscription.seen = self._news.validators_root(self._news.height)
        self._by_zone.setdefault(subscription.zone, {})[subscription.id] = subscription

    def remove(self, subscription: Subscription) -> None:
        if subscription.kind == "messages":
            self._messages.remove(subscription)
            return
        self._by_zone.get(subscription.zone, {}).pop(subscription.id, None)

    def deliver(self, zone: ZoneName, events: Sequence[Event]) -> None:
        subscriptions = list(self._by_zone.get(zone, {}).values())
        if not subscriptions:
            return
        for event in events:
            match event:
                case BlockAdded(block=block):
                    self._heads(subscriptions, block)
                    self._logs(subscriptions, block, removed=False)
                case BlockRemoved(block=block):
                    self._logs(subscriptions, block, removed=True)
                case TransactionPending():
                    self._pending(subscriptions, event)
                case SettlementChanged(head=head):
                    self._tell(subscriptions, "settlementBlocks", encode_head(head))
                    self._settled(zone, subscriptions, head.height)
                case FinalityChanged(finality=finality):
                    told = {"safe": hex(finality.safe), "finalized": hex(finality.finalized)}
                    self._tell(subscriptions, "finality", told)

    def _settled(self, zone: ZoneName, subscriptions: list[Subscription], height: int) -> None:
        """What is told of a settlement block beside its head, as far as anybody asked for it."""
        kinds = {subscription.kind for subscription in subscriptions}
        if "updates" in kinds:
            for update in self._news.updates(zone, height):
                self._tell(subscriptions, "updates", update)
        if "certificates" in kinds and (certificate := self._news.certificate(height)) is not None:
            self._tell(subscriptions, "certificates", certificate)
        if "availability" in kinds:
            self._tell(subscriptions, "availability", self._news.availability(height))
        if "validators" in kinds:
            self._validators(subscriptions, height)

    def _validators(self, subscriptions: list[Subscription], height: int) -> None:
        """The set that signs from now on, to those who know another one."""
        root = self._news.validators_root(height)
        late = [each for each in subscriptions if each.kind == "validators" and each.seen != root]
        if late:
            self._tell(late, "validators", self._news.validators(height))
        for subscription in late:
            subscription.seen = root

    def _tell(self, subscriptions: list[Subscription], kind: Kind, told: dict[str, Any]) -> None:
        for subscription in subscriptions:
            if subscription.kind == kind:
                subscription.send(orjson.dumps(told))

    def _heads(self, subscriptions: list[Subscription], block: Block) -> None:
        encoded: bytes | None = None
        for subscription in subscriptions:
            if subscription.kind == "newHeads":
                encoded = encoded or orjson.dumps(encode_header(block.header, block.hash))
                subscription.send(encoded)

    def _logs(self, subscriptions: list[Subscription], block: Block, removed: bool) -> None:
        interested = [entry for entry in subscriptions if entry.kind == "logs" and entry.query is not None]
        if not interested or not any(receipt.logs for receipt in block.receipts):
            return
        for log in _encoded_logs(block, removed):
            encoded: bytes | None = None
            for subscription in interested:
                if subscription.query is not None and _matches(log, subscription.query):
                    encoded = encoded or orjson.dumps(log)
                    subscription.send(encoded)

    def _pending(self, subscriptions: list[Subscription], event: TransactionPending) -> None:
        for subscription in subscriptions:
            if subscription.kind == "newPendingTransactions":
                transaction = event.transaction
                subscription.send(
                    orjson.dumps(
                        encode_transaction(transaction)
                        if subscription.is_full
                        else hex_data(transaction.hash)
                    )
                )


def _encoded_logs(block: Block, removed: bool) -> Iterator[dict[str, Any]]:
    for index, (transaction, receipt) in enumerate(zip(block.transactions, block.receipts, strict=True)):
        transaction_hash = hex_data(transaction.hash)
        for position, log in enumerate(receipt.logs):
            number = receipt.first_log_index + position
            encoded = encode_log(log, block.header, block.hash, transaction_hash, index, number)
            encoded["removed"] = removed
            yield encoded


def _matches(log: dict[str, Any], query: LogQuery) -> bool:
    if query.addresses and bytes.fromhex(log["address"][2:]) not in query.addresses:
        return False
    topics = log["topics"]
    if len(topics) < len(query.topics):
        return False
    return all(
        wanted is None or bytes.fromhex(topic[2:]) in wanted
        for topic, wanted in zip(topics, query.topics, strict=False)
    )
