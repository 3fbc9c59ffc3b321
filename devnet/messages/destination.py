"""What the zone that a message goes to says about it, at its newest block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from devnet.chain.types import Hash32
from devnet.contracts import channels
from devnet.contracts.addresses import ENDPOINT, RECEIVE_LIBRARY
from devnet.contracts.delivering import (
    MessageProof,
    commit_call,
    initializable_call,
    next_nonce_call,
    receiver_of,
)
from devnet.messages.host import MessageHost
from devnet.messages.life import Reason
from devnet.packets.packet import Packet, PacketHeader
from devnet.zone.messages import CallOutcome, CallRequest
from devnet.zone.port import ZonePort

TRIAL_GAS = 1_000_000
"""What a trial of proving a message may take: proving takes some 150,000 beside the receiver's own
`allowInitializePath`, which may be written to use up whatever it gets."""
ASKING_GAS = 1_000_000
"""What a question to an application may take."""
MOST_GAP = 4_096
"""Nonces that are looked at to find the first that is not verified."""

NOT_INITIALIZABLE = Reason(
    "the receiver does not take messages of this path: its allowInitializePath says no, as an OApp's does "
    "until its peer is set, or there is no contract",
    "LZ_PathNotInitializable",
)


@dataclass(frozen=True, slots=True)
class CommitTrial:
    """What proving a message would do."""

    refusal: Reason | None
    """Why it would be refused; None where it would not."""
    gas_used: int
    """What it takes, where it is not refused."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One zone."""

    port: ZonePort

    def payload_hash(self, header: PacketHeader) -> int:
        """See `channels.payload_hash`."""
        return self._payload_hash(header, header.nonce)

    def lazy_nonce(self, header: PacketHeader) -> int:
        """See `channels.lazy_nonce`."""
        path = header.path
        return channels.lazy_nonce(self._endpoint, receiver_of(header), path.src_eid, path.sender)

    def is_verified(self, packet: Packet) -> bool:
        """Whether the message can be delivered as soon as those before it are verified."""
        return self.payload_hash(packet.header) == int.from_bytes(packet.payload_hash, "big")

    def holds(self, header: PacketHeader, nonce: int) -> bool:
        """Whether something is verified for that nonce of the message's path."""
        return bool(self._payload_hash(header, nonce))

    def is_done(self, header: PacketHeader) -> bool:
        """Whether the message was delivered, given up or removed, as far as the state says."""
        return not self.payload_hash(header) and self.lazy_nonce(header) >= header.nonce

    def is_committed(self, header: PacketHeader) -> bool:
        """Whether the message was ever proven."""
        from devnet.chain.keccak import keccak256

        load = partial(self.port.storage, RECEIVE_LIBRARY)
        return channels.is_committed(load, keccak256(header.encoded))

    def first_gap(self, header: PacketHeader) -> int | None:
        """The lowest nonce of the path, below the message's, that is not verified; None where the message has
        to wait for none."""
        lazy = self.lazy_nonce(header)
        for nonce in range(lazy + 1, min(header.nonce, lazy + MOST_GAP)):
            if not self._payload_hash(header, nonce):
                return nonce
        return None

    def compose_hash(self, sender: bytes, to: bytes, guid: Hash32, index: int) -> int:
        """See `channels.compose_hash`."""
        from devnet.chain.types import Address

        return channels.compose_hash(self._endpoint, Address(sender), Address(to), guid, index)

    def is_initializable(self, header: PacketHeader) -> bool:
        """Whether the receiver takes messages of this path: it did before, or says so."""
        if self.lazy_nonce(header):
            return True
        outcome = self._ask(CallRequest(to=ENDPOINT, data=initializable_call(header), gas=ASKING_GAS))
        return outcome.failure is None and bool(int.from_bytes(outcome.output[:32], "big"))

    def next_nonce(self, header: PacketHeader) -> int:
        """Which message of the path the receiver takes next; 0 for any, and where it does not say."""
        request = CallRequest(to=receiver_of(header), data=next_nonce_call(header), gas=ASKING_GAS)
        outcome = self._ask(request)
        return 0 if outcome.failure is not None else int.from_bytes(outcome.output[:32], "big")

    def try_commit(
        self, packet: Packet, proof: MessageProof, explain: Callable[[bytes], Reason]
    ) -> CommitTrial:
        """What proving the message would do, its receiver asked first; `explain` says what revert data means.
        Takes as long as the receiver wants: whoever holds a lock here holds up others."""
        if not self.is_initializable(packet.header):
            return CommitTrial(NOT_INITIALIZABLE, 0)
        data = commit_call(packet.header.encoded, packet.payload_hash, proof)
        outcome = self._ask(CallRequest(to=RECEIVE_LIBRARY, data=data, gas=TRIAL_GAS))
        return CommitTrial(None if outcome.failure is None else explain(outcome.output), outcome.gas_used)

    def _ask(self, request: CallRequest) -> CallOutcome:
        return self.port.call(request)

    def _endpoint(self, slot: int) -> int:
        return self.port.storage(ENDPOINT, slot)

    def _payload_hash(self, header: PacketHeader, nonce: int) -> int:
        path = header.path
        return channels.payload_hash(self._endpoint, receiver_of(header), path.src_eid, path.sender, nonce)


def height_to_prove(host: MessageHost, port: ZonePort) -> int | None:
    """The settlement block that proofs are made against: one that the destination holds when the transaction
    runs. None where it holds none."""
    if port.status().mining.automine:
        # The block that the transaction makes records it first.
        height = port.settlement().height
        return height or None
    newest = port.block("latest")
    root = None if newest is None else newest.header.parent_beacon_block_root
    return None if root is None else host.settlement.chain.height_of(root) or None
