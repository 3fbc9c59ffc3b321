"""Makes witnesses: a partial state that fetches what it lacks from the whole one, and remembers it.

    recorder = Recorder(state, height, config)
    recorder.view.account(address)           # whatever a verifier will do, done first
    recorder.view.commit(changes)
    witness, codes = recorder.witness(), recorder.codes

Since a verifier does the same on the same code, the witness holds all it needs and nothing else. Each key
read or written costs one lookup in the whole state and one way up (some 15 hashes), deletions two, compaction
one for each move; for a height that is not the newest, the first costs what the blocks since did.
"""

from __future__ import annotations

from collections.abc import Iterable

from devnet.chain.types import Hash32
from devnet.state import State, StateView
from devnet.state.config import QmdbConfig
from devnet.state.entries import SENTRIES_PER_SHARD, SHARD_COUNT
from devnet.state.partial import PartialState
from devnet.state.partial_shard import PartialShard
from devnet.state.partial_tree import CHUNK, CHUNK_SHIFT, LEFT, RIGHT, UPPER, PartialTree
from devnet.state.places import Place
from devnet.state.state_witness import climbed_leaves
from devnet.state.trees import ACTIVE_LEVEL, LEFT_ROOT_LEVEL, TWIG_ROOT_LEVEL, TWIG_SHIFT, null_nodes
from devnet.state.witness_flaws import WitnessFlaw
from devnet.state.zone_tree import PartialZoneTree


