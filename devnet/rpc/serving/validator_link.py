"""A validator that lives elsewhere, at its WebSocket connection (docs/validator.md)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import orjson

from devnet.rpc.context import Context
from devnet.rpc.errors import LIMIT_EXCEEDED, REJECTED, RpcError
from devnet.settlement.remote.attaching import CHALLENGE_BYTES, attach_hash
from devnet.settlement.remote.notices import Notice, notice_document
from devnet.settlement.remote.seats import SeatTaken, Session


class ValidatorLink:
    """What one connection may do as a validator. Its methods run on the event loop, but for `push` and
    `close`, which any thread calls."""

    def __init__(
        self,
        context: Context,
        push: Callable[[bytes], None],
        close: Callable[[str], None],
        came: Callable[[], None],
    ) -> None:
        """`push` sends a notification, `close` ends the connection, `came` is told when it has become a
        validator's; all are the event loop's."""
        self._came = came
        self._context = context
        self._push = push
        self._close = close
        self._loop = asyncio.get_running_loop()
        self._challenge = secrets.token_bytes(CHALLENGE_BYTES)
        self._session: Session | None = None
        self.id = hex(secrets.randbits(127) | 1 << 127)
        """Of the subscription that carries notices."""

    def answer(self, method: str, arguments: Sequence[Any]) -> Any:
        """The result of one of the methods that only a connection has. Raises RpcError."""
        match method:
            case "zero_validatorChallenge":
                return f"0x{self._challenge.hex()}"
            case "zero_attachValidator":
                return self._attach(*arguments)
            case "zero_validatorMessage":
                return self._message(*arguments)
            case _:
                return self._ready(*arguments)

    def detach(self) -> None:
        """The connection is over."""
        if self._session is not None:
            self._seats.detach(self._session)
            self._session = None

    # ------------------------------------------------------------ its methods

    @property
    def _seats(self) -> Any:
        return self._context.network.hub.seats

    def _attach(self, public_key: bytes, signature: bytes) -> str:
        if self._session is not None:
            raise RpcError(REJECTED, "this connection is a validator's already")
        message = attach_hash(self._context.network.config_hash, self._challenge, public_key)
        if not self._context.network.signatures.verify(public_key, message, signature):
            raise RpcError(REJECTED, "the signature is not the key's on this connection's challenge")
        try:
            self._session = self._seats.attach(public_key, self)
        except SeatTaken as taken:
            raise RpcError(LIMIT_EXCEEDED, str(taken)) from None
        self._came()
        return self.id

    def _message(self, to: int | None, data: bytes) -> bool:
        return bool(self._seats.receive(self._attached(), to, data))

    def _ready(self, incarnation: int, height: int, words: str) -> bool:
        self._seats.ready(self._attached(), incarnation, height, words)
        return True

    def _attached(self) -> Session:
        if self._session is None:
            raise RpcError(REJECTED, "this connection is no validator's: zero_attachValidator makes it one")
        return self._session

    # ------------------------------------------------------------ `Outlet`

    def push(self, notice: Notice) -> None:
        """See `Outlet`."""
        result = orjson.dumps(notice_document(notice))
        self._call(
            self._push,
            b'{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"'
            + self.id.encode()
            + b'","result":'
            + result
            + b"}}",
        )

    def close(self, reason: str) -> None:
        """See `Outlet`."""
        self._call(self._close, reason)

    def _call(self, function: Callable[[Any], None], argument: Any) -> None:
        # A loop that is closed has no connections left.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, argument)
