"""Evidence in a data folder: what convicts a validator outlives the process that found it.

    header ‖ record: RLP of [evidence, set of validators of its height], one for each piece

Pieces are appended as they are found, and given to the operating system. Reading stops at the first record
that is not whole, which is one that a killed process was writing; what comes then takes its place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from devnet.chain.rlp import decode, encode_bytes, encode_list
from devnet.chain.rlp_items import members, text
from devnet.chain.validator_set import ValidatorSet
from devnet.persistence.errors import FolderError
from devnet.persistence.header import HEADER_SIZE, NO_ZONE, Header, decode_header, validate_header
from devnet.persistence.records import FRAME, FRAME_SIZE, crc32c, frame
from devnet.settlement.evidence import Evidence, decode_evidence
from devnet.settlement.flaws import Refused
from devnet.settlement.payload import encode_set, read_set

_LOG = logging.getLogger(__name__)

EVIDENCE_KIND = b"EVID"


class EvidenceFile:
    """The file of one network. One thread writes."""

    def __init__(self, path: Path, identity: bytes, *, is_read_only: bool = False) -> None:
        """`identity` is the network's configuration hash. The file is made when something is written."""
        self._path = path
        self._header = Header(EVIDENCE_KIND, identity, NO_ZONE)
        self._is_read_only = is_read_only
        self._end = 0
        """Of what is whole, in bytes."""

    def read(self) -> Iterator[tuple[Evidence, ValidatorSet]]:
        """What is in it, oldest first; nothing, and a word in the log, where something else is in its
        place."""
        try:
            content = self._path.read_bytes()
        except OSError:
            return
        try:
            validate_header(decode_header(content, self._path), self._header, self._path)
        except FolderError as error:
            _LOG.warning("evidence that was kept is not read: %s", error)
            return
        self._end = HEADER_SIZE
        while (payload := _payload(content, self._end)) is not None:
            try:
                evidence, validators = members(decode(payload), 2)
                piece = decode_evidence(text(evidence)), read_set(validators)
            except (ValueError, Refused) as error:
                _LOG.warning("%s makes no sense from byte %d on: %s", self._path, self._end, error)
                return
            self._end += FRAME_SIZE + len(payload)
            yield piece

    def append(self, evidence: Evidence, validators: ValidatorSet) -> None:
        """Keeps a piece. What cannot be written is said in the log: it is served as long as the process
        runs."""
        if self._is_read_only:
            return
        record = frame(encode_list([encode_bytes(evidence.encode()), encode_set(validators)]))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("r+b" if self._end else "wb") as file:
                if not self._end:
                    file.write(self._header.encode())
                    self._end = HEADER_SIZE
                file.seek(self._end)
                file.truncate()
                file.write(record)
        except OSError as error:
            _LOG.warning("evidence cannot be written to %s: %s", self._path, error)
            return
        self._end += len(record)


def _payload(content: bytes, place: int) -> bytes | None:
    """The payload of the record that begins there; None where there is no whole one."""
    if len(content) < place + FRAME_SIZE:
        return None
    length, checksum = FRAME.unpack_from(content, place)
    payload = content[place + FRAME_SIZE : place + FRAME_SIZE + length]
    return payload if len(payload) == length and length and crc32c(payload) == checksum else None
