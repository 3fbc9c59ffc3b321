"""Options: LayerZero's bytes, sums as the executor makes them, and a name for whatever is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.types import Hash32, Wei
from devnet.packets.options import (
    Compose,
    MalformedOptions,
    NativeDrop,
    Option,
    Options,
    OptionsFlaw,
    Ordered,
    Read,
    Receive,
    VerifierOption,
    combine_options,
    decode_options,
)

GAS = st.integers(0, 2**128 - 1)
AMOUNT = GAS.map(Wei)
ITEMS: st.SearchStrategy[Option] = st.one_of(
    st.builds(Receive, GAS, AMOUNT),
    st.builds(NativeDrop, AMOUNT, st.binary(min_size=32, max_size=32).map(Hash32)),
    st.builds(Compose, st.integers(0, 2**16 - 1), GAS, AMOUNT),
    st.just(Ordered()),
    st.builds(Read, GAS, st.integers(0, 2**32 - 1), AMOUNT),
    st.builds(VerifierOption, st.binary(min_size=2, max_size=9)),
)
LISTS = st.lists(ITEMS, max_size=6).map(lambda items: Options(tuple(items)))

GAS_200K = bytes.fromhex("00030100110100000000000000000000000000030d40")


def test_gas_is_written_as_layerzero_writes_it() -> None:
    """200,000 gas for lzReceive, as OptionsBuilder gives it."""
    assert Options((Receive(200_000),)).encoded == GAS_200K


@given(LISTS)
def test_options_are_read_as_they_were_written(options: Options) -> None:
    assert decode_options(options.encoded) == options


@given(LISTS, LISTS)
def test_combined_options_come_one_after_the_other(enforced: Options, extra: Options) -> None:
    combined = combine_options(enforced.encoded, extra.encoded)
    assert decode_options(combined) == Options(enforced.items + extra.items)
    assert combine_options(b"", extra.encoded) == extra.encoded
    assert combine_options(enforced.encoded, b"") == enforced.encoded


@given(LISTS)
def test_options_of_one_kind_add_up(options: Options) -> None:
    receives = [item for item in options.items if isinstance(item, Receive)]
    assert options.receive.gas == sum(item.gas for item in receives)
    assert options.receive.value == sum(item.value for item in receives)
    composes = [item for item in options.items if isinstance(item, Compose)]
    assert set(options.composes) == {item.index for item in composes}
    assert sum(item.gas for item in options.composes.values()) == sum(item.gas for item in composes)
    assert options.is_ordered == (Ordered() in options.items)
    assert options.drops == tuple(item for item in options.items if isinstance(item, NativeDrop))


def test_the_older_types_are_read() -> None:
    gas, amount = (300_000).to_bytes(32, "big"), (5).to_bytes(32, "big")
    receiver = bytes.fromhex("e69a847cd5bc0c9480ada0b339d7f0a8cac2b667")
    assert decode_options(b"\0\1" + gas).items == (Receive(300_000),)
    drop = NativeDrop(Wei(5), Hash32(bytes(12) + receiver))
    assert decode_options(b"\0\2" + gas + amount + receiver).items == (Receive(300_000), drop)


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        (b"", OptionsFlaw.TYPE),
        (b"\0", OptionsFlaw.TYPE),
        (b"\0\4", OptionsFlaw.TYPE),
        (b"\0\1" + bytes(31), OptionsFlaw.LENGTH),
        (b"\0\2" + bytes(64), OptionsFlaw.LENGTH),
        (b"\0\2" + bytes(97), OptionsFlaw.LENGTH),
        (GAS_200K[:-1], OptionsFlaw.LENGTH),
        (GAS_200K + b"\1", OptionsFlaw.LENGTH),
        (b"\0\3\1\0\0", OptionsFlaw.LENGTH),
        (b"\0\3\1\0\2\4\0", OptionsFlaw.LENGTH),
        (b"\0\3\1\0\x10\1" + bytes(15), OptionsFlaw.LENGTH),
        (b"\0\3\3\0\1\1", OptionsFlaw.WORKER),
        (b"\0\3\1\0\1\6", OptionsFlaw.OPTION),
        (b"\0\3" + bytes(1 << 16), OptionsFlaw.LENGTH),
    ],
)
def test_what_is_no_options_is_named(data: bytes, flaw: OptionsFlaw) -> None:
    with pytest.raises(MalformedOptions) as caught:
        decode_options(data)
    assert caught.value.flaw is flaw


@given(st.binary(max_size=80).map(lambda rest: b"\0\3" + rest))
def test_any_bytes_are_options_or_named(data: bytes) -> None:
    """What is read is read again when it is written; a value of zero that was written is left out."""
    try:
        options = decode_options(data)
    except MalformedOptions:
        return
    assert decode_options(options.encoded) == options


@pytest.mark.parametrize(
    "item",
    [Receive(-1), Receive(2**128), Compose(2**16, 1), Read(1, 2**32), NativeDrop(Wei(-1), Hash32(bytes(32)))],
)
def test_numbers_without_a_place_are_refused(item: Option) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        _ = Options((item,)).encoded


def test_only_type_3_can_be_combined() -> None:
    with pytest.raises(MalformedOptions) as caught:
        combine_options(GAS_200K, b"\0\1" + bytes(32))
    assert caught.value.flaw is OptionsFlaw.TYPE
