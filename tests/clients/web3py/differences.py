"""What of web3.py's suite a zone does not pass, and why. docs/clients.md has the same table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """Why a test fails, and in which of the suites ("http", "async_http", "websocket")."""

    reason: str
    suites: frozenset[str]


ALL = frozenset({"http", "async_http", "websocket"})
ASYNC = ALL - {"http"}

DIFFERENCES: dict[str, Difference] = {
    "test_eth_sign_typed_data": Difference(
        "web3.py's asynchronous name resolution unpacks the values of the message as pairs and raises before "
        "anything is sent",
        ASYNC,
    ),
    "test_invalid_eth_sign_typed_data": Difference(
        "expects an exception that only an in-process provider can raise; over a wire web3.py raises "
        "Web3RPCError (and asynchronously fails before anything is sent)",
        ALL,
    ),
    "test_async_eth_sign_transaction[bytes]": Difference(
        "compares the address as bytes with the address as text that web3.py itself recovered",
        ASYNC,
    ),
}
"""By the test's name, with its parameters where only some of them are meant."""
