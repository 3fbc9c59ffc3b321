"""Packets: the fields' places, the GUID, and that nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32
from devnet.packets.packet import (
    MalformedPacket,
    Packet,
    PacketFlaw,
    PacketHeader,
    Path,
    decode_header,
    decode_packet,
    padded,
)

WORD = st.binary(min_size=32, max_size=32).map(Hash32)
EID = st.integers(0, 2**32 - 1)
HEADERS = st.builds(PacketHeader, st.integers(0, 2**64 - 1), st.builds(Path, EID, WORD, EID, WORD))
PACKETS = st.builds(Packet, HEADERS, st.binary(max_size=300))


def test_a_guid_is_layerzeros() -> None:
    """The vector that LayerZero publishes for its GUID."""
    party = padded(Address(bytes.fromhex("e69a847cd5bc0c9480ada0b339d7f0a8cac2b667")))
    header = PacketHeader(1, Path(30001, party, 30002, party))
    assert header.guid.hex() == "e391052ba23efe5b87eaebed65fd49ad645ba3aeb1a7336514973dce14a66828"


def test_fields_have_their_places() -> None:
    """Offsets of the packet's format, counted by hand."""
    packet = Packet(PacketHeader(7, Path(1, Hash32(b"\x0a" * 32), 2, Hash32(b"\x0b" * 32))), b"hello")
    data = packet.encoded
    assert data[0] == 1
    assert data[1:9] == bytes(7) + b"\x07"
    assert data[9:13] == b"\0\0\0\x01"
    assert data[13:45] == b"\x0a" * 32
    assert data[45:49] == b"\0\0\0\x02"
    assert data[49:81] == b"\x0b" * 32
    assert data[81:113] == keccak256(data[1:81])
    assert data[113:] == b"hello"
    assert packet.payload_hash == keccak256(data[81:])


@given(PACKETS)
def test_a_packet_is_read_as_it_was_written(packet: Packet) -> None:
    assert decode_packet(packet.encoded) == packet
    assert decode_header(packet.encoded[:81]) == packet.header


@given(PACKETS, st.data())
def test_a_changed_header_is_no_packet(packet: Packet, data: st.DataObject) -> None:
    """The GUID binds every field of the header, the version has one value."""
    encoded = bytearray(packet.encoded)
    encoded[data.draw(st.integers(0, 112))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(MalformedPacket) as caught:
        decode_packet(bytes(encoded))
    assert caught.value.flaw in (PacketFlaw.VERSION, PacketFlaw.GUID)


@given(PACKETS, st.data())
def test_a_short_one_is_no_packet(packet: Packet, data: st.DataObject) -> None:
    with pytest.raises(MalformedPacket) as caught:
        decode_packet(packet.encoded[: data.draw(st.integers(0, 112))])
    assert caught.value.flaw is PacketFlaw.LENGTH


@given(st.binary(max_size=200))
def test_any_bytes_are_a_packet_or_named(data: bytes) -> None:
    try:
        packet = decode_packet(data)
    except MalformedPacket:
        return
    assert packet.encoded == data


@pytest.mark.parametrize(("eid", "nonce"), [(-1, 1), (2**32, 1), (1, -1), (1, 2**64)])
def test_numbers_without_a_place_are_refused(eid: int, nonce: int) -> None:
    with pytest.raises(ValueError, match="bits"):
        PacketHeader(nonce, Path(eid, Hash32(bytes(32)), 1, Hash32(bytes(32))))


def test_parties_have_32_bytes() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Path(1, Hash32(bytes(20)), 2, Hash32(bytes(32)))
