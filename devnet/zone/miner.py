"""When blocks are sealed: after submissions, on request, and very many of them at once."""

from __future__ import annotations

from devnet.blocks.environment import base_fee_after, excess_blob_gas_after
from devnet.blocks.sealing import build_block, build_header
from devnet.chain.block import Block
from devnet.chain.codec import NO_CONTENT
from devnet.zone.environment import next_environment
from devnet.zone.errors import BadRequest
from devnet.zone.ledger import Ledger
from devnet.zone.messages import ClockReading
from devnet.zone.producer import Producer
from devnet.zone.reserved_history import remember_reserved
from devnet.zone.reserved_range import ReservedRange
from devnet.zone.timestamps import LAST_TIMESTAMP, ZoneTime

WHOLE_BLOCK_LIMIT = 2_048
"""Up to so many blocks, `mine` seals each one; beyond, the steady middle part is reserved."""

LAST_NUMBER = (1 << 63) - 1
"""Block numbers stay below 2^63, which every client can hold."""


class Miner:
    """Seals blocks through the producer."""

    def __init__(self, ledger: Ledger, producer: Producer, time: ZoneTime) -> None:
        self._ledger = ledger
        self._producer = producer
        self._time = time

    def automine(self, reading: ClockReading) -> tuple[Block, ...]:
        """Seals until nothing that can go in waits, if the zone automines."""
        blocks: list[Block] = []
        if self._producer.mining.automine:
            while (block := self._producer.seal_waiting(reading, len(blocks))) is not None:
                blocks.append(block)
        return tuple(blocks)

    def mine(
        self, reading: ClockReading, count: int, interval: int | None, timestamp: int | None
    ) -> tuple[Block, ...]:
        """Seals `count` blocks; beyond `WHOLE_BLOCK_LIMIT` gives only those that are not reserved."""
        self._check(reading, count, interval, timestamp)
        blocks: list[Block] = []
        done = 0
        due = timestamp
        while done < count:
            blocks.append(self._producer.seal_next(reading, done, due))
            done += 1
            if count > WHOLE_BLOCK_LIMIT and count - done > 2 and self._is_steady():
                self._reserve(reading, done, count - done - 1, interval)
                done = count - 1
            if interval is not None:
                due = self._ledger.tip.record.block.header.timestamp + self._step(reading, interval)
        return tuple(blocks)

    def fulfil(self, reading: ClockReading) -> tuple[Block, ...]:
        """Seals blocks with what is due of the inbox and nothing else, until nothing is; where nothing is, an
        empty one if it is the first to know the newest settlement block."""
        producer = self._producer
        blocks: list[Block] = []
        while producer.has_due or (not blocks and producer.has_news):
            blocks.append(producer.seal_due(reading, len(blocks)))
        return tuple(blocks)

    def _check(self, reading: ClockReading, count: int, interval: int | None, timestamp: int | None) -> None:
        head = self._ledger.tip.record.block.header
        if count < 0 or head.number + count > LAST_NUMBER:
            raise BadRequest(f"cannot mine {count} blocks after block {head.number}")
        if interval is not None and interval < 0:
            raise BadRequest(f"an interval of {interval} s would let time run backwards")
        if timestamp is not None and timestamp < self._time.least(head.timestamp):
            raise BadRequest(
                f"timestamp {timestamp} is lower than the previous block's timestamp {head.timestamp}"
            )
        first = self._time.next(reading, 0, head.timestamp) if timestamp is None else timestamp
        if first + count * self._step(reading, interval) > LAST_TIMESTAMP:
            raise BadRequest(f"the last of {count} blocks would have a timestamp beyond 64 bits")

    def _step(self, reading: ClockReading, interval: int | None) -> int:
        """Seconds from one block of a message to the next."""
        if interval is None:
            interval = self._time.settings.interval
        if interval is None:
            interval = reading.per_block
        return max(interval, self._time.least(0))

    def _is_steady(self) -> bool:
        """Whether all blocks to come differ in number and time only: prices moved as far as empty blocks move
        them, and nothing waits for one."""
        ledger = self._ledger
        header = ledger.tip.record.block.header
        return (
            base_fee_after(header, self._producer.settings.is_base_fee_fixed) == header.base_fee_per_gas
            and excess_blob_gas_after(header, ledger.rules) == (header.excess_blob_gas or 0)
            and not self._producer.candidates()
            and not self._producer.has_news
            and not self._producer.has_due
        )

    def _reserve(self, reading: ClockReading, index: int, count: int, interval: int | None) -> None:
        """Adds `count` empty blocks as a range; one more block has to follow."""
        ledger = self._ledger
        parent = ledger.tip.record
        header = parent.block.header
        step = self._step(reading, interval)
        due = self._time.next(reading, index, header.timestamp)
        env = next_environment(
            header,
            parent.block.hash,
            (),
            header.timestamp + step if interval is not None else due,
            self._producer.settings,
            ledger.rules,
            ledger.config.index,
        )
        template = build_header(ledger.rules, env, header.state_root, NO_CONTENT, b"")
        size = build_block(template, NO_CONTENT).size
        blocks = ReservedRange.after(parent, count, template, size, step, ledger.config.index)
        ledger.reserve(blocks)
        remember_reserved(ledger, blocks, blocks.last, ledger.tip.overlay)