class Recorder:
    """The reference of `devnet.state.WitnessRecorder`: what was fetched of one kept height of a state, which
    must not change meanwhile."""

    def __init__(self, state: State, height: int, config: QmdbConfig) -> None:
        """`config` is the state's. Raises `StateGone`."""
        self._state = state
        self._height = height
        self._heads = state.shard_heads(height)
        self._whole: StateView = state.view(height)
        self._entries: list[dict[int, bytes]] = [{} for _ in range(SHARD_COUNT)]
        self._chunks: list[dict[int, bytes]] = [{} for _ in range(SHARD_COUNT)]
        self._ends: set[int] = set()
        self._nodes: list[dict[tuple[int, int], bytes]] = [{} for _ in range(SHARD_COUNT)]
        self.codes: dict[Hash32, bytes] = {}
        """The code that was asked for."""
        heads = enumerate(self._heads)
        shards = {
            number: PartialShard(number, (head.start, head.end, head.active), config, null_nodes(), self)
            for number, head in heads
        }
        leaves = {number: head.leaf for number, head in enumerate(self._heads)}
        self.view = _RecordedState(height, shards, PartialZoneTree(leaves, _no_node), self)
        """The partial state to read from and to commit to."""

    def code(self, code_hash: Hash32) -> bytes:
        """Code that the partial state asks for. Raises KeyError."""
        code = self.codes[code_hash] = self._whole.code(code_hash)
        return code

    # The source of the partial shards

    def load_key(self, shard: PartialShard, key_hash: bytes, flaw: WitnessFlaw) -> None:
        """See `Source`."""
        self.load_entry(shard, self._state.find(key_hash, self._height))

    def load_entry(self, shard: PartialShard, serial_number: int) -> None:
        """See `Source`."""
        place = self._fetch(shard, serial_number)
        assert place.entry is not None, "an entry that is looked up is active"
        self._entries[shard.number][serial_number] = place.entry
        shard.add_entry(serial_number, place.entry)

    def load_chunk(self, shard: PartialShard, number: int) -> None:
        """See `Source`."""
        self._fetch(shard, number << CHUNK_SHIFT)

    def load_end(self, shard: PartialShard) -> None:
        """See `Source`."""
        self._ends.add(shard.number)
        self._fetch(shard, self._heads[shard.number].end)

    def load_node(self, shard: int, space: int, number: int) -> bytes:
        """See `Source`."""
        return self._nodes[shard][space, number]

    def _fetch(self, shard: PartialShard, serial_number: int) -> Place:
        """Takes over what stands at a serial number, and its chunk where there is one and it is new."""
        place = self._state.place_at(shard.number, serial_number, self._height)
        nodes = self._nodes[shard.number]
        for level, peer in enumerate(place.left):
            nodes[LEFT + level, (serial_number >> level) ^ 1] = peer
        for level, peer in enumerate(place.right, start=ACTIVE_LEVEL):
            nodes[RIGHT + level, (serial_number >> level) ^ 1] = peer
        twig = serial_number >> TWIG_SHIFT
        nodes[LEFT + LEFT_ROOT_LEVEL, twig] = place.left_root
        for above, peer in enumerate(place.upper):
            nodes[UPPER + TWIG_ROOT_LEVEL + above, (twig >> above) ^ 1] = peer
        chunk = serial_number >> CHUNK_SHIFT
        is_there = chunk << CHUNK_SHIFT < self._heads[shard.number].end
        if is_there and chunk not in self._chunks[shard.number]:
            self._chunks[shard.number][chunk] = place.chunk
            shard.add_chunk(chunk, place.chunk)
        return place

    # The witness

    def witness(self) -> bytes:
        """What was fetched, as `devnet.state.state_witness` has it."""
        numbers = [number for number in range(SHARD_COUNT) if self._chunks[number] or number in self._ends]
        parts = [sum(1 << number for number in numbers).to_bytes(2, "little")]
        parts += [self._shard(number) for number in numbers]
        tree = PartialZoneTree({number: head.leaf for number, head in enumerate(self._heads)}, _no_node)
        peers: list[bytes] = []

        def missing(above: int, number: int) -> bytes:
            peers.append(tree.node(above, number))
            return peers[-1]

        PartialZoneTree({number: self._heads[number].leaf for number in numbers}, missing)
        return b"".join((*parts, *peers))

    def _shard(self, number: int) -> bytes:
        head, entries, chunks = self._heads[number], self._entries[number], self._chunks[number]
        has_end = number in self._ends
        places = sorted(entries)
        sentries = [place for place in places if place < SENTRIES_PER_SHARD]
        implied = {place >> CHUNK_SHIFT for place in places}
        if has_end:
            implied.add(head.end >> CHUNK_SHIFT)
        nodes: list[bytes] = []

        def missing(space: int, node: int) -> bytes:
            nodes.append(self.load_node(number, space, node))
            return nodes[-1]

        tree = PartialTree(number, head.end, null_nodes(), missing)
        leaves = climbed_leaves(places, has_end, head.end)
        for place in leaves:
            if place in entries:
                tree.put_leaf(place, entries[place])
        for chunk, bits in chunks.items():
            tree.put(CHUNK, chunk, bits)
        tree.climb(leaves, {*chunks, *implied})
        return b"".join(
            (
                *(_number(counter) for counter in (head.start, head.end, head.active)),
                bytes((has_end,)),
                _ascending(sentries),
                _number(len(places) - len(sentries)),
                *(entries[place] for place in places[len(sentries) :]),
                _ascending(sorted(set(chunks) - implied)),
                *(chunks[chunk] for chunk in sorted(chunks)),
                *nodes,
            )
        )


class _RecordedState(PartialState):
    """A partial state whose code comes from the recorder."""

    def __init__(
        self, height: int, shards: dict[int, PartialShard], tree: PartialZoneTree, recorder: Recorder
    ) -> None:
        super().__init__(height, shards, tree, {})
        self._recorder = recorder

    def _missing_code(self, code_hash: Hash32) -> bytes:
        code = self._codes[code_hash] = self._recorder.code(code_hash)
        return code


def _no_node(above: int, number: int) -> bytes:
    raise AssertionError("all leaves are there")


def _number(value: int) -> bytes:
    """LEB128 of the least length."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _ascending(numbers: Iterable[int]) -> bytes:
    """A count, and differences less one."""
    numbers = list(numbers)
    before = [-1, *numbers]
    parts = (_number(number - last - 1) for last, number in zip(before, numbers, strict=False))
    return _number(len(numbers)) + b"".join(parts)
