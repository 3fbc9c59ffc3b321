"""What a zone refuses, and why.

    ZoneError
    ├── UnknownBlock        no such block (any more, or yet)
    ├── UnknownFilter       never installed, uninstalled or expired
    ├── UnknownSnapshot     never taken, or taken after a state that was reverted
    ├── LimitExceeded       an answer or a run would be larger or longer than allowed
    ├── BadRequest          the arguments contradict each other or cannot be met
    └── NotUnlocked         the network holds no key for the sender and does not impersonate it

Transactions that cannot be accepted raise `devnet.chain.errors.InvalidTransaction`.
"""

from __future__ import annotations


class ZoneError(Exception):
    """Base of this package's errors."""


class UnknownBlock(ZoneError):
    """No such block (any more, or yet)."""


class UnknownFilter(ZoneError):
    """The filter was never installed, was uninstalled, or expired."""


class UnknownSnapshot(ZoneError):
    """The snapshot was never taken, or a revert went back behind it."""


class LimitExceeded(ZoneError):
    """An answer or a run would be larger or longer than the configuration allows."""


class BadRequest(ZoneError):
    """The arguments contradict each other or cannot be met."""


class NotUnlocked(ZoneError):
    """The network holds no key for the sender and does not impersonate it."""
