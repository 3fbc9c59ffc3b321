"""What another zone settled is read on chain by its proof, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devnet.chain.keccak import keccak256
from devnet.chain.types import EMPTY_CODE_HASH
from tests.contracts.settled import TwoZones, lists_changed, mutations, two_zones
from zero_sdk import AsyncNetwork, Refused, Reverted, Transaction, WrongArguments
from zero_sdk.proofs import (
    InvalidProof,
    SettledItemProof,
    mapping_slot,
    verify_settled_log,
    verify_settled_receipt,
    verify_settled_state,
    verify_settled_transaction,
)
from zero_sdk.testing import reverts

NOBODY = "0x" + "0b" * 20
ALPHA = 1


@pytest.fixture(scope="module")
def native() -> TwoZones:
    """For what does not depend on the engine that makes the blocks."""
    return two_zones("native")


@pytest.fixture(scope="module", params=["native", "pyevm"])
def zones(request: pytest.FixtureRequest) -> TwoZones:
    if request.param == "native":
        made: TwoZones = request.getfixturevalue("native")
        return made
    return two_zones(request.param)


# ------------------------------------------------------------ what is true is read


def test_accounts_and_slots_are_read_there_or_not(zones: TwoZones) -> None:
    alpha, bell, reader = zones.alpha, zones.bell, zones.reader
    ringer = zones.network.accounts[0]
    slots = [0, mapping_slot(ringer.address, 1), 77]
    shown = alpha.prove(bell, slots, for_zone="beta")
    rung = len(zones.rings)
    assert [shown.storage[slot] for slot in slots] == [rung, bell.ringsOf(ringer), 0]
    for slot in slots:
        word = slot.to_bytes(32, "big")
        read = reader.slot(ALPHA, str(bell.address), word, *shown.slot_parts(slot))
        assert int.from_bytes(read, "big") == shown.storage[slot]
    code_hash = keccak256(alpha.code(bell))
    assert tuple(reader.account(ALPHA, str(bell.address), *shown.account_parts)) == (True, 1, 0, code_hash)
    rich = alpha.prove(ringer, for_zone="beta")
    expected = (True, alpha.nonce(ringer), alpha.balance(ringer), EMPTY_CODE_HASH)
    assert tuple(reader.account(ALPHA, ringer.address, *rich.account_parts)) == expected
    nobody = alpha.prove(NOBODY, [5], for_zone="beta")
    assert nobody.account is None
    assert tuple(reader.account(ALPHA, NOBODY, *nobody.account_parts)) == (False, 0, 0, bytes(32))
    assert reader.slot(ALPHA, NOBODY, (5).to_bytes(32, "big"), *nobody.slot_parts()) == bytes(32)


def settled_at(ring: Transaction) -> int:
    """The settlement height of the transaction's block."""
    update = ring.zone.update(ring.block_number)
    assert update is not None
    return int(update["settlementHeight"], 16)


def test_every_block_of_every_update_is_read(zones: TwoZones) -> None:
    """First, middle and last of an update, under its own settlement block or a later one."""
    reader = zones.reader
    seen = set()
    for ring in (zones.bell.deployment, *zones.rings[:5], zones.rings[-1]):
        assert ring is not None
        block = zones.alpha.block(ring.block_number)
        assert block is not None
        for height in (1, 2, 3):
            if height < settled_at(ring):
                with pytest.raises(Refused, match="does not have block"):
                    ring.prove(height=height)
                continue
            shown = ring.prove(height=height)
            header = reader.header(ALPHA, shown.block)
            assert header.hash.hex() == block["hash"][2:]
            assert header.parentHash.hex() == block["parentHash"][2:]
            assert (header.number, header.timestamp) == (ring.block_number, int(block["timestamp"], 16))
            assert header.stateRoot.hex() == block["stateRoot"][2:]
            assert header.receiptsRoot.hex() == block["receiptsRoot"][2:]
            assert header.transactionsRoot.hex() == block["transactionsRoot"][2:]
            assert header.mixHash.hex() == block["mixHash"][2:]
            assert header.coinbase.lower() == block["miner"]
            numbers = (header.gasLimit, header.gasUsed, header.baseFee)
            assert numbers == tuple(int(block[name], 16) for name in ("gasLimit", "gasUsed", "baseFeePerGas"))
            seen.add((ring.block_number, height))
    # The block of the deployment under all three, those after it under two, the last under one.
    assert len([1 for number, _ in seen if number == 1]) == 3
    assert {height for number, height in seen if number == zones.rings[-1].block_number} == {3}


