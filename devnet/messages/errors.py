"""What is refused about messages, and why. Each class is one stable kind."""

from __future__ import annotations

from devnet.chain.types import Hash32


class MessageError(Exception):
    """Base of this package's errors; the message says what to do."""


class NoMessaging(MessageError):
    """The network is from before there were messages: its zones have no endpoint."""

    def __init__(self) -> None:
        super().__init__(
            "this network has no contracts for messages: a version from before there were any began it; "
            "begin a new one"
        )


class UnknownMessage(MessageError, LookupError):
    """No zone sent a message with that GUID, as far as the blocks go that are kept."""

    def __init__(self, guid: Hash32) -> None:
        super().__init__(f"no message 0x{guid.hex()} was sent in the blocks that are kept")
        self.guid = guid

    def __reduce__(self) -> tuple[type[UnknownMessage], tuple[Hash32]]:
        return UnknownMessage, (self.guid,)


class NotProvable(MessageError):
    """There is no proof of the message (yet)."""


class NotDeliverable(MessageError):
    """The message cannot be delivered now."""
