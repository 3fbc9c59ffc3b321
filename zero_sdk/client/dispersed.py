"""What was dispersed for zone updates of a Zero network, and the updates' proofs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from zero_sdk.client.octets import octets

if TYPE_CHECKING:
    from zero_sdk.client.network import Network

PIECE = 2 * 1024 * 1024
"""Bytes that are asked for at once."""


class Dispersed:
    """`network.data`. Updates are named by their hashes, which `zone.update` and settlement blocks give."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def header(self, update: str) -> Mapping[str, Any] | None:
        """What the data was dispersed as, and who holds which columns, as JSON; None where it is not kept."""
        found: Mapping[str, Any] | None = self._network.rpc("zero_getDataHeader", update)
        return found

    def columns(
        self,
        update: str,
        indices: Sequence[int] | None = None,
        *,
        holder: int | None = None,
        repair: bool = False,
    ) -> list[bytes | None]:
        """Columns by index, or all of one holder, encoded as docs/availability.md says; None for one that is
        withheld. With `repair` it is computed from the others. Raises Refused."""
        which: Any = list(indices or ()) if holder is None else {"holder": holder}
        answers = self._network.rpc("zero_getColumns", update, which, repair)
        return [None if answer["column"] is None else octets(answer["column"]) for answer in answers]

    def sample(self, update: str, count: int = 16, seed: bytes | None = None) -> Mapping[str, Any]:
        """Lets the network ask the holders for some columns and check them; the answer as JSON. Who does not
        believe it uses `network.verify`. Raises Refused."""
        drawn = [] if seed is None else ["0x" + seed.hex()]
        found: Mapping[str, Any] = self._network.rpc("zero_sampleAvailability", update, count, *drawn)
        return found

    def batch(self, update: str) -> bytes:
        """The batch, put together from the columns that are given. Raises Refused where too few are."""
        return self._whole(lambda offset: self._network.rpc("zero_getBatch", update, offset, PIECE))

    def proof(self, update: str) -> bytes:
        """The proof. Raises Refused where it is not kept."""
        return self._whole(lambda offset: self._network.rpc("zero_getUpdateProof", update, offset, PIECE))

    def _whole(self, piece: Callable[[int], Any]) -> bytes:
        found = bytearray()
        while True:
            answer = piece(len(found))
            found += octets(answer["data"])
            if len(found) >= int(answer["size"], 16) or answer["data"] == "0x":
                return bytes(found)
