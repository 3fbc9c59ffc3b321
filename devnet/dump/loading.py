"""A dump into a network that is there."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from devnet.dump.errors import DumpError, Fault, damaged
from devnet.dump.reading import Dump

if TYPE_CHECKING:
    from devnet.config import NetworkConfig
    from devnet.network import Network


def load_dump(network: Network, file: BinaryIO) -> None:
    """See `Network.load`."""
    dump = Dump(file)
    # A served network's genesis is of the moment when it was started, so every run has another.
    config = replace(network.config, genesis_time=dump.config.genesis_time)
    validate_same(dump.config, config)
    with content_problems():
        network.replace(dump, config)


def validate_same(dumped: NetworkConfig, running: NetworkConfig) -> None:
    """Raises DumpError (OTHER_NETWORK), which names what differs."""
    differences = dumped.differences(running)
    if not differences:
        return
    words = [
        f"{name} differs"
        if values is None
        else f"{name} is {_short(values[0])} there, {_short(values[1])} here"
        for name, values in differences.items()
    ]
    advice = "`zero devnet --load FILE` starts a network as it was dumped"
    raise DumpError(Fault.OTHER_NETWORK, "; ".join(words), advice)


@contextmanager
def content_problems() -> Iterator[None]:
    """Turns what the parts raise about records that make no sense into a `DumpError`: the dump has a right
    digest, so it was made like this."""
    try:
        yield
    except (ValueError, LookupError, TypeError, OverflowError, struct.error) as error:
        raise damaged(f"what is in it makes no sense: {type(error).__name__}: {error}") from error


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
