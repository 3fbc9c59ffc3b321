"""Sourcify's API beside the JSON-RPC of `zero devnet`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.verifying.sourcify import Sourcify

PREFIX = "/v2/"


class Verifier:
    """Made when it is asked for the first time: it needs a compiler, which most networks never do."""

    def __init__(self) -> None:
        self.url = ""
        """Of the network, which is known when it is served."""
        self._application: Sourcify | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if self._application is None:
            from zero_sdk.verifying.sourcify import Sourcify

            self._application = Sourcify(self._code_at, self._creation_of)
        await self._application(scope, receive, send)

    def _code_at(self, chain_id: int, address: str) -> bytes:
        from zero_sdk.client.connecting import connect

        with connect(self.url) as network:
            return network.zone(chain_id).code(address)

    def _creation_of(self, chain_id: int, address: str) -> bytes | None:
        from zero_sdk.client.connecting import connect
        from zero_sdk.verifying.creation import creation_code

        with connect(self.url) as network:
            return creation_code(network.zone(chain_id), address)
