"""Ordered tries: the Merkle-Patricia tries over RLP-encoded indices that give a block its transactions root
and receipts root (Yellow Paper, appendix D), built bottom-up from all items at once, and their proofs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import Decoded, RlpError, decode, encode_bytes, encode_int, wrap_list
from devnet.chain.types import Hash32

EMPTY_TRIE_ROOT = Hash32(bytes.fromhex("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"))
"""Root of a trie without items."""

_EMPTY = b"\x80"


class BadProof(ValueError):
    """The proof does not show what it should."""


def ordered_root(items: Sequence[bytes]) -> Hash32:
    """The root of the trie that holds `items[i]` under RLP(i)."""
    if not items:
        return EMPTY_TRIE_ROOT
    entries = _sorted_entries(items)
    return keccak256(_node(entries, 0, len(entries), 0))


def ordered_proof(items: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The nodes from the root to `items[index]`; nodes below 32 bytes are inside their parents.

    Raises IndexError where there is no such item.
    """
    if not 0 <= index < len(items):
        raise IndexError(f"no item {index} among {len(items)}")
    entries = _sorted_entries(items)
    passed: list[bytes] = []
    _node(entries, 0, len(entries), 0, (_key(index), passed))
    root, *below = reversed(passed)
    return (root, *(node for node in below if len(node) >= 32))


def verify_ordered_proof(root: Hash32, index: int, proof: Sequence[bytes]) -> bytes:
    """The item at `index` of the trie with this root, as shown by `proof`. Raises `BadProof`."""
    key = _key(index)
    position = 0
    remaining = iter(proof)
    node = _open(next(remaining, b""), root)
    while True:
        if len(node) == 2:
            path, is_leaf = _open_path(node[0])
            if not key.startswith(path, position):
                raise BadProof("the path leads elsewhere")
            position += len(path)
            if is_leaf:
                if (
                    position != len(key)
                    or next(remaining, None) is not None
                    or not isinstance(node[1], bytes)
                ):
                    raise BadProof("the proof goes on after the item")
                return node[1]
            child = node[1]
        elif len(node) == 17 and position < len(key):
            child = node[int(key[position], 16)]
            position += 1
        else:
            raise BadProof("a node of no known kind")
        if isinstance(child, list):
            node = child
        elif len(child) == 32:
            node = _open(next(remaining, b""), Hash32(child))
        else:
            raise BadProof("the path ends before the item")


def _open(encoded: bytes, expected: Hash32) -> list[Decoded]:
    if keccak256(encoded) != expected:
        raise BadProof("a node does not have the hash that its parent names")
    try:
        node = decode(encoded)
    except RlpError as error:
        raise BadProof(str(error)) from error
    if not isinstance(node, list):
        raise BadProof("a node must be a list")
    return node


def _open_path(encoded: Decoded) -> tuple[str, bool]:
    """The nibbles of a hex-prefix encoded path, and whether it ends in a leaf."""
    nibbles = encoded.hex() if isinstance(encoded, bytes) else ""
    if not nibbles or nibbles[0] not in "0123":
        raise BadProof("a path of no known kind")
    flag = int(nibbles[0])
    return nibbles[1 if flag & 1 else 2 :], flag >= 2


def _key(index: int) -> str:
    """The path of an index as hex digits, one a nibble."""
    return encode_int(index).hex()


def _sorted_entries(items: Sequence[bytes]) -> list[tuple[str, bytes]]:
    """(path, item) in the order of the paths. Index 0 is RLP's 0x80 and so comes after 127."""
    entries = [(_key(index), item) for index, item in enumerate(items)]
    head = entries[1:128]
    return head + entries[:1] + entries[128:]


def _shared_depth(entries: list[tuple[str, bytes]], low: int, high: int, depth: int) -> int:
    """How far the paths of sorted `entries[low:high]` agree; the first and the last decide."""
    first, last = entries[low][0], entries[high - 1][0]
    while first[depth] == last[depth]:
        depth += 1
    return depth


_Followed: TypeAlias = tuple[str, list[bytes]]
"""A path through the trie, and where the nodes on it go as they are made, the lowest first."""


def _node(
    entries: list[tuple[str, bytes]], low: int, high: int, depth: int, followed: _Followed | None = None
) -> bytes:
    """The encoding of the node that holds `entries[low:high]`, whose paths agree before `depth`."""
    if high - low == 1:
        path, item = entries[low]
        return _passed(_pair(path[depth:], True, encode_bytes(item)), followed)
    shared = _shared_depth(entries, low, high, depth)
    children = []
    start = low
    for nibble in "0123456789abcdef":
        end = start
        while end < high and entries[end][0][shared] == nibble:
            end += 1
        if end == start:
            children.append(_EMPTY)
            continue
        is_followed = followed is not None and followed[0][shared] == nibble
        children.append(_reference(_node(entries, start, end, shared + 1, followed if is_followed else None)))
        start = end
    # No path is the beginning of another (RLP is prefix-free), so a branch holds no item itself.
    children.append(_EMPTY)
    branch = _passed(wrap_list(b"".join(children)), followed)
    if shared == depth:
        return branch
    return _passed(_pair(entries[low][0][depth:shared], False, _reference(branch)), followed)


def _passed(node: bytes, followed: _Followed | None) -> bytes:
    """The node, noted where the path that is followed leads through it."""
    if followed is not None:
        followed[1].append(node)
    return node


def _reference(node: bytes) -> bytes:
    """How a parent names a node: by hash, or by itself when it is shorter than one."""
    return node if len(node) < 32 else b"\xa0" + keccak256(node)


def _pair(path: str, is_leaf: bool, content: bytes) -> bytes:
    """A leaf or an extension: the hex-prefix encoded path and what it leads to."""
    flag = 2 if is_leaf else 0
    prefixed = f"{flag + 1}{path}" if len(path) % 2 else f"{flag}0{path}"
    return wrap_list(encode_bytes(bytes.fromhex(prefixed)) + content)
