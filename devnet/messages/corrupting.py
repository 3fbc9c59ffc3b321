"""Transactions with a wrong bit, for the fault of that name."""

from __future__ import annotations

from dataclasses import replace

from devnet.chain.types import Hash32
from devnet.contracts.addresses import EXECUTOR, RECEIVE_LIBRARY
from devnet.contracts.delivering import MessageProof, commit_call, execute_call
from devnet.messages.faults import CorruptPart
from devnet.messages.jobs import commit_job, deliver_job
from devnet.messages.message import Message
from devnet.messages.sending import Job


def corrupted_commit(
    message: Message, proof: MessageProof, trial_gas: int, part: CorruptPart, chance: float
) -> Job:
    """`commit_job` with a wrong bit in that part; `chance` says where."""
    header, payload_hash = message.packet.header.encoded, message.packet.payload_hash
    match part:
        case CorruptPart.HEADER:
            header = _flipped(header, chance)
        case CorruptPart.PAYLOAD_HASH:
            payload_hash = Hash32(_flipped(payload_hash, chance))
        case _ if proof.peers:
            place = int(chance * len(proof.peers))
            wrong = Hash32(_flipped(proof.peers[place], chance))
            proof = replace(proof, peers=(*proof.peers[:place], wrong, *proof.peers[place + 1 :]))
        case _:
            proof = replace(proof, number=proof.number ^ 1)
    job = commit_job(message, proof, trial_gas)
    return Job(RECEIVE_LIBRARY, commit_call(header, payload_hash, proof), job.gas)


def corrupted_delivery(message: Message, cap: int, chance: float) -> Job:
    """`deliver_job`, without drops, with a wrong bit in the message."""
    job = deliver_job(message, cap, True)
    gas = 0 if (options := message.decoded_options) is None else options.receive.gas
    wrong = _flipped(message.packet.message or b"\0", chance)
    return Job(EXECUTOR, execute_call(message.packet, gas, wrong), job.gas, job.value)


def _flipped(data: bytes, chance: float) -> bytes:
    bit = int(chance * 8 * len(data))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