def test_transactions_receipts_and_logs_are_read(zones: TwoZones) -> None:
    reader = zones.reader
    for number, ring in enumerate((*zones.rings[:6], zones.rings[19], zones.rings[-1])):
        sent = ring.prove(for_zone="beta")
        assert keccak256(reader.transaction(ALPHA, *sent.parts)).hex() == ring.hash[2:]
        told = ring.prove_receipt(for_zone="beta")
        receipt = reader.receipt(ALPHA, *told.parts)
        raw = ring.receipt.raw
        assert (receipt.success, receipt.transactionType) == (True, int(raw["type"], 16))
        assert receipt.cumulativeGasUsed == int(raw["cumulativeGasUsed"], 16)
        assert [log.data for log in receipt.logs] == [log.data for log in ring.receipt.logs]
        ids = set()
        for log in ring.receipt.logs:
            shown = ring.prove_log(log, for_zone="beta")
            read = reader.log(ALPHA, *shown.parts)
            assert (read.emitter, tuple(read.topics), read.data) == (log.address, log.topics, log.data)
            assert read.blockNumber == ring.block_number
            ids.add(read.id)
        assert len(ids) == len(ring.receipt.logs) == 4, number


def test_a_block_is_shown_under_the_oldest_settlement_block_that_the_reader_knows(zones: TwoZones) -> None:
    """The way through later updates is needed only where the reader skipped the one that settled it."""
    beta, bell, reader = zones.network["beta"], zones.bell, zones.reader
    ring = zones.rings[0]
    shown = ring.prove(for_zone="beta")
    assert shown.height == 2
    assert len(ring.prove(height=3).block[3]) == len(shown.block[3]) + 3
    with zones.network.isolated():
        for height in (4, 5, 6):
            ring = bell.ring(b"again")
            zones.network.settle()
            if height != 4:
                beta.mine()
            if height == 4:
                skipped = ring
        shown = skipped.prove(for_zone="beta", recorded=True)
        assert shown.height == 5
        assert reader.header(ALPHA, shown.block).number == skipped.block_number
        with pytest.raises(Reverted):
            reader.header(ALPHA, skipped.prove(height=4).block)
        with pytest.raises(Refused, match="does not have block"):
            ring.prove(height=5)


def test_what_is_recorded_is_preferred_where_it_says_the_same(zones: TwoZones) -> None:
    with zones.network.isolated():
        before = zones.alpha.prove(zones.bell, [0], for_zone="beta")
        zones.network["beta"].send(NOBODY, value=1)
        zones.network.settle()
        # Alpha has not changed, and beta has no block that knows the new settlement block.
        assert zones.alpha.prove(zones.bell, [0], for_zone="beta").root == before.root
        zones.bell.ring(b"more")
        zones.network.settle()
        fresh = zones.alpha.prove(zones.bell, [0], for_zone="beta")
        stale = zones.alpha.prove(zones.bell, [0], for_zone="beta", recorded=True)
        assert fresh.storage[0] == stale.storage[0] + 1
        newest = int(zones.network.rpc("zero_getSettlementBlock", "latest")["height"], 16)
        assert (fresh.height, stale.root) == (newest, before.root)
        assert zones.reader.age(stale.height) == newest - stale.height
        read = zones.reader.slot(ALPHA, str(zones.bell.address), bytes(32), *fresh.slot_parts())
        assert int.from_bytes(read, "big") == fresh.storage[0]


def test_what_is_not_settled_is_not_proven(zones: TwoZones) -> None:
    with zones.network.isolated():
        ring = zones.bell.ring(b"not yet")
        with pytest.raises(Refused, match=rf"block {ring.block_number} is not settled yet"):
            ring.prove(for_zone="beta")
        with pytest.raises(Refused, match="there is no settlement block 9 yet"):
            zones.alpha.prove(NOBODY, height=9)
        with pytest.raises(Refused, match="genesis settled nothing"):
            zones.alpha.prove(NOBODY, height=0)
        with pytest.raises(WrongArguments):
            zones.alpha.prove(NOBODY)
        with pytest.raises(WrongArguments):
            zones.alpha.prove(NOBODY, for_zone="beta", height=1)
        with pytest.raises(WrongArguments, match="has no log 99"):
            zones.rings[0].prove_log(99, for_zone="beta")
        with pytest.raises(Refused, match="give block or settled"):
            zones.alpha.rpc("zero_getProof", NOBODY, [], "0x1", {"height": "0x1"})
        for wrong in ({}, {"height": 1}, {"knownBy": "gamma"}, {"knownBy": 1}, {"in": "beta"}, "latest"):
            with pytest.raises(Refused) as refused:
                zones.alpha.rpc("zero_getProof", NOBODY, [], None, wrong)
            assert refused.value.code == -32602


# ------------------------------------------------------------ what is forged is refused


