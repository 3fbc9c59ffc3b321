"""QmdbProof on chain and devnet.state.verify say the same of every proof, good or bad."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.account import Account, ChangeSet
from devnet.chain.block_codec import encode_header
from devnet.chain.keccak import keccak256
from devnet.chain.rlp import encode_bytes, encode_int, encode_list
from devnet.chain.types import EMPTY_CODE_HASH, Address, Hash32, Wei
from devnet.state.entries import encode_entry
from devnet.state.qmdb import Proof, Qmdb, QmdbConfig, account_key, slot_key
from devnet.state.verify import Flaw
from tests.contracts.calling import CallFailed, error_selector
from tests.contracts.qmdb import FLAWS, OnChain, Question, Verdict, in_python
from tests.state.naive import sha
from tests.state.test_proofs import an_address, filled
from tests.state.test_verify import climb, forged, with_entry


@pytest.fixture(scope="module")
def on_chain() -> OnChain:
    return OnChain()


@pytest.fixture(scope="module")
def state() -> Qmdb:
    return filled()


def question(state: Qmdb, key: bytes) -> Question:
    return state.root, key, state.prove(key).encode()


def kinds(state: Qmdb) -> Iterator[Question]:
    """An account that is there, one that is not, a slot that is there, one that is not, and a sentry's
    exclusion in a state with nothing in it."""
    yield question(state, account_key(an_address(1)))
    yield question(state, account_key(an_address(0)))
    yield question(state, slot_key(an_address(1), 5))
    yield question(state, slot_key(an_address(1), 4))
    yield question(Qmdb(), account_key(an_address(1)))


def agreed(on_chain: OnChain, questions: list[Question]) -> list[Verdict]:
    """The verdicts, which are the same in both."""
    expected = [in_python(one) for one in questions]
    assert on_chain.verdicts(questions) == expected
    return expected


def test_every_flaw_has_its_error() -> None:
    assert set(FLAWS.values()) == set(Flaw)


def test_what_is_there_and_what_is_not(on_chain: OnChain, state: Qmdb) -> None:
    keys = [account_key(an_address(number)) for number in range(0, 320, 3)]
    keys += [slot_key(an_address(1), slot) for slot in range(10)]
    verdicts = agreed(on_chain, [question(state, key) for key in keys])
    assert verdicts == [state.read(key) for key in keys]
    assert None in verdicts
    assert b"\x06" in verdicts


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_states_of_any_history_are_proven_alike(on_chain: OnChain, data: st.DataObject) -> None:
    numbers = st.integers(0, 12)
    accounts = st.one_of(
        st.none(),
        st.builds(
            Account,
            st.integers(0, 2**64 - 1),
            st.integers(0, 2**256 - 1).map(Wei),
            st.one_of(st.just(EMPTY_CODE_HASH), st.binary(min_size=32, max_size=32).map(Hash32)),
        ),
    )
    words = st.one_of(st.just(0), st.integers(0, 2**256 - 1))
    config = data.draw(st.sampled_from([QmdbConfig(), QmdbConfig(1, 0, 1), QmdbConfig(1, 999, 1000)]))
    state = Qmdb(config)
    slots = st.tuples(numbers, st.integers(0, 3))
    blocks = st.lists(
        st.tuples(st.dictionaries(numbers, accounts), st.dictionaries(slots, words)), max_size=5
    )
    for height, (changed, stored) in enumerate(data.draw(blocks)):
        storage = {(an_address(number), slot): word for (number, slot), word in stored.items()}
        state.commit(height, ChangeSet({an_address(n): a for n, a in changed.items()}, storage))
    height = data.draw(st.integers(-1, state.height))
    root, view = state.root_at(height), state.view(height)
    for number in range(14):
        address = an_address(number)
        proof = state.prove(account_key(address), height).encode()
        account = view.account(address)
        expected = (
            (False, 0, 0, bytes(32))
            if account is None
            else (True, account.nonce, account.balance, account.code_hash)
        )
        assert on_chain.contract.call("verifyAccount", root, address, proof) == expected
    asked = [(an_address(number), slot) for number in range(5) for slot in range(4)]
    for address, slot in asked[:: data.draw(st.integers(2, 5))]:
        proof = state.prove(slot_key(address, slot), height).encode()
        word = on_chain.contract.call("verifySlot", root, address, slot.to_bytes(32, "big"), proof)
        assert int.from_bytes(word, "big") == view.storage(address, slot)


@pytest.mark.parametrize("which", range(5))
def test_no_byte_of_a_proof_can_be_changed(on_chain: OnChain, state: Qmdb, which: int) -> None:
    root, key, good = list(kinds(state))[which]
    random_ = random.Random(which)
    bad = []
    for place in range(len(good)):
        changed = bytearray(good)
        changed[place] ^= random_.randrange(1, 256)
        bad.append((root, key, bytes(changed)))
    assert all(isinstance(verdict, Flaw) for verdict in agreed(on_chain, bad))


@pytest.mark.full
def test_no_bit_of_a_proof_can_be_changed(on_chain: OnChain, state: Qmdb) -> None:
    for root, key, good in kinds(state):
        bad = []
        for place in range(8 * len(good)):
            changed = bytearray(good)
            changed[place // 8] ^= 1 << place % 8
            bad.append((root, key, bytes(changed)))
        assert all(isinstance(verdict, Flaw) for verdict in agreed(on_chain, bad))


def test_proofs_cut_short_and_made_longer_are_refused(on_chain: OnChain, state: Qmdb) -> None:
    for root, key, good in list(kinds(state))[:2]:
        bad = [(root, key, good[:length]) for length in range(0, len(good), 7)]
        bad += [(root, key, good[length:]) for length in range(1, len(good), 97)]
        bad += [(root, key, good + tail) for tail in (b"\0", bytes(8), bytes(31), bytes(32), good)]
        bad += [(root, key, good[:-32] + bytes(32 * n) + good[-32:]) for n in (1, 2, 9, 64)]
        assert all(isinstance(verdict, Flaw) for verdict in agreed(on_chain, bad))


def test_proofs_swapped_between_keys_and_roots_are_refused(on_chain: OnChain, state: Qmdb) -> None:
    good = list(kinds(state))
    swapped = [
        (root, key, proof)
        for root in {root for root, _, _ in good} | {bytes(32)}
        for _, key, _ in good
        for _, _, proof in good
        if (root, key, proof) not in good
    ]
    verdicts = agreed(on_chain, swapped)
    assert all(isinstance(verdict, Flaw) for verdict in verdicts)
    # Keys of one shard, so that nothing but the entry tells them apart.
    keys = [account_key(an_address(number)) for number in range(300)]
    one_shard = [key for key in keys if state.read(key) and sha(key)[0] >> 4 == 7][:6]
    assert len(one_shard) == 6
    neighbours: list[Question] = [
        (state.root, asked, state.prove(proven).encode())
        for asked in one_shard
        for proven in one_shard
        if asked != proven
    ]
    assert set(agreed(on_chain, neighbours)) == {Flaw.OTHER_KEY}
    odd = [(good[0][0], key, good[0][2]) for key in (b"", good[0][1][:-1], good[0][1] + b"\0", bytes(300))]
    assert all(isinstance(verdict, Flaw) for verdict in agreed(on_chain, odd))


def test_rules_broken_under_a_root_that_fits_are_seen(on_chain: OnChain) -> None:
    """The forgeries of tests/state/test_verify.py and more: all hashes are right, one rule is broken."""
    key = account_key(Address(b"\1" * 20))
    state = Qmdb()
    state.commit(0, ChangeSet({Address(key): Account(1, Wei(2))}))
    honest = state.prove(key)
    key_hash, last = sha(key), b"\xff" * 32
    forgeries = [
        honest,
        replace(honest, start=honest.serial_number + 1),
        replace(honest, start=honest.serial_number),
        replace(honest, end=honest.serial_number),
        replace(honest, end=honest.serial_number + 1),
        replace(honest, end=honest.end << 11),
        replace(honest, end=2**64 - 1),
        replace(honest, upper=honest.upper[:-1]),
        replace(honest, upper=()),
        replace(honest, upper=(*honest.upper, bytes(32))),
        replace(honest, chunk=bytes(32)),
        replace(honest, active=0),
        with_entry(honest, serial_number=honest.serial_number + 1),
        with_entry(honest, key=b"\2" * 20),
        with_entry(honest, key=b""),
        with_entry(honest, key=b"", value=b"", next_key_hash=last),
        with_entry(honest, key=b"\0", value=b"", next_key_hash=last),
        with_entry(honest, key=key_hash[:1], value=b"", next_key_hash=last),
        with_entry(honest, key=key_hash[:2], value=b"", next_key_hash=last),
        with_entry(honest, key=last[:2], value=b"", next_key_hash=last),
        with_entry(honest, key=key, value=b"", next_key_hash=key_hash),
        with_entry(honest, key=key_hash, value=b"", next_key_hash=key_hash),
        with_entry(honest, key=bytes(32), value=b"", next_key_hash=bytes(32)),
        with_entry(honest, key=bytes(32), value=b"", next_key_hash=last),
        with_entry(honest, deactivated=(1, 2)),
        with_entry(honest, value=bytes(70_000)),
        replace(honest, entry=honest.entry + b"\0"),
        replace(honest, entry=honest.entry[:-1]),
        replace(honest, entry=honest.entry[:53]),
        replace(honest, entry=honest.entry[:52]),
        replace(honest, entry=b""),
    ]
    questions = []
    for forgery in forgeries:
        root, fitting = forged(forgery)
        questions.append((root, key, fitting.encode()))
    verdicts = agreed(on_chain, questions)
    assert set(Flaw) - set(verdicts) <= {Flaw.PATH, Flaw.ROOT}
    assert None in verdicts
    assert honest.value in verdicts


@pytest.mark.parametrize("twigs", [0, 1, 3, 60, 2**53 - 1])
def test_any_number_of_upper_peers_is_climbed(on_chain: OnChain, twigs: int) -> None:
    """Shards of up to the most entries that serial numbers can count, made up from one honest entry."""
    random_ = random.Random(twigs)
    key = account_key(Address(b"\1" * 20))
    for serial_number in {0, twigs * 2048, twigs * 2048 + 2047, random_.randrange(twigs * 2048 + 1)}:
        proof = Proof(
            value=b"\xc2\x01\x02",
            entry=encode_entry(key, b"\xc2\x01\x02", b"\xff" * 32, 5 << 24, serial_number, (1, 2)),
            serial_number=serial_number,
            left=tuple(random_.randbytes(32) for _ in range(11)),
            chunk=b"\xff" * 32,
            right=tuple(random_.randbytes(32) for _ in range(3)),
            upper=tuple(random_.randbytes(32) for _ in range(twigs.bit_length())),
            shard_root=bytes(32),
            start=random_.randrange(serial_number + 1),
            end=twigs * 2048 + 2048 if twigs == 0 else twigs * 2048 + 2047,
            active=random_.randrange(2**64),
            zone=tuple(random_.randbytes(32) for _ in range(4)),
        )
        if not proof.start <= serial_number < proof.end or proof.end >> 11 != twigs:
            continue
        root, fitting = forged(proof)
        assert agreed(on_chain, [(root, key, fitting.encode())]) == [proof.value]


# ---------------------------------------------------------------- values


def with_value(value: bytes, slot: int | None = None) -> tuple[bytes, bytes]:
    """A root under which the value is proven for the address, or its slot; and the proof."""
    address = Address(b"\1" * 20)
    key = account_key(address) if slot is None else slot_key(address, slot)
    state = Qmdb()
    state.commit(0, ChangeSet({address: Account(1, Wei(2))}, {(address, slot or 0): 1}))
    proof = with_entry(state.prove(key), value=value)
    left = climb(sha(proof.entry), proof.left, proof.serial_number % 2048, 0)
    right = climb(proof.chunk, proof.right, proof.serial_number % 2048 // 256, 8)
    shard_root = climb(sha(b"\x0b", left, right), proof.upper, proof.serial_number // 2048, 12)
    counters = b"".join(number.to_bytes(8, "little") for number in (proof.start, proof.end, proof.active))
    root = climb(sha(b"\x40", shard_root, counters), proof.zone, sha(key)[0] // 16, 64)
    return root, replace(proof, shard_root=shard_root).encode()


@pytest.mark.parametrize(
    "value",
    [
        b"\xc0",
        b"\xc1\x01",
        b"\xc2\x01",
        b"\xc3\x01\x02\x03",
        b"\xc3\x01\x02",
        b"\xc2\x01\x02\x03",
        b"\xc2\x00\x02",
        b"\xc3\x81\x05\x02",
        b"\xc4\x82\x00\x05\x02",
        b"\xc2\x01\xc0",
        b"\xc2\xc0\x01",
        b"\x82\x01\x02",
        b"\x01",
        b"\xff",
        b"\xf8",
        b"\xf8\x38",
        b"\xf8\x02\x01\x02",
        b"\xf9\x00\x02\x01\x02",
        encode_list([encode_int(2**64), encode_int(1)]),
        encode_list([encode_int(1), encode_int(2**256)]),
        encode_list([encode_int(1), encode_int(1), encode_bytes(bytes(31))]),
        encode_list([encode_int(1), encode_int(1), encode_bytes(bytes(33))]),
        encode_list([encode_int(1), encode_int(1), encode_bytes(bytes(32)), encode_int(1)]),
        encode_list([encode_int(1), encode_int(1), encode_list([])]),
    ],
)
def test_a_value_that_is_no_account_is_refused(on_chain: OnChain, value: bytes) -> None:
    root, proof = with_value(value)
    with pytest.raises(CallFailed) as caught:
        on_chain.contract.call("verifyAccount", root, b"\1" * 20, proof)
    assert caught.value.data == error_selector("QmdbProof", "ValueMalformed")


@pytest.mark.parametrize("nonce", [0, 1, 127, 128, 255, 256, 2**64 - 1])
@pytest.mark.parametrize("balance", [0, 1, 127, 128, 2**87, 2**256 - 1])
def test_accounts_of_every_length_are_read(on_chain: OnChain, nonce: int, balance: int) -> None:
    numbers = [encode_int(nonce), encode_int(balance)]
    for code in (None, b"\7" * 32):
        fields = numbers if code is None else [*numbers, encode_bytes(code)]
        root, proof = with_value(encode_list(fields))
        expected = (True, nonce, balance, EMPTY_CODE_HASH if code is None else code)
        assert on_chain.contract.call("verifyAccount", root, b"\1" * 20, proof) == expected


@pytest.mark.parametrize("value", [b"\0", b"\0\1", bytes(32), b"\1" * 33])
def test_a_value_that_is_no_slots_is_refused(on_chain: OnChain, value: bytes) -> None:
    root, proof = with_value(value, slot=3)
    with pytest.raises(CallFailed) as caught:
        on_chain.contract.call("verifySlot", root, b"\1" * 20, (3).to_bytes(32, "big"), proof)
    assert caught.value.data == error_selector("QmdbProof", "ValueMalformed")


# ---------------------------------------------------------------- headers and gas


def test_a_header_gives_the_state_root_of_its_block(on_chain: OnChain) -> None:
    zone = on_chain.network.default_zone
    on_chain.network.mine(zone)
    block = zone.block("latest")
    assert block is not None
    header = encode_header(block.header)
    assert on_chain.contract.call("stateRootOf", block.hash, header) == block.header.state_root


def test_what_is_no_header_of_the_block_gives_no_root(on_chain: OnChain) -> None:
    block = on_chain.network.default_zone.block("latest")
    assert block is not None
    header = encode_header(block.header)
    layouts = []
    for place in (0, 3, 36, 69, 90):
        other = bytearray(header)
        other[place] ^= 1
        layouts.append(bytes(other))
    wrong = [(bytes(32), header), (block.hash, header[:-1]), (block.hash, header + b"\0"), (block.hash, b"")]
    wrong += [(keccak256(other), other) for other in (*layouts, b"", header[:122], bytes(600))]
    for block_hash, given_header in wrong:
        with pytest.raises(CallFailed) as caught:
            on_chain.contract.call("stateRootOf", block_hash, given_header)
        assert caught.value.data == error_selector("QmdbProof", "HeaderNotOfBlock")
