"""Messages, their lives and simulated deliveries as JSON; `message_shapes` has the schemas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from devnet.chain.types import ZoneName
from devnet.rpc.codec.encode_settlement import finality_word
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.zone.port import ZonePort

if TYPE_CHECKING:
    from devnet.chain.block import Log
    from devnet.chain.types import Hash32
    from devnet.contracts.delivering import MessageProof
    from devnet.messages.life import Attempt, ComposedCall, Life, Reason, Step
    from devnet.messages.message import Message
    from devnet.messages.place import Place
    from devnet.messages.simulation import Simulation, Trial
    from devnet.packets.options import Option


@dataclass(frozen=True, slots=True)
class MessageEncoder:
    """Writes the messages of a network with these zones."""

    zones: Mapping[ZoneName, ZonePort]

    @property
    def names(self) -> tuple[ZoneName, ...]:
        """By index."""
        return tuple(self.zones)

    def summary(self, message: Message, life: Life) -> dict[str, Any]:
        """What lists and subscriptions show."""
        path = message.path
        return {
            "guid": hex_data(message.guid),
            "status": life.status.value,
            "reason": encode_reason(life.reason),
            "isRetried": life.is_retried,
            "srcEid": path.src_eid,
            "srcZone": self.names[message.source],
            "dstEid": path.dst_eid,
            "dstZone": None if message.destination is None else self.names[message.destination],
            "nonce": hex(message.nonce),
            "sender": hex_data(path.sender),
            "senderAddress": _address(path.sender),
            "receiver": hex_data(path.receiver),
            "receiverAddress": _address(path.receiver),
            "message": hex_data(message.packet.message),
            "options": encode_options(message.options),
            "number": hex(message.number),
            "source": self.place(message.sent),
            "finality": self._finality(message.sent),
            "settlementHeight": None if life.settlement_height is None else hex(life.settlement_height),
            "attempts": [self._attempt(attempt) for attempt in life.attempts],
            "composes": [self._compose(compose) for compose in life.composes],
            "omitted": life.omitted,
        }

    def whole(self, message: Message, life: Life) -> dict[str, Any]:
        """Everything but proof and traces."""
        return {
            **self.summary(message, life),
            "header": hex_data(message.packet.header.encoded),
            "payloadHash": hex_data(message.packet.payload_hash),
            "fee": None if message.fee is None else hex(message.fee),
            "drops": [drop for step in life.steps for drop in self._drops(step)],
            "transactions": [self._transaction(step) for step in life.steps],
        }

    def place(self, place: Place) -> dict[str, Any]:
        """Where a log is."""
        return {
            "zone": self.names[place.zone],
            "blockNumber": hex(place.block_number),
            "blockHash": hex_data(place.block_hash),
            "blockTimestamp": hex(place.block_timestamp),
            "transactionHash": hex_data(place.transaction_hash),
            "transactionIndex": hex(place.transaction_index),
            "logIndex": hex(place.log_index),
        }

    def _finality(self, place: Place) -> str:
        return finality_word(place.block_number, self.zones[self.names[place.zone]].finality())

    def _transaction(self, step: Step) -> dict[str, Any]:
        return {
            "kind": step.kind.value,
            "leg": leg_of(step),
            **self.place(step.place),
            "finality": self._finality(step.place),
        }

    def _attempt(self, attempt: Attempt) -> dict[str, Any]:
        failed = attempt.failed
        return {
            "outcome": "delivered" if failed is None else "failed",
            "counts": attempt.counts,
            **self.place(attempt.place),
            "executor": None if failed is None else hex_data(failed.executor),
            "gas": None if failed is None else hex(failed.gas),
            "value": None if failed is None else hex(failed.value),
            "reason": encode_reason(attempt.reason),
        }

    def _compose(self, compose: ComposedCall) -> dict[str, Any]:
        last = next((attempt for attempt in reversed(compose.attempts) if attempt.failed), None)
        status = compose.status.value
        return {
            "index": compose.key.index,
            "from": hex_data(compose.key.sender),
            "to": hex_data(compose.key.to),
            "message": hex_data(compose.message),
            "status": status,
            "reason": encode_reason(last.reason) if last is not None and status == "failed" else None,
            "gas": None if compose.gas is None else hex(compose.gas),
            "value": None if compose.value is None else hex(compose.value),
            "attempts": [self._attempt(attempt) for attempt in compose.attempts],
        }

    def _drops(self, step: Step) -> list[dict[str, Any]]:
        return [
            {
                "receiver": hex_data(drop.receiver),
                "amount": hex(drop.amount),
                "success": drop.success,
                **self.place(step.place),
            }
            for drop in step.drops
        ]


def leg_of(step: Step) -> str:
    """Which of its two zones a step is in."""
    return "source" if step.kind.value == "sent" else "destination"


def encode_reason(reason: Reason | None) -> dict[str, Any] | None:
    """Why something was not done."""
    if reason is None:
        return None
    return {"text": reason.text, "error": reason.error, "data": hex_data(reason.data)}


def encode_log_content(log: Log) -> dict[str, Any]:
    """A log that is in no block."""
    return {
        "address": hex_data(log.address),
        "topics": [hex_data(topic) for topic in log.topics],
        "data": hex_data(log.data),
    }


def encode_proof(message: Message, proof: MessageProof) -> dict[str, Any]:
    """What `commitVerification` takes, and a call of it."""
    from devnet.contracts.delivering import commit_call

    header, payload_hash = message.packet.header.encoded, message.packet.payload_hash
    return {
        "height": hex(proof.height),
        "number": hex(proof.number),
        "branch": {"zeros": hex(proof.zeros), "peers": [hex_data(peer) for peer in proof.peers]},
        "header": hex_data(header),
        "payloadHash": hex_data(payload_hash),
        "calldata": hex_data(commit_call(header, payload_hash, proof)),
    }


def encode_simulation(simulation: Simulation, explain: Callable[[bytes], Reason]) -> dict[str, Any]:
    """What would come of a delivery. `explain` reads revert data."""
    return {
        "blockNumber": hex(simulation.number),
        **_encode_trial(simulation.receive, explain),
        "composes": [
            {
                "index": compose.index,
                "from": hex_data(compose.sender),
                "to": hex_data(compose.to),
                "message": hex_data(compose.message),
                **_encode_trial(compose.trial, explain),
            }
            for compose in simulation.composes
        ],
    }


def _encode_trial(trial: Trial, explain: Callable[[bytes], Reason]) -> dict[str, Any]:
    return {
        "wouldSucceed": trial.succeeded,
        "reason": None if trial.succeeded else encode_reason(explain(trial.output)),
        "gasUsed": hex(trial.gas_used),
        "gasNeeded": None if trial.gas_needed is None else hex(trial.gas_needed),
        "gasGiven": None if trial.gas_given is None else hex(trial.gas_given),
        "value": hex(trial.value),
        "logs": [encode_log_content(log) for log in trial.logs],
    }


def encode_options(raw: bytes) -> dict[str, Any]:
    """Options as they were sent, and what they say."""
    from devnet.packets.options import MalformedOptions, Options, decode_options

    flaw = None
    try:
        options = decode_options(raw)
    except MalformedOptions as error:
        options, flaw = Options(), str(error)
    receive = options.receive
    return {
        "raw": hex_data(raw),
        "flaw": flaw,
        "gas": hex(receive.gas),
        "value": hex(receive.value),
        "isOrdered": options.is_ordered,
        "items": [_encode_option(item) for item in options.items],
    }


def _encode_option(item: Option) -> dict[str, Any]:
    from devnet.packets.options import Compose, NativeDrop, Ordered, Read, Receive, VerifierOption

    match item:
        case Receive(gas, value):
            return {"kind": "receive", "gas": hex(gas), "value": hex(value)}
        case NativeDrop(amount, receiver):
            return {
                "kind": "native-drop",
                "amount": hex(amount),
                "receiver": hex_data(receiver),
                "receiverAddress": _address(receiver),
            }
        case Compose(index, gas, value):
            return {"kind": "compose", "index": index, "gas": hex(gas), "value": hex(value)}
        case Ordered():
            return {"kind": "ordered"}
        case Read(gas, size, value):
            return {"kind": "read", "gas": hex(gas), "size": size, "value": hex(value)}
        case VerifierOption(data):
            return {"kind": "verifier", "data": hex_data(data)}


def _address(word: Hash32) -> str | None:
    """The address that 32 bytes of a packet stand for, None where they are no address."""
    return None if any(word[:12]) else hex_data(word[12:])
