"""JSON-RPC over HTTP under asyncio, with aiohttp, which web3 brings along. Requests run side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zero_sdk.client.errors import NoAnswer, Refused
from zero_sdk.client.transports import Call
from zero_sdk.client.transports.http import DEFAULT_TIMEOUT, shown_url, split_url
from zero_sdk.client.transports.messages import (
    BATCH_LIMIT,
    HEADERS,
    RETRYABLE,
    TRIES,
    decode_answer,
    decode_batch,
    encode_batch,
    encode_call,
    pause_before,
)

if TYPE_CHECKING:
    from aiohttp import ClientSession


class AsyncHttp:
    """A node behind a URL, for the coroutines of one event loop."""

    is_remote = True

    def __init__(self, url: str, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Connects at the first request. Raises WrongArguments for what is no URL of a node."""
        split_url(url)
        self.url = url
        self.timeout = timeout
        self._shown = shown_url(url)
        self._session: ClientSession | None = None
        self._takes_batches = True

    async def request(self, method: str, parameters: Sequence[Any]) -> Any:
        """As `AsyncTransport.request`."""
        status, body = await self._post(encode_call(method, parameters))
        return decode_answer(self._shown, method, status, body)

    async def batch(self, calls: Sequence[Call]) -> list[Any]:
        """As `AsyncTransport.batch`; one by one where the node takes no batches."""
        results: list[Any] = []
        for start in range(0, len(calls), BATCH_LIMIT):
            some = calls[start : start + BATCH_LIMIT]
            answers = None
            if self._takes_batches and len(some) > 1:
                status, body = await self._post(encode_batch(some))
                answers = decode_batch(self._shown, some, status, body)
                self._takes_batches = answers is not None
            results += [await self._outcome(*call) for call in some] if answers is None else answers
        return results

    async def close(self) -> None:
        """Lets the connections go; the next request makes others."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def __repr__(self) -> str:
        return f"AsyncHttp({self._shown!r})"

    async def _outcome(self, method: str, parameters: Sequence[Any]) -> Any:
        try:
            return await self.request(method, parameters)
        except Refused as refused:
            return refused

    async def _post(self, body: bytes) -> tuple[int, bytes]:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self.timeout))
        for attempt in range(TRIES):
            try:
                async with self._session.post(self.url, data=body, headers=HEADERS) as reply:
                    answer = await reply.read()
                    status, told = reply.status, reply.headers.get("Retry-After")
            except TimeoutError:
                raise NoAnswer(f"{self._shown} did not answer within {self.timeout:g} s") from None
            except (aiohttp.ClientError, OSError) as error:
                reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
                raise NoAnswer(
                    f"no node answers at {self._shown}: {reason}", "`zero devnet` starts one"
                ) from None
            if status not in RETRYABLE or attempt == TRIES - 1:
                break
            await asyncio.sleep(min(pause_before(attempt, told), self.timeout))
        return status, answer
