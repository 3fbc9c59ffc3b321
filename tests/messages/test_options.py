"""Options are built step by step, and are the bytes of LayerZero V2."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.packets.options import Compose, NativeDrop, Ordered, Receive, decode_options
from zero_sdk.client.errors import WrongArguments
from zero_sdk.messages import Options, combine_options, padded, unpadded

BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
GAS, VALUE = st.integers(0, (1 << 128) - 1), st.integers(0, (1 << 128) - 1)


def test_a_published_example_is_built() -> None:
    built = Options().lz_receive(200_000).encoded
    assert built == bytes.fromhex("00030100110100000000000000000000000000030d40")


def test_options_are_in_the_order_in_which_they_were_named() -> None:
    built = Options().lz_receive(1, 2).native_drop(3, BOB).lz_compose(4, 5, 6).ordered()
    assert built.items == (Receive(1, 2), NativeDrop(3, padded(BOB)), Compose(4, 5, 6), Ordered())


def test_options_are_equal_to_those_that_were_read() -> None:
    built = Options().lz_receive(7).ordered()
    read = decode_options(built.encoded)
    assert built == read
    assert read == built
    assert len({built, read}) == 1
    assert built != Options().lz_receive(7)


def test_a_step_leaves_what_it_was_taken_from_alone() -> None:
    base = Options().lz_receive(1)
    assert base.ordered() != base
    assert base == Options().lz_receive(1)


@given(st.lists(st.tuples(GAS, VALUE), max_size=5), st.booleans())
def test_what_is_built_is_read_back_and_adds_up(pairs: list[tuple[int, int]], ordered: bool) -> None:
    built = Options()
    for gas, value in pairs:
        built = built.lz_receive(gas, value)
    built = built.ordered() if ordered else built
    assert Options.decode(built.encoded) == built
    assert Options.decode(f"0x{built.encoded.hex()}") == built
    assert built.receive == Receive(sum(gas for gas, _ in pairs), sum(value for _, value in pairs))
    assert built.is_ordered == ordered


@given(GAS, GAS)
def test_what_a_sender_adds_comes_on_top_of_what_is_enforced(enforced: int, extra: int) -> None:
    both = combine_options(Options().lz_receive(enforced).encoded, Options().lz_receive(extra).encoded)
    assert Options.decode(both).receive.gas == enforced + extra


@pytest.mark.parametrize("gas", [-1, 1 << 128])
def test_a_number_that_has_no_place_is_refused_where_it_is_named(gas: int) -> None:
    with pytest.raises(WrongArguments, match="does not fit"):
        Options().lz_receive(gas)


def test_what_is_no_hex_is_no_options() -> None:
    with pytest.raises(WrongArguments, match="no hex"):
        Options.decode("0xzz")


def test_addresses_are_padded_and_come_back() -> None:
    assert padded(BOB) == bytes(12) + bytes.fromhex(BOB[2:])
    assert unpadded(padded(BOB)) == BOB
    assert padded(padded(BOB)) == padded(BOB)
    assert unpadded(b"\1" * 32) == "0x" + "01" * 32
    with pytest.raises(WrongArguments, match="no address"):
        padded("bob")
