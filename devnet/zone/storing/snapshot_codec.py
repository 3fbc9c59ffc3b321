"""A zone's part of a snapshot as bytes. The mempool is named by arrival numbers."""

from __future__ import annotations

from collections.abc import Callable

from devnet.chain.rlp import Decoded, decode_int, encode_bytes, encode_int, encode_list
from devnet.chain.rlp_items import members, text
from devnet.zone.sender_queue import Waiting
from devnet.zone.snapshot_losses import SnapshotLoss
from devnet.zone.snapshot_marks import Mark
from devnet.zone.storing.block_codec import encode_rules, read_rules
from devnet.zone.storing.override_codec import encode_overrides, read_overrides
from devnet.zone.storing.settings_codec import encode_settings, encode_time, read_settings, read_time


def encode_mark(mark: Mark) -> bytes:
    """[number, overlay, time, settings, rules, [arrival, …]]."""
    return encode_list(
        (
            encode_int(mark.number),
            encode_overrides(mark.overlay),
            encode_time(mark.time),
            encode_settings(mark.settings),
            encode_rules(mark.rules),
            encode_list([encode_int(entry.arrival) for entry in mark.pool]),
        )
    )


def read_mark(item: Decoded, entry_of: Callable[[int], Waiting]) -> Mark:
    """The inverse of `encode_mark`, out of decoded RLP. Raises ValueError, and what `entry_of` raises."""
    number, overlay, time, settings, rules, pool = members(item, 6)
    return Mark(
        number=decode_int(number),
        overlay=read_overrides(overlay),
        time=read_time(time),
        settings=read_settings(settings),
        rules=read_rules(rules),
        pool=tuple([entry_of(decode_int(arrival)) for arrival in members(pool)]),
    )


def encode_loss(loss: SnapshotLoss) -> bytes:
    """[first, last, reason]."""
    return encode_list(
        (encode_int(loss.first), encode_int(loss.last), encode_bytes(loss.reason.encode("utf-8")))
    )


def read_loss(item: Decoded) -> SnapshotLoss:
    """The inverse of `encode_loss`, out of decoded RLP. Raises ValueError."""
    first, last, reason = members(item, 3)
    return SnapshotLoss(decode_int(first), decode_int(last), text(reason).decode("utf-8"))
