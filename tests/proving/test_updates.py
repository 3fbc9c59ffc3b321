"""Proofs of what real networks did: every kind of block, on both engines, checked by both."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from devnet.chain.blobs import build_sidecar
from devnet.chain.keccak import keccak256
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.transaction import BLOB, SET_CODE
from devnet.chain.transaction_codec import sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.proving import NotCovered
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.recording import record
from devnet.zone.messages import CallRequest
from tests.proving.updates import GWEI, PARTS, Chain, Update, engine_of, verify

STORE = bytes.fromhex("6020355f3555")
"""Stores the input's second word under the first."""
STRANGER = Address(b"\x55" * 20)
DESTROY = bytes.fromhex("33ff")
BLOCKHASH = bytes.fromhex("5f35405f55")
"""Stores the hash of the block that the input numbers."""


def word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def hold(chain: Chain, update: Update) -> None:
    """Both engines accept the proof on both partial states and say the same; who decodes the transactions
    himself records the same."""
    checked = [verify(update, engine, opens) for engine in PARTS for opens in PARTS]
    assert all(said == checked[0] for said in checked)
    assert checked[0].batch_hash == keccak256(update.witness.batch)
    assert (
        update.statement.post_state_root == chain.zone.block(update.statement.last_height).header.state_root
    )
    witness, ledger = update.witness, chain.zone._ledger
    again = record(
        witness.program,
        witness.parent,
        update.blocks,
        ledger.state,
        ledger.chain.recent_hashes(update.statement.first_height),
        lambda number: ledger.get(number).block.header,
        engine_of(chain.parts),
    )
    assert again == replace(witness, batch=again.batch)


@pytest.fixture(params=PARTS)
def chain(request: pytest.FixtureRequest) -> Chain:
    return Chain(request.param)


def test_transfers_and_empty_blocks(chain: Chain) -> None:
    for sender in range(5):
        chain.send(sender, Address(bytes([sender + 1]) * 20), value=GWEI)
    chain.mine()
    chain.mine(3)
    hold(chain, chain.update(1))
    hold(chain, chain.update(1, 1))
    hold(chain, chain.update(2, 4))


def test_contracts_are_made_called_and_storage_is_deleted(chain: Chain) -> None:
    store = chain.deploy(STORE)
    chain.mine()
    for slot in range(20):
        chain.send(slot % 5, store, word(slot) + word(slot + 1))
    chain.mine()
    first = chain.number + 1
    for slot in range(0, 20, 2):
        chain.send(slot % 5, store, word(slot) + word(0))
    chain.mine()
    assert chain.zone.storage(store, 2, "latest") == 0
    hold(chain, chain.update(first))
    hold(chain, chain.update(1))


def test_contracts_destroy_themselves_in_the_transaction_that_made_them(chain: Chain) -> None:
    # The init code writes a slot and destroys the contract: an account that comes and goes with its storage.
    chain.send(0, None, bytes.fromhex("60015f5533ff"), value=7)
    survivor = chain.deploy(DESTROY, sender=1)
    chain.mine()
    chain.send(2, survivor, b"\x01", value=3)
    chain.mine()
    assert chain.zone.balance(survivor, "latest") == 0
    hold(chain, chain.update(1))


def test_accounts_delegate_and_take_it_back(chain: Chain) -> None:
    store = chain.deploy(STORE)
    chain.mine()
    for target in (store, Address(bytes(20))):
        authority = chain.accounts[3]
        key = chain.network.keys.key(authority)
        nonce = chain.zone.nonce(authority, "latest")
        signed = sign_authorization(chain.config.chain_id, target, nonce, key)
        chain.send(0, authority, word(1) + word(2), type=SET_CODE, authorizations=(signed,), gas=500_000)
        chain.mine()
    hold(chain, chain.update(1))
    hold(chain, chain.update(3))


def test_blockhash_needs_as_many_headers_as_it_reaches_back(chain: Chain) -> None:
    contract = chain.deploy(BLOCKHASH)
    chain.mine(30)
    for back, headers in ((1, 0), (2, 0), (3, 1), (25, 23)):
        chain.send(0, contract, word(chain.number + 1 - back))
        chain.mine()
        update = chain.update(chain.number)
        assert len(update.witness.ancestors) == headers
        assert chain.zone.storage(contract, 0, "latest") == int.from_bytes(
            chain.zone.block(chain.number - back).hash, "big"
        )
        hold(chain, update)
    hold(chain, chain.update(chain.number - 3))


