"""What goes between a network and validators elsewhere, as bytes: read back as it was, else refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.rlp import decode, encode
from devnet.chain.types import Hash32
from devnet.network import Network
from devnet.rpc.namespaces.zero_seats import genesis_facts
from devnet.settlement.acceptance import Package
from devnet.settlement.remote.deliveries import PIECE_BYTES, Deliveries, Part
from devnet.settlement.remote.genesis_facts import GenesisFacts
from devnet.settlement.remote.notices import HeightNotice, MessageNotice, notice_document, notice_of
from devnet.settlement.remote.package_codec import (
    decode_columns,
    decode_package,
    encode_columns,
    encode_package,
)
from tests.settlement.networks import network, pay


@pytest.fixture(scope="module")
def settled() -> Network:
    net = network()
    pay(net, "alpha")
    net.settle()
    return net


@pytest.fixture(scope="module")
def package(settled: Network) -> Package:
    (update,) = settled.settlement.chain.at(1).updates  # type: ignore[union-attr]
    piece = settled.hub.deliveries.read(update.signed_hash, Part.PACKAGE, 0, 0)
    assert piece is not None
    return decode_package(piece.data)


def test_a_package_is_read_back_and_its_batch_travels_once(package: Package) -> None:
    encoded = encode_package(package)
    assert decode_package(encoded) == package
    assert package.batch in package.proof.data
    assert len(encoded) < len(package.proof.data) + len(package.combination) + 200
    other = replace(package, batch=b"another one")
    assert decode_package(encode_package(other)) == other


@given(st.binary(max_size=300))
def test_bytes_that_are_no_package_are_refused(noise: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_package(noise)


def test_columns_are_read_back(settled: Network, package: Package) -> None:
    (update,) = settled.settlement.chain.at(1).updates  # type: ignore[union-attr]
    piece = settled.hub.deliveries.read(update.signed_hash, Part.COLUMNS, 2, 0)
    assert piece is not None
    columns = decode_columns(piece.data, package.header)
    assert [column.index for column in columns] == list(range(64, 96))
    assert encode_columns(columns) == piece.data
    with pytest.raises(ValueError, match="no columns"):
        decode_columns(piece.data[:-1], package.header)


def test_what_nobody_handed_out_is_not_there(settled: Network) -> None:
    read = settled.hub.deliveries.read
    (update,) = settled.settlement.chain.at(1).updates  # type: ignore[union-attr]
    key = update.signed_hash
    assert read(Hash32(bytes(32)), Part.PACKAGE, 0, 0) is None
    assert read(key, Part.COLUMNS, 4, 0) is None
    assert read(key, Part.PACKAGE, 0, 1 << 40) is None
    assert read(key, Part.PACKAGE, 0, -1) is None


def test_pieces_make_the_whole(package: Package) -> None:
    from devnet.settlement.judging import Delivery

    large = replace(package, batch=bytes(range(256)) * 12_000)
    deliveries, key = Deliveries(), Hash32(b"\x01" * 32)
    deliveries.offer(1, {0: Delivery({key: large}, {})})
    whole = b""
    while True:
        piece = deliveries.read(key, Part.PACKAGE, 0, len(whole))
        assert piece is not None
        assert len(piece.data) <= PIECE_BYTES
        whole += piece.data
        if len(whole) == piece.size:
            break
    assert whole == encode_package(large)
    deliveries.offer(2, {})
    assert deliveries.read(key, Part.PACKAGE, 0, 0) is not None, "one height back is kept"
    deliveries.offer(3, {})
    assert deliveries.read(key, Part.PACKAGE, 0, 0) is None


def test_facts_about_genesis_are_read_back_and_named_by_their_hash(settled: Network) -> None:
    facts = genesis_facts(settled)
    assert GenesisFacts.decode(facts.encode()) == facts
    assert facts.root == genesis_facts(network()).root
    assert facts.root != genesis_facts(network(gas_limit=2_000_000_000)).root
    assert facts.genesis == settled.config.genesis_settlement
    first, *others = facts.zones
    moved = replace(facts, zones=(replace(first, program=others[0].program), *others))
    with pytest.raises(ValueError, match="of another zone or network"):
        GenesisFacts.decode(moved.encode())


@given(st.data())
def test_facts_that_are_changed_are_other_facts_or_none(settled: Network, data: st.DataObject) -> None:
    encoded = genesis_facts(settled).encode()
    place = data.draw(st.integers(0, len(encoded) - 1))
    changed = (
        encoded[:place] + bytes([encoded[place] ^ data.draw(st.integers(1, 255))]) + encoded[place + 1 :]
    )
    try:
        facts = GenesisFacts.decode(changed)
    except ValueError:
        return
    assert facts != genesis_facts(settled)
    assert facts.encode() == changed


_NUMBERS = st.integers(0, (1 << 64) - 1)
_HEIGHTS = st.builds(
    HeightNotice,
    _NUMBERS,
    _NUMBERS,
    st.binary(min_size=32, max_size=32).map(Hash32),
    st.none() | st.integers(0, 1 << 16),
    st.booleans(),
    st.binary(max_size=50),
)
_MESSAGES = st.builds(MessageNotice, st.integers(0, 1 << 16), st.binary(max_size=50))


@given(_HEIGHTS | _MESSAGES)
def test_notices_are_read_back(notice: HeightNotice | MessageNotice) -> None:
    assert notice_of(notice_document(notice)) == notice


@given(_HEIGHTS | _MESSAGES, st.data())
def test_notices_with_something_else_in_them_are_refused(
    notice: HeightNotice | MessageNotice, data: st.DataObject
) -> None:
    document = notice_document(notice)
    name = data.draw(st.sampled_from(sorted(set(document) - {"hasSeat"})))
    document[name] = data.draw(st.sampled_from([[], {}, "0xzz", "zz", -1, 1.5, 1 << 70]))
    if name == "index" and document[name] is None:
        return
    with pytest.raises(ValueError, match=r"."):
        notice_of(document)


def test_a_package_is_decoded_strictly(package: Package) -> None:
    items = decode(encode_package(package))
    assert isinstance(items, list)
    first = items[0]
    assert isinstance(first, bytes)
    for changed in (items[:-1], [*items, b""], [first[:-1], *items[1:]], [b"", *items[1:]]):
        with pytest.raises(ValueError, match=r"."):
            decode_package(encode(changed))  # type: ignore[arg-type]
