"""Fetches what a height's producers handed out, and judges it: on a thread of its own."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode

from devnet.chain.types import Hash32
from devnet.proving.witness import MOST_BYTES
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.consensus.judging import Opinion, Verdict
from devnet.settlement.judging import ValidatorJudge
from devnet.settlement.payload import decode_payload
from devnet.settlement.proposal import Candidate
from devnet.settlement.remote.deliveries import PIECE_BYTES, Part
from devnet.settlement.remote.package_codec import decode_columns, decode_package

PATH = "/network/delivery"
SIZE_HEADER = "x-zero-size"
"""How many bytes the whole has."""

MOST_FETCHED = MOST_BYTES + (1 << 26)
"""Of one part of one update: the largest proof, with header and combination."""

_TIMEOUT = 30.0


class FetchFailed(Exception):
    """What belongs to an update could not be had; the message says what and why."""


@dataclass(slots=True)
class Cost:
    """What looking at candidates took."""

    bytes: int = 0
    """That were fetched."""
    fetching: float = 0.0
    """Seconds."""
    judging: float = 0.0
    """Seconds."""
    heard: int = 0
    """Bytes of messages and answers that came by WebSocket."""
    said: int = 0
    """The same in the other direction."""


class Fetcher:
    """One connection to a network. Methods are called by one thread at a time."""

    def __init__(self, parts: SplitResult) -> None:
        """`parts` is the network's URL."""
        self._parts = parts
        self._connection: http.client.HTTPConnection | None = None
        self.cost = Cost()
        """Of everything so far."""

    def look(self, judge: ValidatorJudge, candidate: Candidate, holder: int | None) -> Verdict:
        """Fills the judge's delivery with what the holder (an index in the set) is given of the candidate's
        updates, and asks the judge."""
        begun = time.monotonic()
        try:
            for update in decode_payload(candidate.payload).updates:
                self._fetch_update(judge, update, holder)
        except ValueError as error:
            return Verdict(Opinion.REFUSED, f"malformed: {error}")
        except FetchFailed as error:
            return Verdict(Opinion.REFUSED, f"missing: {error}")
        finally:
            fetched = time.monotonic()
            self.cost.fetching += fetched - begun
        verdict = judge.judge(candidate)
        self.cost.judging += time.monotonic() - fetched
        return verdict

    def _fetch_update(self, judge: ValidatorJudge, update: ZoneUpdate, holder: int | None) -> None:
        key = update.signed_hash
        package = decode_package(self._fetch(key, Part.PACKAGE, holder or 0))
        judge.delivery.packages[key] = package
        if holder is not None:
            columns = self._fetch(key, Part.COLUMNS, holder)
            judge.delivery.columns[key] = decode_columns(columns, package.header)

    def _fetch(self, update: Hash32, part: Part, holder: int) -> bytes:
        pieces: list[bytes] = []
        got = 0
        while True:
            size, piece = self._piece(update, part, holder, got)
            if size > MOST_FETCHED:
                raise FetchFailed(f"the {part.value} of update 0x{update.hex()} has {size} bytes")
            pieces.append(piece)
            got += len(piece)
            self.cost.bytes += len(piece)
            if got == size:
                return b"".join(pieces)
            if not piece or got > size:
                raise FetchFailed(f"the {part.value} of update 0x{update.hex()} ends after {got} bytes")

    def _piece(self, update: Hash32, part: Part, holder: int, offset: int) -> tuple[int, bytes]:
        query = urlencode({"update": f"0x{update.hex()}", "part": part, "holder": holder, "offset": offset})
        try:
            status, size, body = self._get(f"{PATH}?{query}")
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise FetchFailed(f"the network does not answer: {error or type(error).__name__}") from error
        if status == 404:
            raise FetchFailed(f"nobody hands out the {part.value} of update 0x{update.hex()}")
        if status != 200 or not size.isdecimal():
            raise FetchFailed(f"HTTP {status} for the {part.value} of update 0x{update.hex()}")
        return int(size), body

    def _get(self, path: str) -> tuple[int, str, bytes]:
        if self._connection is None:
            kind = (
                http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
            )
            self._connection = kind(self._parts.hostname or "", self._parts.port, timeout=_TIMEOUT)
        self._connection.request("GET", path)
        reply = self._connection.getresponse()
        body = reply.read(PIECE_BYTES + 1)
        if len(body) > PIECE_BYTES:
            raise http.client.HTTPException(f"a piece of more than {PIECE_BYTES} bytes")
        return reply.status, reply.headers.get(SIZE_HEADER, ""), body

    def close(self) -> None:
        """Ends the connection; the next fetch makes another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
