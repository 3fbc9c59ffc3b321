"""Messages of consensus as bytes: RLP of [kind, body]."""

from __future__ import annotations

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import flag, hash32, members, text
from devnet.settlement.certificate import CERTIFICATE_SIZE_LIMIT, certificate_of
from devnet.settlement.consensus.messages import Decision, Message, Status
from devnet.settlement.flaws import Flaw, Refused
from devnet.settlement.proposal import PAYLOAD_LIMIT, Proposal, candidate_of, proposal_of
from devnet.settlement.votes import (
    MOST_VALIDATORS,
    NUMBER_LIMIT,
    ROUND_LIMIT,
    Vote,
    bounded,
    read_record,
    vote_of,
)

MESSAGE_SIZE_LIMIT = PAYLOAD_LIMIT + 2 * CERTIFICATE_SIZE_LIMIT
_VOTE, _PROPOSAL, _DECISION, _STATUS = 1, 2, 3, 4


def encode_message(message: Message) -> bytes:
    """The bytes of a message."""
    if isinstance(message, Vote):
        return encode_list([encode_int(_VOTE), message.encode()])
    if isinstance(message, Proposal):
        return encode_list([encode_int(_PROPOSAL), message.encode()])
    if isinstance(message, Decision):
        return encode_list([encode_int(_DECISION), encode_decision(message)])
    return encode_list([encode_int(_STATUS), _encode_status(message)])


def decode_message(data: bytes) -> Message:
    """The message that these bytes encode. Raises `Refused` (malformed, too-large, kind, nil, bitmap)."""
    return read_record(data, MESSAGE_SIZE_LIMIT, _read)


def encode_decision(decision: Decision) -> bytes:
    """RLP of [candidate, certificate]."""
    return encode_list([decision.candidate.encode(), decision.certificate.encode()])


def decode_decision(data: bytes) -> Decision:
    """Raises `Refused` (malformed, too-large, kind, nil, bitmap)."""
    return read_record(data, MESSAGE_SIZE_LIMIT, _decision_of)


def _read(item: Decoded) -> Message:
    kind, body = members(item, 2)
    number = decode_int(kind)
    if number == _VOTE:
        return vote_of(body)
    if number == _PROPOSAL:
        return proposal_of(body)
    if number == _DECISION:
        return _decision_of(body)
    if number == _STATUS:
        return _status_of(body)
    raise Refused(Flaw.KIND, f"{number} is no kind of message")


def _decision_of(item: Decoded) -> Decision:
    candidate, certificate = members(item, 2)
    return Decision(candidate_of(candidate), certificate_of(certificate))


def _encode_status(status: Status) -> bytes:
    return encode_list(
        [
            encode_int(status.height),
            encode_int(status.round + 1),
            encode_int(int(status.has_proposal)),
            encode_bytes(status.prevotes),
            encode_bytes(status.precommits),
            encode_bytes(status.wanted),
        ]
    )


def _status_of(item: Decoded) -> Status:
    height, round_, has_proposal, prevotes, precommits, wanted = members(item, 6)
    return Status(
        bounded(height, NUMBER_LIMIT),
        bounded(round_, ROUND_LIMIT) - 1,
        flag(has_proposal),
        _bitmap(prevotes),
        _bitmap(precommits),
        hash32(wanted),
    )


def _bitmap(item: Decoded) -> bytes:
    bitmap = text(item)
    if len(bitmap) > MOST_VALIDATORS // 8:
        raise Refused(Flaw.BITMAP, f"{len(bitmap)} bytes")
    return bitmap