def test_development_overrides_are_proven_and_counted(chain: Chain) -> None:
    zone, stranger = chain.zone, Address(b"\x55" * 20)
    zone.set_account(stranger, balance=Wei(10**18), nonce=3, code=STORE)
    zone.set_storage(stranger, 5, 9)
    zone.set_next_base_fee(Wei(5 * GWEI))
    zone.set_next_prev_randao(Hash32(b"\x07" * 32))
    chain.send(0, stranger, word(6) + word(5))
    chain.mine()
    zone.impersonate(Address(b"\x66" * 20))
    zone.set_account(Address(b"\x66" * 20), balance=Wei(10**18))
    chain.network.send(zone, CallRequest(sender=Address(b"\x66" * 20), to=stranger, data=word(1) + word(2)))
    chain.mine()
    chain.mine()
    update = chain.update(1)
    checked = verify(update)
    assert checked.overridden_blocks == 2
    assert NotCovered.OVERRIDES in checked.not_covered
    hold(chain, update)
    plain = chain.update(chain.number)
    assert NotCovered.OVERRIDES not in verify(plain).not_covered


def test_blocks_record_the_settlement_blocks_that_they_learn_of(chain: Chain) -> None:
    heads = [SettlementHead(height, Hash32(bytes([height]) * 32), 3 * height, 2) for height in (1, 4)]
    chain.mine()
    for head in heads:
        chain.zone.learn(head)
        chain.mine(2)
    update = chain.update(1)
    assert verify(update).settlement == tuple(heads)
    assert update.blocks[1].header.parent_beacon_block_root == heads[0].root
    hold(chain, update)
    hold(chain, chain.update(3, 4))


@pytest.mark.parametrize("compaction", [(1, 1, 4), (4096, 999, 1000)], ids=str)
def test_many_blocks_with_compaction(chain: Chain, compaction: tuple[int, int, int]) -> None:
    threshold, ratio, divisor = compaction
    chain = Chain(
        chain.parts, compaction_threshold=threshold, compaction_ratio=ratio, compaction_divisor=divisor
    )
    store = chain.deploy(STORE)
    chain.mine()
    for block in range(12):
        for sender in range(5):
            chain.send(sender, store, word(block * 5 + sender) + word(1))
            chain.send(sender, Address(keccak256(word(block * 5 + sender))[:20]), value=1)
        chain.mine()
    for first, last in ((1, 13), (5, 5), (6, 13)):
        hold(chain, chain.update(first, last))


def test_both_networks_give_the_same_witness() -> None:
    def updates(parts: str) -> list[Any]:
        chain = Chain(parts)
        store = chain.deploy(STORE)
        chain.send(1, store, word(1) + word(2))
        chain.mine(2)
        chain.send(1, store, word(1) + word(0))
        chain.mine()
        return [chain.update(1), chain.update(3)]

    assert all(updates(parts) == updates(PARTS[0]) for parts in PARTS)


def test_a_network_that_went_on_proves_its_older_blocks(chain: Chain) -> None:
    chain.send(0, chain.accounts[1], value=1)
    chain.mine(2)
    before = chain.update(1, 2)
    for _ in range(5):
        chain.send(2, chain.accounts[1], value=1)
        chain.mine()
    assert chain.update(1, 2) == before
    hold(chain, before)


def test_the_proof_of_a_fixed_base_fee_and_strict_timestamps(chain: Chain) -> None:
    chain = Chain(chain.parts, base_fee=Wei(0), is_timestamp_strict=True)
    chain.send(0, chain.accounts[1], value=1)
    chain.mine(2)
    assert chain.zone.block(2).header.base_fee_per_gas == 0
    hold(chain, chain.update(1))
    assert replace(chain.program, is_base_fee_fixed=False).id != chain.program.id


def test_blobs_in_the_batch_are_those_that_transactions_name(chain: Chain) -> None:
    blobs = tuple(bytes(31) + bytes([number]) + bytes(4095 * 32) for number in (1, 2))
    for blob in blobs:
        sidecar = build_sidecar((blob,), chain.program.rules)
        request = CallRequest(chain.accounts[0], STRANGER, 100_000, type=BLOB, sidecar=sidecar)
        chain.network.send(chain.zone, request)
    chain.mine()
    without = chain.update(1)
    assert NotCovered.BLOBS in verify(without).not_covered
    hold(chain, without)
    update = chain.update(1, blobs=blobs)
    assert NotCovered.BLOBS not in verify(update).not_covered
    hold(chain, update)
    for wrong in (blobs[:1], blobs[::-1], (*blobs, blobs[0]), (blobs[0], b"\xff" * len(blobs[1]))):
        with pytest.raises(Refused) as refused:
            verify(chain.update(1, blobs=wrong))
        assert refused.value.flaw is Flaw.BLOBS
