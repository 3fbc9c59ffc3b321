"""What a journal holds comes back as it was; damaged records are refused by ValueError alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devnet.chain.rlp import decode, encode_int, encode_list
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import BlobSidecar, Transaction
from devnet.chain.types import Address, Wei
from devnet.execution import AccountOverride, Overrides
from devnet.zone.block_record import BlockRecord
from devnet.zone.environment import BlockSettings
from devnet.zone.mempool import waiting_entry
from devnet.zone.messages import Mining, Order
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.sender_queue import Waiting
from devnet.zone.snapshot_losses import SnapshotLoss
from devnet.zone.snapshot_marks import Mark
from devnet.zone.storing.block_codec import encode_block_as
from devnet.zone.storing.kinds import RecordKind
from devnet.zone.storing.override_codec import encode_overrides, read_overrides
from devnet.zone.storing.remembered import Remembered
from devnet.zone.storing.reserved_codec import decode_reserved, encode_reserved
from devnet.zone.storing.settings_codec import (
    encode_impersonation,
    encode_mining,
    encode_settings,
    encode_time,
    read_impersonation,
    read_mining,
    read_settings,
    read_time,
)
from devnet.zone.storing.snapshot_codec import encode_loss, encode_mark, read_loss, read_mark
from devnet.zone.storing.waiting_codec import encode_waiting, read_waiting
from devnet.zone.timestamps import TimeSettings
from tests.zone.storing.strategies import (
    addresses,
    amounts,
    block_records,
    hashes,
    overrides,
    rules,
    sidecars,
    transactions,
    uint64,
    uint256,
)
from tests.zone.storing.test_block_codec import SLOW

times = st.builds(TimeSettings, st.integers(-(1 << 64), 1 << 64), st.none() | uint64, st.none() | uint64)
block_settings = st.builds(
    BlockSettings,
    addresses,
    uint64,
    st.builds(SettlementHead, uint64, hashes, uint64, uint64),
    st.booleans(),
    amounts,
    st.none() | amounts,
    st.none() | hashes,
)
minings = st.builds(
    Mining,
    st.booleans(),
    st.none() | st.floats(1e-9, 1e9),
    st.sampled_from(Order),
    st.none() | uint64,
)
losses = st.builds(SnapshotLoss, uint64, uint64, st.text())


def same(found: Waiting, entry: Waiting) -> bool:
    """Entries are compared by identity elsewhere."""
    return all(getattr(found, name) == getattr(entry, name) for name in Waiting.__slots__)


@given(times, block_settings, minings)
def test_settings_come_back(time: TimeSettings, settings: BlockSettings, mining: Mining) -> None:
    assert read_time(decode(encode_time(time))) == time
    assert read_settings(decode(encode_settings(settings))) == settings
    assert read_mining(decode(encode_mining(mining))) == mining


@given(st.frozensets(addresses, max_size=4), st.booleans())
def test_impersonation_comes_back(accounts: frozenset[Address], is_automatic: bool) -> None:
    encoded = encode_impersonation(accounts, is_automatic)
    assert read_impersonation(decode(encoded)) == (accounts, is_automatic)


@SLOW
@given(transactions(), st.none() | sidecars, uint64)
def test_a_waiting_transaction_comes_back(
    transaction: Transaction, sidecar: BlobSidecar | None, arrival: int
) -> None:
    entry = waiting_entry(transaction, sidecar, arrival)
    assert same(read_waiting(decode(encode_waiting(entry))), entry)


@given(overrides)
def test_overrides_come_back_in_their_order(written: Overrides) -> None:
    found = read_overrides(decode(encode_overrides(written)))
    assert found == written
    assert list(found) == list(written)


@pytest.mark.parametrize(
    "override", [AccountOverride(storage={1: 2}), AccountOverride(move_precompile_to=Address(bytes(20)))]
)
def test_what_only_calls_override_is_not_written(override: AccountOverride) -> None:
    with pytest.raises(ValueError, match="only calls"):
        encode_overrides({Address(bytes(20)): override})


@SLOW
@given(st.data())
def test_a_mark_comes_back_with_the_same_entries(data: st.DataObject) -> None:
    pool = tuple(
        waiting_entry(transaction, None, index + 1)
        for index, transaction in enumerate(data.draw(st.lists(transactions(), max_size=3)))
    )
    mark = Mark(
        number=data.draw(uint64),
        overlay=data.draw(overrides),
        time=data.draw(times),
        settings=data.draw(block_settings),
        rules=data.draw(rules),
        pool=pool,
    )
    found = read_mark(decode(encode_mark(mark)), lambda arrival: pool[arrival - 1])
    for name in Mark.__slots__:
        assert getattr(found, name) == getattr(mark, name)


@given(losses)
def test_a_loss_comes_back(loss: SnapshotLoss) -> None:
    assert read_loss(decode(encode_loss(loss))) == loss


@SLOW
@given(block_records(), st.integers(1, 1 << 40), st.integers(0, 20), st.integers(0, 1 << 30))
def test_a_reserved_range_comes_back(parent: BlockRecord, count: int, step: int, size: int) -> None:
    header = parent.block.header
    assume(header.number + count < 1 << 63)
    template = type(header)(
        **{name: getattr(header, name) for name in type(header).__slots__} | {"number": header.number + 1}
    )
    blocks = ReservedRange.after(parent, count, template, size, step, 3)
    encoded = encode_reserved(blocks)
    assert decode_reserved(encoded, parent) == blocks
    with pytest.raises(ValueError, match="reserved blocks from"):
        decode_reserved(encoded, blocks.record(blocks.last))


# ---------------------------------------------------------------- the overlay, in pieces


@dataclass
class _Writes:
    """One development call."""

    address: Address
    balance: Wei | None = None
    nonce: int | None = None
    code: bytes | None = None
    slots: dict[int, int] = field(default_factory=dict)


writes = st.builds(
    _Writes,
    st.sampled_from([Address(bytes([number]) * 20) for number in range(3)]),
    st.none() | amounts,
    st.none() | uint64,
    st.none() | st.binary(max_size=3),
    st.dictionaries(st.integers(0, 3), uint256, max_size=2),
)


@given(st.lists(st.lists(writes, max_size=3), max_size=5))
def test_the_pieces_of_an_overlay_join_to_the_whole(rounds: list[list[_Writes]]) -> None:
    overlay = DevelopmentOverlay()
    remembered = Remembered()
    for calls in rounds:
        for call in calls:
            overlay.set_account(call.address, call.balance, call.nonce, call.code)
            for slot, value in call.slots.items():
                overlay.set_storage(call.address, slot, value)
        changes = overlay.take_changes()
        encoded = encode_list((encode_int(0), encode_overrides(changes)))
        remembered.read(bytes((RecordKind.OVERLAY,)) + encoded)
    assert remembered.overlay == overlay.freeze()
    assert not overlay.take_changes()


# ---------------------------------------------------------------- damage


@SLOW
@given(st.data())
def test_a_damaged_record_raises_nothing_but_value_errors(data: st.DataObject) -> None:
    entry = waiting_entry(data.draw(transactions()), data.draw(st.none() | sidecars), 7)
    numbers = encode_list((encode_int(7),))
    whole = [
        encode_block_as(RecordKind.GENESIS, data.draw(block_records())),
        bytes((RecordKind.WAITING,)) + encode_waiting(entry),
        bytes((RecordKind.POOL,)) + encode_list((encode_list(()), numbers)),
        bytes((RecordKind.SIDECARS,)) + numbers,
        bytes((RecordKind.OVERLAY,)) + encode_list((encode_int(1), encode_overrides(data.draw(overrides)))),
        bytes((RecordKind.TIME,)) + encode_time(data.draw(times)),
        bytes((RecordKind.SETTINGS,)) + encode_settings(data.draw(block_settings)),
        bytes((RecordKind.MINING,)) + encode_mining(data.draw(minings)),
        bytes((RecordKind.CHAIN_ID,)) + encode_int(data.draw(uint64)),
        bytes((RecordKind.LOSSES,)) + encode_list((encode_loss(data.draw(losses)),)),
        bytes((RecordKind.COUNTERS,)) + encode_list((encode_int(1), encode_int(2), encode_int(3))),
    ]
    remembered = Remembered()
    for record in whole:
        remembered.read(record)
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole[place])
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        remembered.read(bytes(damaged[: data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))]))
    except ValueError:
        return


@given(st.integers(0, 255), st.binary(max_size=100))
def test_random_records_raise_nothing_but_value_errors(kind: int, content: bytes) -> None:
    try:
        Remembered().read(bytes((kind,)) + content)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b"", "has kind 0"),
        (b"\x01", "has kind 1"),
        (b"\xff\xc0", "has kind 255"),
        (bytes((RecordKind.POOL,)) + encode_list((encode_list(()), b"\xc1\x05")), "was not described"),
        (bytes((RecordKind.POOL,)) + encode_list((b"\xc1\x05", encode_list(()))), "in which it is not"),
        (bytes((RecordKind.SNAPSHOT,)) + encode_list((b"\x02", b"\x01")), "equal to one that there is not"),
        (bytes((RecordKind.SNAPSHOTS_GONE,)) + b"\xc1\x05", "snapshot 5 ends"),
        (bytes((RecordKind.MINING,)) + encode_list((b"\x02", b"\xc0", b"\x80", b"\xc0")), "neither 0 nor 1"),
    ],
)
def test_records_that_contradict_what_came_before_are_refused(record: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Remembered().read(record)
