"""A state of which only a witness is there: reads, and commits that give the root which the whole state would
have. It is what a stateless verifier executes on.

    state = open_state(witness, root, height, config, codes)

Whatever it does not hold raises `BadStateWitness`, and so does a read that no witness can answer. Height and
root are those of the newest block that was committed to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from operator import itemgetter

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32
from devnet.state.entries import VERSION_SHIFT
from devnet.state.partial_shard import PartialShard
from devnet.state.shard import Operation
from devnet.state.values import account_key, decode_account, encode_account, encode_slot, slot_key
from devnet.state.witness_flaws import BadStateWitness, WitnessFlaw
from devnet.state.zone_tree import PartialZoneTree


class PartialState:
    """The reference of `devnet.state.WitnessedState`. Not for several threads."""

    def __init__(
        self,
        height: int,
        shards: Mapping[int, PartialShard],
        tree: PartialZoneTree,
        codes: Mapping[Hash32, bytes],
    ) -> None:
        self.height = height
        """Of the newest block, which decides the versions of what the next one writes."""
        self._shards = shards
        self._tree = tree
        self._codes = dict(codes)
        self.unused_codes = set(codes)

    @property
    def root(self) -> Hash32:
        """After the newest block."""
        return self._tree.root

    @property
    def counters(self) -> dict[int, tuple[int, int, int]]:
        """See `devnet.state.WitnessedState`."""
        return {number: (shard.start, shard.end, shard.active) for number, shard in self._shards.items()}

    # The view

    def account(self, address: Address) -> Account | None:
        """See `StateView`. Raises `BadStateWitness`."""
        value = self._value(account_key(address))
        if value is None:
            return None
        try:
            account = decode_account(value)
        except ValueError as error:
            raise BadStateWitness(WitnessFlaw.VALUE, f"0x{address.hex()}: {error}") from None
        if account.nonce >> 64 or account.balance >> 256:
            raise BadStateWitness(WitnessFlaw.VALUE, f"0x{address.hex()}")
        return account

    def storage(self, address: Address, slot: int) -> int:
        """See `StateView`. Raises `BadStateWitness`."""
        value = self._value(slot_key(address, slot))
        if value is None:
            return 0
        if len(value) > 32:
            raise BadStateWitness(WitnessFlaw.VALUE, f"0x{address.hex()}, slot {slot:#x}")
        return int.from_bytes(value, "big")

    def code(self, code_hash: Hash32) -> bytes:
        """See `StateView`. Raises `BadStateWitness`."""
        if code_hash == EMPTY_CODE_HASH:
            return b""
        code = self._codes.get(code_hash)
        if code is None:
            code = self._missing_code(code_hash)
        self.unused_codes.discard(code_hash)
        return code

    def _missing_code(self, code_hash: Hash32) -> bytes:
        raise BadStateWitness(WitnessFlaw.CODE, code_hash.hex())

    def slots(self, address: Address) -> Iterator[tuple[int, int]]:
        """Nobody can show that there are no more slots than these, so this raises `BadStateWitness`."""
        raise BadStateWitness(WitnessFlaw.ALL_SLOTS, f"0x{address.hex()}")

    def addresses(self) -> Iterator[Address]:
        """Raises `BadStateWitness`, as `slots`."""
        raise BadStateWitness(WitnessFlaw.ALL_SLOTS)

    # Changes

    def commit(self, changes: ChangeSet) -> Hash32:
        """Applies the next block's changes and gives the root after it, as `State.commit` would. Raises
        `BadStateWitness`; the state is of no more use then."""
        self.height += 1
        operations: list[Operation] = []
        # In their order, so that what is lacking first does not depend on who made the change set.
        for address, given in sorted(changes.accounts.items(), key=itemgetter(0)):
            account = None if given is None or given.is_empty else given
            self._add(operations, account_key(address), None if account is None else encode_account(account))
        for (address, slot), number in sorted(changes.storage.items()):
            self._add(operations, slot_key(address, slot), encode_slot(number) if number else None)
        operations.sort(key=itemgetter(0))
        self._codes.update(changes.codes)
        by_shard: dict[int, list[Operation]] = {}
        for operation in operations:
            by_shard.setdefault(operation[0][0] >> 4, []).append(operation)
        version = self.height << VERSION_SHIFT
        leaves = {number: self._shards[number].apply(of, version) for number, of in by_shard.items()}
        return self._tree.put(leaves)

    def _add(self, operations: list[Operation], key: bytes, value: bytes | None) -> None:
        """Adds what gives a key its new value, if that is one."""
        key_hash = sha256(key).digest()
        if self._shard(key_hash).value(key_hash) != value:
            operations.append((key_hash, key, value))

    # What was not needed

    def check_used(self) -> None:
        """Raises `BadStateWitness` where the witness holds an entry, a chunk or code that nobody needed."""
        for code_hash in self.unused_codes:
            raise BadStateWitness(WitnessFlaw.UNUSED, f"code {code_hash.hex()}")
        for shard in self._shards.values():
            shard.check_used()

    # Inside

    def _value(self, key: bytes) -> bytes | None:
        key_hash = sha256(key).digest()
        return self._shard(key_hash).value(key_hash)

    def _shard(self, key_hash: bytes) -> PartialShard:
        shard = self._shards.get(key_hash[0] >> 4)
        if shard is None:
            raise BadStateWitness(WitnessFlaw.KEY, f"key hash {key_hash.hex()}")
        return shard
