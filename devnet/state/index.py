"""Where the entry of a key is: 65,536 small sorted lists, as upstream's in-memory indexer has them."""

from __future__ import annotations

from bisect import bisect_left

from devnet.state.entries import SENTRIES_PER_SHARD


class Unit:
    """The keys whose hashes begin with the same two bytes, in order. Its sentry is always the first."""

    __slots__ = ("key_hashes", "serial_numbers")

    def __init__(self, prefix: bytes) -> None:
        self.key_hashes = [prefix + bytes(30)]
        self.serial_numbers = [int.from_bytes(prefix, "big") % SENTRIES_PER_SHARD]


class Index:
    """The serial number of the active entry of every key of a shard. Units are made on demand."""

    __slots__ = ("units",)

    def __init__(self) -> None:
        self.units: dict[bytes, Unit] = {}

    def unit(self, key_hash: bytes) -> Unit:
        """The unit of a key hash."""
        prefix = key_hash[:2]
        unit = self.units.get(prefix)
        if unit is None:
            unit = self.units[prefix] = Unit(prefix)
        return unit

    def find(self, key_hash: bytes) -> tuple[bool, int]:
        """Whether the key has an entry, and the serial number of that entry or of its predecessor's. Makes no
        unit."""
        unit = self.units.get(key_hash[:2])
        if unit is None:
            return False, int.from_bytes(key_hash[:2], "big") % SENTRIES_PER_SHARD
        at = bisect_left(unit.key_hashes, key_hash)
        if at < len(unit.key_hashes) and unit.key_hashes[at] == key_hash:
            return True, unit.serial_numbers[at]
        return False, unit.serial_numbers[at - 1]

    def put(self, key_hash: bytes, serial_number: int) -> None:
        """Sets the serial number of a key, which may be new."""
        unit = self.unit(key_hash)
        at = bisect_left(unit.key_hashes, key_hash)
        if at < len(unit.key_hashes) and unit.key_hashes[at] == key_hash:
            unit.serial_numbers[at] = serial_number
        else:
            unit.key_hashes.insert(at, key_hash)
            unit.serial_numbers.insert(at, serial_number)

    def remove(self, key_hash: bytes) -> None:
        """Forgets a key, which must be there."""
        unit = self.unit(key_hash)
        at = bisect_left(unit.key_hashes, key_hash)
        assert unit.key_hashes[at] == key_hash
        del unit.key_hashes[at]
        del unit.serial_numbers[at]
