"""What a delivery gets, written step by step: `Options().lz_receive(80_000).ordered()`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

from devnet.chain.types import Wei
from devnet.packets import options as packets
from devnet.packets.options import Compose, NativeDrop, Option, Ordered, Receive, decode_options
from zero_sdk.client.errors import WrongArguments
from zero_sdk.messages.words import padded


@dataclass(frozen=True, slots=True, eq=False)
class Options(packets.Options):
    """Options in their order; each method gives new ones with one more. Several of a kind add up, so that a
    sender's gas comes on top of what an application enforces. `encoded` is what contracts take. A number that
    does not fit raises WrongArguments."""

    def lz_receive(self, gas: int, value: int = 0) -> Self:
        """Gas, and perhaps wei, for the receiver's `lzReceive`."""
        return self._with(Receive(gas, Wei(value)))

    def native_drop(self, amount: int, receiver: Any) -> Self:
        """Wei that an account of the destination is given beside the message."""
        return self._with(NativeDrop(Wei(amount), padded(receiver)))

    def lz_compose(self, index: int, gas: int, value: int = 0) -> Self:
        """Gas, and perhaps wei, for the composed call with that index (an OFT makes one, index 0)."""
        return self._with(Compose(index, gas, Wei(value)))

    def ordered(self) -> Self:
        """Messages of the path are delivered in the order in which they were sent."""
        return self._with(Ordered())

    @classmethod
    def decode(cls, data: bytes | str) -> Self:
        """Of bytes or hex, of any of the three types. Raises `MalformedOptions`, and WrongArguments for what
        is no hex."""
        try:
            octets = bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else data
        except ValueError:
            raise WrongArguments(
                f"{data!r} is no hex", "Options().lz_receive(80_000) makes options"
            ) from None
        return cls(decode_options(octets).items)

    def __eq__(self, other: object) -> bool:
        # Those of a message that was read have no methods to go on with, and are the same options.
        return self.items == other.items if isinstance(other, packets.Options) else NotImplemented

    def __hash__(self) -> int:
        return packets.Options.__hash__(self)

    def _with(self, option: Option) -> Self:
        made = replace(self, items=(*self.items, option))
        # Here, where the number was given, and not where it is first sent.
        try:
            _ = made.encoded
        except ValueError as error:
            raise WrongArguments(f"{option}: {error}", "gas and wei are from 0 up to 2^128 - 1") from None
        return made
