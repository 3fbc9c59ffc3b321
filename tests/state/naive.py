"""QMDB a second time, as slowly and plainly as the format's description allows: one list of entries a shard,
every hash of the tree computed from nothing for each root. It shares no code with `devnet.state`."""

from __future__ import annotations

import functools
import hashlib
import struct
from dataclasses import dataclass

from devnet.chain.account import Account
from devnet.chain.types import EMPTY_CODE_HASH, Address


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


@dataclass(frozen=True)
class NaiveEntry:
    key: bytes
    value: bytes
    next_key_hash: bytes
    version: int
    serial_number: int
    deactivated: tuple[int, ...]

    @property
    def key_hash(self) -> bytes:
        return sha(self.key) if self.value else self.key[:2] + bytes(30)

    def encode(self) -> bytes:
        return b"".join(
            (
                struct.pack("<I", len(self.value) * 256 + len(self.key)),
                struct.pack("<B", len(self.deactivated)),
                self.key,
                self.value,
                self.next_key_hash,
                struct.pack("<q", self.version),
                struct.pack("<Q", self.serial_number),
                *(struct.pack("<Q", number) for number in self.deactivated),
            )
        )


NULL_LEAF = sha(NaiveEntry(b"", b"", bytes(32), -2, 2**64 - 1, ()).encode())


@functools.cache
def tree(level: int, leaves: tuple[bytes, ...]) -> bytes:
    while len(leaves) > 1:
        pairs = zip(leaves[::2], leaves[1::2], strict=True)
        leaves = tuple(sha(bytes([level]), left, right) for left, right in pairs)
        level += 1
    return leaves[0]


def rlp_string(value: bytes) -> bytes:
    if len(value) == 1 and value[0] < 128:
        return value
    return bytes([128 + len(value)]) + value


def rlp_account(account: Account) -> bytes:
    fields = [
        account.nonce.to_bytes(32, "big").lstrip(b"\0"),
        account.balance.to_bytes(32, "big").lstrip(b"\0"),
    ]
    if account.code_hash != EMPTY_CODE_HASH:
        fields.append(account.code_hash)
    body = b"".join(map(rlp_string, fields))
    return (bytes([0xC0 + len(body)]) if len(body) < 56 else bytes([0xF8, len(body)])) + body


class NaiveShard:
    def __init__(self, number: int) -> None:
        self.entries = []
        self.active: set[int] = set()
        self.start = 0
        for n in range(4096):
            first = number * 4096 + n
            following = b"\xff" * 32 if first == 65535 else struct.pack(">H", first + 1) + bytes(30)
            self.append(struct.pack(">H", first) + bytes(30), b"", following, 0, ())

    def append(
        self, key: bytes, value: bytes, next_key_hash: bytes, version: int, deactivated: tuple[int, ...]
    ) -> None:
        self.active.difference_update(deactivated)
        self.active.add(len(self.entries))
        self.entries.append(NaiveEntry(key, value, next_key_hash, version, len(self.entries), deactivated))

    def live(self) -> list[NaiveEntry]:
        return [self.entries[number] for number in sorted(self.active)]

    def root(self) -> bytes:
        youngest = len(self.entries) // 2048
        twigs = []
        for twig in range(youngest + 1):
            entries = self.entries[2048 * twig : 2048 * twig + 2048]
            leaves = [sha(entry.encode()) for entry in entries]
            leaves += [NULL_LEAF] * (2048 - len(leaves))
            bits = sum(1 << (n - 2048 * twig) for n in self.active if n // 2048 == twig)
            raw = bits.to_bytes(256, "little")
            chunks = tuple(raw[i : i + 32] for i in range(0, 256, 32))
            twigs.append(sha(b"\x0b", tree(0, tuple(leaves)), tree(8, chunks)))
        null_twig = sha(b"\x0b", tree(0, (NULL_LEAF,) * 2048), tree(8, (bytes(32),) * 8))
        size = 1
        while size <= youngest:
            size *= 2
        return tree(12, tuple(twigs + [null_twig] * (size - len(twigs))))

    def leaf(self) -> bytes:
        counters = struct.pack("<QQQ", self.start, len(self.entries), len(self.active))
        return sha(b"\x40", self.root(), counters)


class NaiveQmdb:
    """Blocks only go forward; `contents` is what a dict would hold."""

    def __init__(self, threshold: int, ratio: int, divisor: int) -> None:
        self.compaction = (threshold, ratio, divisor)
        self.shards = [NaiveShard(number) for number in range(16)]
        self.contents: dict[bytes, bytes] = {}

    def commit(self, height: int, result: dict[bytes, bytes]) -> None:
        """`result`: the whole content after the block."""
        version = height << 24
        changed = [
            key for key in self.contents.keys() | result.keys() if self.contents.get(key) != result.get(key)
        ]
        for key in sorted(changed, key=sha):
            shard = self.shards[sha(key)[0] // 16]
            value = result.get(key)
            if value is None:
                self._delete(shard, key, version)
            elif key in self.contents:
                entry = next(e for e in shard.live() if e.key == key)
                shard.append(key, value, entry.next_key_hash, version, (entry.serial_number,))
                self._compact(shard, 1)
            else:
                self._create(shard, key, value, version)
                self._compact(shard, 2)
        self.contents = dict(result)

    def _create(self, shard: NaiveShard, key: bytes, value: bytes, version: int) -> None:
        before = next(e for e in shard.live() if e.key_hash < sha(key) < e.next_key_hash)
        shard.append(key, value, before.next_key_hash, version, ())
        shard.append(before.key, before.value, sha(key), version, (before.serial_number,))

    def _delete(self, shard: NaiveShard, key: bytes, version: int) -> None:
        entry = next(e for e in shard.live() if e.key == key)
        before = next(e for e in shard.live() if e.next_key_hash == sha(key))
        gone = (entry.serial_number, before.serial_number)
        shard.append(before.key, before.value, entry.next_key_hash, version, gone)

    def _compact(self, shard: NaiveShard, times: int) -> None:
        threshold, ratio, divisor = self.compaction
        active = len(shard.active)
        if active < threshold or active * divisor > (len(shard.entries) - shard.start) * ratio:
            return
        for _ in range(times):
            old = shard.live()[0]
            shard.append(old.key, old.value, old.next_key_hash, old.version, (old.serial_number,))
            shard.start = old.serial_number + 1

    def root(self) -> bytes:
        return tree(64, tuple(shard.leaf() for shard in self.shards))


def contents(accounts: dict[Address, Account], slots: dict[tuple[Address, int], int]) -> dict[bytes, bytes]:
    """Keys and values as the state of these accounts and slots holds them."""
    result = {bytes(address): rlp_account(account) for address, account in accounts.items()}
    for (address, slot), value in slots.items():
        result[address + slot.to_bytes(32, "big")] = value.to_bytes(32, "big").lstrip(b"\0")
    return result
