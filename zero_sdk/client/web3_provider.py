"""web3.py over a transport of this library, so that it works in process as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from zero_sdk.client.errors import Refused

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3

    from zero_sdk.client.transports import Transport


def web3_of(transport: Transport) -> Web3:
    """A Web3 whose requests go over the transport."""
    from web3 import Web3
    from web3.providers import BaseProvider

    class Provider(BaseProvider):
        def make_request(self, method: Any, params: Any) -> Any:
            return _answer(transport, method, params)

        def is_connected(self, show_traceback: bool = False) -> bool:
            return "result" in _answer(transport, "eth_chainId", [])

    return Web3(Provider())


def async_web3_of(transport: Transport) -> AsyncWeb3[Any]:
    """An AsyncWeb3: over HTTP with its own provider, in process over the transport."""
    from web3 import AsyncHTTPProvider, AsyncWeb3
    from web3.providers.async_base import AsyncBaseProvider

    if transport.url is not None:
        return AsyncWeb3(AsyncHTTPProvider(transport.url))

    class Provider(AsyncBaseProvider):
        async def make_request(self, method: Any, params: Any) -> Any:
            return _answer(transport, method, params)

        async def is_connected(self, show_traceback: bool = False) -> bool:
            return "result" in _answer(transport, "eth_chainId", [])

    return AsyncWeb3(cast(Any, Provider()))


def _answer(transport: Transport, method: str, params: Any) -> Any:
    try:
        return {"jsonrpc": "2.0", "id": 1, "result": transport.request(method, _plain(params))}
    except Refused as refused:
        error = {"code": refused.code, "message": refused.reply}
        if refused.data is not None:
            error["data"] = refused.data
        return {"jsonrpc": "2.0", "id": 1, "error": error}


def _plain(value: Any) -> Any:
    """What web3.py gives (attribute dicts, tuples, bytes) as JSON has it."""
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return value
