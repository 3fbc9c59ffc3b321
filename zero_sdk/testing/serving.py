"""The fixture `server`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from zero_sdk.variables import RPC_URL, variable_of

if TYPE_CHECKING:
    from zero_sdk.client.network import Network


@dataclass(frozen=True, slots=True)
class Server:
    """Where the network is served."""

    url: str
    """Of the first zone; `url/NAME` is a zone's."""
    urls: Mapping[str, str]
    """By the names of the zones."""

    def environment(self) -> dict[str, str]:
        """This process's variables and those that `zero devnet --exec` sets, for a command that is started:
        ZERO_RPC_URL and ZERO_RPC_URL_ALPHA, …"""
        return {
            **os.environ,
            RPC_URL: self.url,
            **{variable_of(name): url for name, url in self.urls.items()},
        }


@contextmanager
def served(network: Network) -> Iterator[Server]:
    """Serves a network on a free port; it can be used as before meanwhile."""
    with network.serve() as url:
        yield Server(url, {name: f"{url}/{name}" for name in network.zones})
