"""Options: ours are LayerZero's, byte for byte, as their builders in JavaScript and Solidity make them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import Hash32, Wei
from devnet.packets.options import (
    Compose,
    NativeDrop,
    Option,
    Options,
    Ordered,
    Read,
    Receive,
    decode_options,
)
from tests.layerzero import packages
from zero_sdk import local
from zero_sdk.client.contract import Contract

pytestmark = pytest.mark.clients

# Their builder leaves a value of zero out, as ours does.
WIDE = st.one_of(st.integers(1, 2**128 - 1), st.sampled_from([1, 2**127, 2**128 - 1]))
VALUES = st.one_of(st.just(0), WIDE).map(Wei)
INDEXES = st.integers(0, 2**16 - 1)
SOLIDITY: st.SearchStrategy[Option] = st.one_of(
    st.builds(Receive, WIDE, VALUES),
    st.builds(NativeDrop, WIDE.map(Wei), st.binary(min_size=32, max_size=32).map(Hash32)),
    st.builds(Compose, INDEXES, WIDE, VALUES),
    st.just(Ordered()),
)
JAVASCRIPT = st.one_of(SOLIDITY, st.builds(Read, WIDE, st.integers(1, 2**32 - 1), VALUES))


def asked(option: Option) -> list[Any]:
    """An option as the script takes it: numbers as text, which JavaScript would round."""
    match option:
        case Receive(gas, value):
            return ["receive", str(gas), str(value)]
        case NativeDrop(amount, receiver):
            return ["drop", str(amount), f"0x{receiver.hex()}"]
        case Compose(index, gas, value):
            return ["compose", index, str(gas), str(value)]
        case Read(gas, size, value):
            return ["read", str(gas), size, str(value)]
    return ["ordered"]


@pytest.fixture(scope="module")
def builder() -> Iterator[Any]:
    with packages.answering("options.mjs") as ask:
        yield ask


@pytest.fixture(scope="module")
def book() -> Contract:
    return local(("alpha",)).default_zone.deploy(packages.build().artifact("OptionsBook"))


@given(items=st.lists(JAVASCRIPT, max_size=5).map(tuple))
def test_what_their_javascript_builds_we_build_and_read(builder: Any, items: tuple[Option, ...]) -> None:
    options = Options(items)
    built = bytes.fromhex(builder([asked(item) for item in items])[2:])
    assert options.encoded == built
    assert decode_options(built) == options


@settings(max_examples=25)
@given(items=st.lists(SOLIDITY, max_size=4).map(tuple))
def test_what_their_solidity_builds_we_build_and_read(book: Contract, items: tuple[Option, ...]) -> None:
    built = book.create()
    for item in items:
        match item:
            case Receive(gas, value):
                built = book.receiving(built, gas, value)
            case NativeDrop(amount, receiver):
                built = book.dropping(built, amount, receiver)
            case Compose(index, gas, value):
                built = book.composing(built, index, gas, value)
            case _:
                built = book.ordered(built)
    assert Options(items).encoded == built
    assert decode_options(built) == Options(items)
