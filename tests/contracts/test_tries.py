"""Items of ordered tries, headers and receipts on chain: py-trie and the reference say the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import rlp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trie import HexaryTrie

from devnet.chain.block import Log, Receipt
from devnet.chain.keccak import keccak256
from devnet.chain.receipt_codec import bloom_of, encode_receipt
from devnet.chain.rlp import decode, encode_int
from devnet.chain.trie import BadProof, ordered_proof, ordered_root, verify_ordered_proof
from devnet.chain.types import Address, Hash32, Wei
from tests.contracts.settled import Asked, compiled, lists_changed, mutations
from zero_sdk import local

SEVERAL = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def tries() -> Asked:
    return Asked(local(("alpha",)).default_zone.deploy(compiled("Tries.sol")))


def in_python(root: bytes, index: int, nodes: Sequence[bytes]) -> bytes | None:
    try:
        return verify_ordered_proof(Hash32(root), index, nodes)
    except BadProof:
        return None


def in_py_trie(root: bytes, index: int, nodes: Sequence[bytes]) -> Any:
    return HexaryTrie.get_from_proof(root, encode_int(index), [rlp.decode(node) for node in nodes])


# Items below 32 bytes make nodes that are inside their parents; beyond 127 and 255 the paths get longer.
ITEMS = st.one_of(
    st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=40),
    st.builds(
        lambda count, size: [bytes([number % 255 + 1]) * size for number in range(count)],
        st.sampled_from([1, 2, 16, 17, 127, 128, 129, 130, 255, 256, 257, 300]),
        st.sampled_from([1, 2, 20, 40]),
    ),
)


@SEVERAL
@given(items=ITEMS, data=st.data())
def test_items_of_any_trie_are_found(tries: Asked, items: list[bytes], data: st.DataObject) -> None:
    root = ordered_root(items)
    edges = [index for index in (0, 1, 127, 128, 255, 256, len(items) - 1) if index < len(items)]
    places = [*edges, *data.draw(st.lists(st.integers(0, len(items) - 1), max_size=8))]
    proofs = [ordered_proof(items, index) for index in places]
    found = tries.outcomes(
        "item", [(root, index, proof) for index, proof in zip(places, proofs, strict=True)]
    )
    assert found == [items[index] for index in places]
    for index, proof in zip(places, proofs, strict=True):
        assert in_py_trie(root, index, proof) == items[index]


@SEVERAL
@given(items=ITEMS, data=st.data())
def test_a_changed_proof_proves_nothing(tries: Asked, items: list[bytes], data: st.DataObject) -> None:
    root = ordered_root(items)
    index = data.draw(st.integers(0, len(items) - 1))
    nodes = ordered_proof(items, index)
    place = data.draw(st.integers(0, len(nodes) - 1))
    forged = [
        *((root, index, (*nodes[:place], node, *nodes[place + 1 :])) for node in mutations(nodes[place])),
        *((root, index, changed) for changed in lists_changed(nodes)),
        (root, index, ()),
        (Hash32(keccak256(root)), index, nodes),
    ]
    others = {index ^ 1, index + 1, len(items), index << 8, 1 << 40} - {index}
    found = tries.outcomes("item", [*forged, *((root, other, nodes) for other in others)])
    assert found[: len(forged)] == [None] * len(forged) == [in_python(*each) for each in forged]
    for other, item in zip(others, found[len(forged) :], strict=True):
        # Small items may stand in nodes that are shown, too.
        assert item is None or (other < len(items) and item == items[other])
        assert item == in_python(root, other, nodes)


def chain_of(*nodes: Any) -> tuple[bytes, list[bytes]]:
    """The root and the nodes, of which each but the last has `...` where the hash of the next one goes."""
    encoded: list[bytes] = []
    for node in reversed(nodes):
        below = keccak256(encoded[0]) if encoded else b""
        encoded.insert(0, node if isinstance(node, bytes) else rlp.encode(_filled(node, below)))
    return keccak256(encoded[0]), encoded


def _filled(node: Any, below: bytes) -> Any:
    if node is ...:
        return below
    return [_filled(item, below) for item in node] if isinstance(node, list) else node


def branch(nibble: int, child: Any, value: bytes = b"") -> list[Any]:
    made: list[Any] = [b""] * 17
    made[nibble], made[16] = child, value
    return made


ITEM = b"an item that is longer than a hash, so that its node is not inside another"
LEAF = [b" ", ITEM]
"""With nothing left of the path."""
# Paths: index 0 is 80, index 1 is 01.
GOOD = [
    chain_of([b"\x20\x01", ITEM]),
    chain_of(branch(0, ...), [b"\x31", ITEM]),
    chain_of(branch(0, ...), branch(1, ...), LEAF),
    chain_of([b"\x10", ...], branch(1, ...), LEAF),
    chain_of([b"\x00\x01", ...], LEAF),
    chain_of(branch(0, [b"\x31", b"small"])),
    chain_of([b"\x10", [b"\x31", b"small"]]),
    chain_of(branch(0, ..., b"a value of its own"), [b"\x31", ITEM]),
]


def test_nodes_of_every_kind_are_passed(tries: Asked) -> None:
    found = tries.outcomes("item", [(root, 1, nodes) for root, nodes in GOOD])
    assert found == [ITEM] * 5 + [b"small", b"small", ITEM]


long_child = [b"\x31", b"s" * 40]
WRONG = {
    "an extension without a path": chain_of([b"\x00", ...], [b"\x20\x01", ITEM]),
    "a path of no known kind": chain_of([b"\x40\x01", ITEM]),
    "an odd path's kind with the flag beyond": chain_of([b"\x50", ITEM]),
    "padding that is not zero": chain_of([b"\x2f\x01", ITEM]),
    "no path at all": chain_of([b"", ITEM]),
    "a path longer than the key": chain_of([b"\x20\x01\x00", ITEM]),
    "a path much longer than any key": chain_of([b"\x20\x01" + bytes(40), ITEM]),
    "a path shorter than the key": chain_of([b"\x30", ITEM]),
    "a leaf elsewhere": chain_of([b"\x20\x02", ITEM]),
    "a list for an item": chain_of([b"\x20\x01", [b"a", b"b"]]),
    "a list for a path": chain_of([[b"\x20\x01"], ITEM]),
    "a branch of 16": chain_of(branch(0, ...)[:16], [b"\x31", ITEM]),
    "a branch of 18": chain_of([*branch(0, ...), b""], [b"\x31", ITEM]),
    "a node of three": chain_of([b"\x20\x01", ITEM, b""]),
    "a node of one": chain_of([b"\x20\x01"]),
    "a node of none": chain_of([]),
    "a string for a node": chain_of(rlp.encode(ITEM)),
    "an empty child": chain_of(branch(3, [b"\x31", b"small"])),
    "a hash that is too short": chain_of(branch(0, b"h" * 31)),
    "a node inside that is no shorter than a hash": chain_of(branch(0, long_child)),
    "a branch where the path is at its end": chain_of(
        branch(0, ...), branch(1, ...), branch(0, b"", b"value")
    ),
    "bytes behind the node": chain_of(rlp.encode([b"\x20\x01", ITEM]) + b"\0"),
    "a length with a zero before it": chain_of(b"\xf9\x00\x4f" + rlp.encode([b"\x20\x01", ITEM])[2:]),
    "a short length in the long form": chain_of(b"\xf8\x09\x82\x20\x01\x85small"),
    "a small byte in the long form": chain_of(b"\xc5\x82\x20\x01\x81\x05"),
    "a length beyond the end": chain_of(b"\xf8\xff" + rlp.encode([b"\x20\x01", ITEM])[2:]),
    "a length of 8 bytes": chain_of(b"\xff" + b"\xff" * 8),
    "nothing": (keccak256(b""), [b""]),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_node_is_refused(tries: Asked, kind: str) -> None:
    root, nodes = WRONG[kind]
    assert tries.outcomes("item", [(root, 1, nodes)]) == [None]


def test_the_lengths_of_the_wrong_ones_are_what_they_say() -> None:
    """The form with a zero before the length differs from a good node in that alone."""
    good = rlp.encode([b"\x20\x01", ITEM])
    assert good[0] == 0xF8
    assert good[1] == 0x4F == len(good) - 2
    assert decode(good) == [b"\x20\x01", ITEM]


# ------------------------------------------------------------ receipts


LOGS = st.builds(
    Log,
    st.binary(min_size=20, max_size=20).map(Address),
    st.lists(st.binary(min_size=32, max_size=32).map(Hash32), max_size=4).map(tuple),
    st.binary(max_size=100),
)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    logs = tuple(draw(st.lists(LOGS, max_size=5)))
    return Receipt(
        transaction_type=draw(st.integers(0, 4)),
        status=draw(st.booleans()),
        cumulative_gas_used=draw(st.integers(0, 2**64 - 1)),
        gas_used=1,
        bloom=bloom_of(logs),
        logs=logs,
        effective_gas_price=Wei(1),
        contract_address=None,
        blob_gas_used=0,
        first_log_index=0,
    )


@SEVERAL
@given(receipt=receipts())
def test_any_receipt_is_read(tries: Asked, receipt: Receipt) -> None:
    encoded = encode_receipt(receipt)
    (found,) = tries.outcomes("receipt", [(encoded,)])
    assert (found.transactionType, found.success) == (receipt.transaction_type, receipt.status)
    assert found.cumulativeGasUsed == receipt.cumulative_gas_used
    logs = [(bytes.fromhex(log.emitter[2:]), tuple(log.topics), log.data) for log in found.logs]
    assert logs == [(log.address, log.topics, log.data) for log in receipt.logs]
    count = len(receipt.logs)
    single = tries.outcomes("logAt", [(encoded, index) for index in range(count + 2)])
    assert single == [*found.logs, None, None]
    assert tries.outcomes("receipt", [(encoded[:-1],), (encoded + b"\0",), (b"",)]) == [None] * 3


@pytest.mark.parametrize(
    "fields",
    [
        [b"\x02", b"", bytes(256), []],
        [b"\x01", b"\x00\x05", bytes(256), []],
        [b"\x01", b"\x01" * 9, bytes(256), []],
        [b"\x01", b"", bytes(255), []],
        [b"\x01", b"", bytes(256)],
        [b"\x01", b"", bytes(256), [], b""],
        [b"\x01", b"", bytes(256), [b""]],
        [b"\x01", b"", bytes(256), [[b"a" * 19, [], b""]]],
        [b"\x01", b"", bytes(256), [[b"a" * 20, [b"t" * 31], b""]]],
        [b"\x01", b"", bytes(256), [[b"a" * 20, [b"t" * 32] * 5, b""]]],
        [b"\x01", b"", bytes(256), [[b"a" * 20, [b"t" * 65], b""]]],
        [b"\x01", b"", bytes(256), [[b"a" * 20, [], b"", b""]]],
        [b"\x01", b"", bytes(256), [[b"a" * 20, []]]],
        [[], b"", bytes(256), []],
    ],
)
def test_what_is_no_receipt_is_refused(tries: Asked, fields: list[Any]) -> None:
    assert tries.outcomes("receipt", [(rlp.encode(fields),)]) == [None]
    assert tries.outcomes("receipt", [(b"\x02" + rlp.encode(fields),)]) == [None]


# ------------------------------------------------------------ headers


def test_a_header_opens_by_its_hash_and_needs_its_fields(tries: Asked) -> None:
    fields: list[bytes] = [bytes(32), bytes(32), bytes(20), b"s" * 32, b"t" * 32, b"r" * 32, bytes(256)]
    fields += [b"", b"\x09", b"\x0a", b"\x0b", b"\x0c", b"", b"m" * 32, bytes(8), b"\x07"]
    good = rlp.encode(fields)
    more = rlp.encode([*fields, bytes(32), b""])
    wrong = [
        rlp.encode(fields[:15]),
        rlp.encode([b"\x01", *fields[1:]]),
        rlp.encode([*fields[:8], b"\x00\x09", *fields[9:]]),
        rlp.encode([*fields[:8], b"\x01" * 9, *fields[9:]]),
        rlp.encode([[], *fields[1:]]),
        good + b"\0",
        rlp.encode(b"no list"),
        b"",
    ]
    asked = [(keccak256(each), each) for each in (good, more, *wrong)] + [(bytes(32), good)]
    first, second, *others = tries.outcomes("open", asked)
    for found in (first, second):
        assert (found.stateRoot, found.transactionsRoot, found.receiptsRoot) == (
            b"s" * 32,
            b"t" * 32,
            b"r" * 32,
        )
        assert (found.number, found.gasLimit, found.gasUsed, found.timestamp, found.baseFee) == (
            9,
            10,
            11,
            12,
            7,
        )
        assert found.mixHash == b"m" * 32
    assert others == [None] * (len(wrong) + 1)
