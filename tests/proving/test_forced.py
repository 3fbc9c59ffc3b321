"""Forced transactions: first in a block and in queue order; what cannot be executed is consumed without
effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from devnet.chain.block import Header
from devnet.chain.block_codec import header_hash
from devnet.chain.forced import ForcedTransaction
from devnet.chain.hash_tree import fields_root, list_root
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address
from devnet.proving.batch import BatchBlock
from devnet.proving.flaws import Flaw, Refused
from devnet.proving.recording import record
from tests.proving.updates import INBOX_INDEX, PARTS, Chain, Update, engine_of, state_update, verify

STRANGER = Address(b"\x55" * 20)


def posted(*transactions: bytes, gas: int = 30_000_000) -> tuple[ForcedTransaction, ...]:
    return tuple(ForcedTransaction(encoded, gas) for encoded in transactions)


def forced_update(chain: Chain, forced: Sequence[bytes | ForcedTransaction]) -> Update:
    """The newest block as if it had consumed these."""
    consumed = [item if isinstance(item, ForcedTransaction) else posted(item)[0] for item in forced]
    found = chain.zone.block("latest")
    assert found is not None

    def header_at(number: int) -> Header:
        block = chain.zone.block(number)
        assert block is not None
        return block.header

    sealed = chain.zone._ledger.tip.record
    block = replace(BatchBlock.of(found, sealed.overrides, sealed.settlement), forced=tuple(consumed))
    parent = header_at(found.header.number - 1)
    assert header_hash(parent) == found.header.parent_hash
    hashes = chain.zone._ledger.chain.recent_hashes(found.header.number)
    witness = record(
        chain.program, parent, [block], chain.zone._ledger.state, hashes, header_at, engine_of(chain.parts)
    )
    return state_update(witness)


@pytest.fixture(params=PARTS)
def chain(request: pytest.FixtureRequest) -> Chain:
    """With two transactions in its newest block, the first by account 0."""
    chain = Chain(request.param)
    chain.mine()
    chain.send(0, chain.accounts[4], value=1, tip=2 * 10**9)
    chain.send(1, chain.accounts[4], value=2)
    chain.mine()
    return chain


def test_what_was_forced_comes_first_and_is_counted(chain: Chain) -> None:
    block = chain.zone.block("latest")
    assert block is not None
    first, second = (transaction.encoded for transaction in block.transactions)
    for forced in ((), (first,), (first, second)):
        update = forced_update(chain, forced)
        for engine in PARTS:
            assert verify(update, engine).forced == tuple(item.posting for item in posted(*forced))
        assert update.statement.post_inbox_index == INBOX_INDEX + len(forced)
        leaves = [fields_root((keccak256(item), 30_000_000)) for item in forced]
        assert update.statement.inbox_root == list_root(leaves)


def test_what_cannot_be_executed_is_consumed_without_effect(chain: Chain) -> None:
    block = chain.zone.block("latest")
    assert block is not None
    first = block.transactions[0].encoded
    too_high = chain.transaction(3, chain.accounts[0], value=1, gas=10**8).encoded
    spent = chain.transaction(2, chain.accounts[0], value=10**30).encoded
    junk = b"no transaction"
    update = forced_update(chain, (junk, too_high, first, b"", spent))
    assert len(verify(update).forced) == 5
    assert update.statement.post_inbox_index == INBOX_INDEX + 5


def test_one_that_can_be_executed_must_not_be_left_out(chain: Chain) -> None:
    possible = chain.transaction(2, chain.accounts[0], value=1).encoded
    with pytest.raises(Refused) as refused:
        forced_update(chain, (possible,))
    assert refused.value.flaw is Flaw.FORCED


def test_one_that_may_take_more_than_was_paid_for_is_passed_over(chain: Chain) -> None:
    possible = chain.transaction(2, chain.accounts[0], value=1)
    least = possible.gas_limit
    update = forced_update(chain, posted(possible.encoded, gas=least - 1))
    assert [item.gas for item in verify(update).forced] == [least - 1]
    with pytest.raises(Refused) as refused:
        forced_update(chain, posted(possible.encoded, gas=least))
    assert refused.value.flaw is Flaw.FORCED


def test_what_was_paid_is_bound_to_the_statement(chain: Chain) -> None:
    update = forced_update(chain, posted(b"junk", gas=50_000))
    other = forced_update(chain, posted(b"junk", gas=50_001))
    with pytest.raises(Refused) as refused:
        verify(Update(other.witness, update.statement))
    assert refused.value.flaw is Flaw.STATEMENT


def test_blobs_are_forced_on_nobody(chain: Chain) -> None:
    hashes = (b"\x01" + bytes(31),)
    blob = chain.transaction(
        2, chain.accounts[0], value=1, type=3, blob_hashes=hashes, max_fee_per_blob_gas=10**9
    )
    assert len(verify(forced_update(chain, (blob.encoded,))).forced) == 1


def test_one_that_is_out_of_place_counts_as_left_out(chain: Chain) -> None:
    block = chain.zone.block("latest")
    assert block is not None
    first, second = (transaction.encoded for transaction in block.transactions)
    for forced in ((second,), (second, first)):
        with pytest.raises(Refused):
            forced_update(chain, forced)


def test_forced_transactions_are_bound_to_the_statement(chain: Chain) -> None:
    block = chain.zone.block("latest")
    assert block is not None
    update = forced_update(chain, (block.transactions[0].encoded,))
    without = forced_update(chain, ())
    with pytest.raises(Refused) as refused:
        verify(Update(without.witness, update.statement))
    assert refused.value.flaw is Flaw.STATEMENT


@pytest.mark.parametrize("parts", PARTS)
def test_one_that_only_lacks_room_must_wait(parts: str) -> None:
    chain = Chain(parts, gas_limit=100_000)
    chain.mine()
    for sender in range(4):
        chain.send(sender, STRANGER, value=1)
    chain.mine()
    block = chain.zone.block("latest")
    assert block is not None
    taken = [transaction.encoded for transaction in block.transactions]
    assert len(taken) == 4
    verify(forced_update(chain, taken))
    with pytest.raises(Refused) as refused:
        forced_update(chain, [*taken, chain.transaction(4, STRANGER, value=1).encoded])
    assert refused.value.flaw is Flaw.FORCED
    large = chain.transaction(4, STRANGER, value=1, gas=100_001).encoded
    verify(forced_update(chain, [*taken, large]))  # no block has room for this one