@dataclass(frozen=True, slots=True)
class Case:
    """A question to SettledReader whose answer is true."""

    function: str
    arguments: tuple[Any, ...]


def cases(zones: TwoZones) -> list[Case]:
    bell = str(zones.bell.address)
    state = zones.alpha.prove(zones.bell, [0, 9], for_zone="beta")
    nobody = zones.alpha.prove(NOBODY, for_zone="beta")
    of_many, alone = zones.rings[7], zones.rings[1]
    return [
        Case("root", (ALPHA, state.root)),
        Case("account", (ALPHA, bell, *state.account_parts)),
        Case("account", (ALPHA, NOBODY, *nobody.account_parts)),
        Case("slot", (ALPHA, bell, bytes(32), *state.slot_parts(0))),
        Case("slot", (ALPHA, bell, (9).to_bytes(32, "big"), *state.slot_parts(9))),
        Case("header", (ALPHA, of_many.prove(height=3).block)),
        Case("header", (ALPHA, zones.rings[-1].prove(for_zone="beta").block)),
        Case("transaction", (ALPHA, *of_many.prove(height=2).parts)),
        Case("receipt", (ALPHA, *of_many.prove_receipt(height=3).parts)),
        Case("receipt", (ALPHA, *alone.prove_receipt(height=2).parts)),
    ]


def arrays_changed(value: Any) -> Iterator[Any]:
    """The arguments with one list in them shorter, longer or in another order."""
    if isinstance(value, tuple):
        if value and all(isinstance(item, bytes) for item in value):
            yield from lists_changed(value)
            return
        for place, item in enumerate(value):
            for changed in arrays_changed(item):
                yield (*value[:place], changed, *value[place + 1 :])


@pytest.mark.parametrize("which", range(10))
def test_nothing_in_a_proof_can_be_changed(native: TwoZones, which: int) -> None:
    """No number, no byte, no length, no order. Another key than the proven one may be proven, too, where both
    are in one gap; then what is read is true."""
    case = cases(native)[which]
    asked = native.asked
    (truth,) = asked.outcomes(case.function, [case.arguments])
    assert truth is not None
    assert case.function not in ("slot", "account") or case.arguments[1] in (str(native.bell.address), NOBODY)
    forged = [*mutations(case.arguments), *arrays_changed(case.arguments)]
    assert len(forged) > 100
    accepted = [
        (arguments, found)
        for arguments, found in zip(forged, asked.outcomes(case.function, forged), strict=True)
        if found is not None
    ]
    for arguments, found in accepted:
        # Only the key may differ: all else is as it was.
        assert case.function in ("slot", "account")
        assert (arguments[0], arguments[2 if case.function == "account" else 3 :]) == (
            case.arguments[0],
            case.arguments[2 if case.function == "account" else 3 :],
        )
        assert found in (bytes(32), (False, 0, 0, bytes(32)))


@pytest.mark.parametrize("function", ["transaction", "receipt", "log"])
def test_an_item_is_not_another(native: TwoZones, function: str) -> None:
    """Not at another index, of another block, from the other trie, nor in another zone."""
    prove: dict[str, Callable[[Transaction], SettledItemProof[Any]]] = {
        "transaction": lambda ring: ring.prove(height=3),
        "receipt": lambda ring: ring.prove_receipt(height=3),
        "log": lambda ring: ring.prove_log(ring.receipt.logs[1], height=3),
    }
    one, other, apart = (prove[function](native.rings[number]) for number in (5, 6, 1))
    rest = one.parts[2:]
    forged = [
        (ALPHA, one.block, other.item, *rest),
        (ALPHA, one.block, (one.item[0], other.item[1]), *rest),
        (ALPHA, one.block, (other.item[0], one.item[1]), *rest),
        (ALPHA, apart.block, one.item, *rest),
        (ALPHA, one.block, apart.item, *rest),
        (0, one.block, one.item, *rest),
        (2, one.block, one.item, *rest),
        (ALPHA + (1 << 16), one.block, one.item, *rest),
    ]
    if function == "log":
        told = native.rings[5].prove(height=3)
        forged += [(ALPHA, told.block, told.item, *rest), (ALPHA, one.block, one.item, 4)]
    found = native.asked.outcomes(function, forged)
    # The first is true: it is the other item, under the same block.
    assert found[0] == native.asked.outcomes(function, [(ALPHA, *other.parts)])[0] is not None
    assert found[1:] == [None] * (len(forged) - 1)


def test_what_was_true_once_is_not_true_of_another_height(native: TwoZones) -> None:
    old, new = native.alpha.prove(native.bell, [0], height=2), native.alpha.prove(native.bell, [0], height=3)
    assert old.storage != new.storage
    address = str(native.bell.address)
    forged = [
        (ALPHA, address, bytes(32), (3, *old.root[1:]), old.slot_proofs[0]),
        (ALPHA, address, bytes(32), (2, *new.root[1:]), new.slot_proofs[0]),
        (ALPHA, address, bytes(32), (3, old.root[1], new.root[2]), old.slot_proofs[0]),
        (ALPHA, address, bytes(32), new.root, old.slot_proofs[0]),
        (ALPHA, address, bytes(32), old.root, new.slot_proofs[0]),
    ]
    assert native.asked.outcomes("slot", forged) == [None] * len(forged)


def test_refusals_have_names(native: TwoZones) -> None:
    reader, shown = native.reader, native.alpha.prove(native.bell, [0], height=3)
    height, state_root, (zeros, peers) = shown.root
    with reverts(error="NotSettled"):
        reader.root(ALPHA, (height, bytes(32), (zeros, peers)))
    with reverts(error="WrongBranch"):
        reader.root(ALPHA, (height, state_root, (zeros, peers[1:])))
    with reverts(error="WrongBranch"):
        reader.root(ALPHA, (height, state_root, (zeros | 1, peers)))
    with reverts(error="NoSuchZone", zone=1 << 16):
        reader.root(1 << 16, shown.root)
    block = native.rings[0].prove(height=3).block
    with reverts(error="WrongPeers"):
        reader.header(ALPHA, (*block[:3], block[3][:-1], *block[4:]))


# ------------------------------------------------------------ Python sees the same


def answers(zones: TwoZones) -> list[tuple[Callable[[str, Any], Any], Any]]:
    """Verifiers with answers that they accept."""
    ask, ring, at = zones.alpha.rpc, zones.rings[7], {"height": "0x3"}
    bell = str(zones.bell.address)
    return [
        (verify_settled_state, ask("zero_getProof", bell, ["0x0", "0x9"], None, at)),
        (verify_settled_transaction, ask("zero_getTransactionProof", ring.hash, at)),
        (verify_settled_receipt, ask("zero_getReceiptProof", ring.hash, at)),
        (verify_settled_log, ask("zero_getLogProof", ring.hash, hex(ring.receipt.logs[2].log_index), at)),
    ]


def json_mutations(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield {other: each for other, each in value.items() if other != name}
            for changed in json_mutations(item):
                yield value | {name: changed}
    elif isinstance(value, list):
        yield value[:-1]
        yield [*value, "0x"]
        for place, item in enumerate(value):
            for changed in json_mutations(item):
                yield [*value[:place], changed, *value[place + 1 :]]
    elif isinstance(value, str):
        if value[2:]:
            digit = value[-1]
            yield value[:-1] + ("0" if digit != "0" else "1")
        yield None
    elif isinstance(value, int):
        yield value + 1
        yield str(value)


@pytest.mark.parametrize("which", range(4))
def test_answers_with_anything_changed_are_refused_in_python(native: TwoZones, which: int) -> None:
    verify, answer = answers(native)[which]
    root = answer["settled"]["root"]
    verify(root, answer)
    with pytest.raises(InvalidProof):
        verify("0x" + "11" * 32, answer)
    # What is not proven, and not said to be: a log's index in the block, and which block has a state. Another
    # log of the receipt, or fewer slots, are as true.
    unproven = {"logIndex", "indexInReceipt"} if which else {"blockNumber", "blockHash", "header"}
    count = 0
    for changed in json_mutations({name: item for name, item in answer.items() if name not in unproven}):
        settled = changed.get("settled")
        if not which and changed.get("storage", ())[:1] == changed.get("storage"):
            continue
        if settled and settled.keys() == answer["settled"].keys() and settled["height"] == "0x0":
            # Who trusts a root knows its height.
            continue
        with pytest.raises(InvalidProof):
            verify(root, changed)
        count += 1
    assert count > 40


@pytest.mark.asyncio
async def test_an_asynchronous_zone_proves_the_same(native: TwoZones) -> None:
    network = AsyncNetwork.around(native.network)
    alpha, plain = network["alpha"], native.rings[2]
    ring = alpha.transaction(plain.hash)
    bell = str(native.bell.address)
    assert await alpha.prove(bell, [0], for_zone="beta") == native.alpha.prove(bell, [0], for_zone="beta")
    assert await ring.prove(for_zone="beta") == plain.prove(for_zone="beta")
    assert await ring.prove_receipt(height=3) == plain.prove_receipt(height=3)
    log = plain.receipt.logs[3]
    assert await ring.prove_log(log, for_zone="beta") == plain.prove_log(log, for_zone="beta")
