"""eth_simulateV1: what goes from call to call and block to block, what is refused and with which code."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from devnet.chain.block_codec import block_size, header_hash
from devnet.chain.fees import next_base_fee
from devnet.chain.receipt_codec import EMPTY_BLOOM, bloom_has, encode_receipt
from devnet.chain.trie import ordered_root
from devnet.chain.types import ZERO_HASH, Address, Hash32, Wei
from devnet.execution import AccountOverride, FailureKind
from devnet.zone.calling.access_list import created_address
from devnet.zone.calling.plan import MAX_BLOCKS, SECONDS_PER_BLOCK
from devnet.zone.calling.simulate import TRANSFER_LOG_ADDRESS, simulate
from devnet.zone.errors import BadRequest, LimitExceeded, SimulationRefused
from devnet.zone.messages import BlockOverrides, CallRequest, SimulatedBlock, SimulatedOutcome
from tests.zone.calling.setting import (
    BASE,
    COINBASE,
    CONTRACT,
    ONE,
    OTHER,
    POOR,
    RICH,
    assemble,
    calling,
    deploying,
    returning,
    simulation_site,
)

NOTHING = BlockOverrides()


def block_of(*calls: CallRequest, state: Any = None, block: BlockOverrides = NOTHING) -> SimulatedBlock:
    return SimulatedBlock(calls, state or {}, block)


def run(*blocks: SimulatedBlock, codes: Any = None, **kwargs: Any) -> tuple[SimulatedOutcome, ...]:
    return simulate(simulation_site(codes), blocks, **kwargs)


def words(output: bytes) -> list[int]:
    return [int.from_bytes(output[index : index + 32], "big") for index in range(0, len(output), 32)]


def refusal(*blocks: SimulatedBlock, codes: Any = None, **kwargs: Any) -> SimulationRefused:
    with pytest.raises(SimulationRefused) as refused:
        run(*blocks, codes=codes, **kwargs)
    return refused.value


def pay(sender: Address, to: Address, value: int, **fields: Any) -> CallRequest:
    return CallRequest(sender=sender, to=to, value=Wei(value), **fields)


def test_calls_see_what_earlier_calls_and_blocks_did() -> None:
    funding = pay(RICH, POOR, 2000)
    outcomes = run(block_of(funding, pay(POOR, OTHER, 500)), block_of(pay(POOR, OTHER, 1500)))
    assert [result.status for outcome in outcomes for result in outcome.results] == [True] * 3
    refused = refusal(block_of(funding), block_of(pay(POOR, OTHER, 2001)))
    assert (refused.code, "have 2000 want 2001" in refused.message) == (-38014, True)


def test_blocks_are_real_blocks_on_top_of_the_base() -> None:
    first, second = (
        outcome.block for outcome in run(block_of(pay(RICH, POOR, 1)), block_of(pay(POOR, RICH, 1)))
    )
    for parent_hash, number, block in ((bytes(30) + b"\x01\x2b", 300, first), (first.hash, 301, second)):
        header = block.header
        assert (header.parent_hash, header.number) == (parent_hash, number)
        assert header.timestamp == BASE.timestamp + SECONDS_PER_BLOCK * (number - BASE.number)
        assert (header.gas_limit, header.coinbase) == (BASE.gas_limit, COINBASE)
        assert (header.base_fee_per_gas, header.prev_randao, header.state_root) == (0, ZERO_HASH, ZERO_HASH)
        assert block.hash == header_hash(header)
        assert block.size == block_size(header, block.transactions)
        assert header.gas_used == 21_000
        assert header.transactions_root == ordered_root([item.encoded for item in block.transactions])
        assert header.receipts_root == ordered_root([encode_receipt(item) for item in block.receipts])
    assert second.transactions[0].sender == POOR


def test_gaps_become_empty_blocks_that_blockhash_reaches() -> None:
    code = returning("PUSH2 012d BLOCKHASH", "PUSH2 012b BLOCKHASH")
    outcomes = run(
        block_of(block=BlockOverrides(number=303, timestamp=BASE.timestamp + 1000)),
        block_of(CallRequest(to=CONTRACT)),
        codes={CONTRACT: code},
    )
    headers = [outcome.block.header for outcome in outcomes]
    assert [header.number for header in headers] == [300, 301, 302, 303, 304]
    offsets = [header.timestamp - BASE.timestamp for header in headers]
    assert offsets == [12, 24, 36, 1000, 1012]
    answers = words(outcomes[-1].results[0].output)
    assert answers == [int.from_bytes(outcomes[1].block.hash, "big"), 299]


def test_block_overrides_reach_contracts_and_headers_and_the_gas_limit_stays() -> None:
    code = returning("NUMBER", "TIMESTAMP", "GASLIMIT", "COINBASE", "PREVRANDAO", "BASEFEE", "BLOBBASEFEE")
    overrides = BlockOverrides(
        number=310,
        timestamp=BASE.timestamp + 500,
        gas_limit=2_000_000,
        coinbase=OTHER,
        prev_randao=Hash32(bytes(31) + b"\x05"),
        base_fee=Wei(6),
        blob_base_fee=Wei(7),
    )
    request = CallRequest(to=CONTRACT)
    outcomes = run(block_of(request, block=overrides), block_of(request), codes={CONTRACT: code})
    changed, following = outcomes[-2:]
    other = int.from_bytes(OTHER, "big")
    assert words(changed.results[0].output) == [310, BASE.timestamp + 500, 2_000_000, other, 5, 6, 7]
    assert changed.block.header.base_fee_per_gas == 6
    assert words(following.results[0].output) == [311, BASE.timestamp + 512, 2_000_000, other, 0, 0, 1]


def test_with_validation_the_base_fee_follows_the_rule_and_is_paid() -> None:
    base_fee = next_base_fee(BASE.gas_limit, BASE.gas_used, BASE.base_fee_per_gas)
    request = pay(RICH, POOR, 1, max_fee_per_gas=Wei(5000), max_priority_fee_per_gas=Wei(10))
    balance = CallRequest(sender=RICH, to=CONTRACT, max_fee_per_gas=Wei(5000), nonce=1, gas=100_000)
    code = returning(f"PUSH20 {COINBASE.hex()} BALANCE", f"PUSH20 {RICH.hex()} BALANCE")
    outcome, after = run(block_of(request), block_of(balance), codes={CONTRACT: code}, validation=True)
    assert outcome.block.header.base_fee_per_gas == base_fee
    assert outcome.results[0].effective_gas_price == base_fee + 10
    coinbase_balance, _ = words(after.results[0].output)
    assert coinbase_balance == 21_000 * 10
    fee = refusal(block_of(pay(RICH, POOR, 1)), validation=True)
    assert (fee.code, "max fee per gas less than block base fee" in fee.message) == (-38012, True)


def test_without_validation_any_nonce_runs_and_with_it_only_the_next() -> None:
    offer = {"max_fee_per_gas": Wei(5000)}
    for nonce, code in ((0, -38010), (6, -38011)):
        request = pay(RICH, POOR, 1, nonce=nonce, **offer)
        state = {RICH: AccountOverride(nonce=5)}
        (free,) = run(block_of(request, state=state))
        assert free.block.transactions[0].nonce == nonce
        assert refusal(block_of(request, state=state), validation=True).code == code
    (counted,) = run(block_of(*[pay(RICH, POOR, 1, **offer)] * 3), validation=True)
    assert [transaction.nonce for transaction in counted.block.transactions] == [0, 1, 2]


def test_the_last_nonce_overflows_unless_validated() -> None:
    state = {RICH: AccountOverride(nonce=2**64 - 1)}
    request = pay(RICH, POOR, 1, max_fee_per_gas=Wei(5000))
    (outcome,) = run(block_of(request, request, state=state))
    assert [result.status for result in outcome.results] == [True, True]
    assert outcome.block.transactions[0].nonce == 2**64 - 1
    assert "nonce has max value" in refusal(block_of(request, state=state), validation=True).message


def test_nonces_that_a_contract_used_up_are_seen() -> None:
    init = deploying(b"\x00")
    code = assemble(
        f"PUSH32 {init[:32].hex()} PUSH0 MSTORE PUSH32 {init[32:].ljust(32, bytes(1)).hex()} PUSH1 20 MSTORE "
        f"PUSH1 {len(init):02x} PUSH0 PUSH0 CREATE POP"
    )
    (outcome,) = run(
        block_of(CallRequest(to=CONTRACT), CallRequest(sender=CONTRACT, data=init)), codes={CONTRACT: code}
    )
    assert outcome.block.transactions[1].nonce == 2
    assert outcome.results[1].contract_address == created_address(CONTRACT, 2)


def test_contracts_may_send() -> None:
    state = {CONTRACT: AccountOverride(balance=ONE)}
    for validation in (False, True):
        request = pay(CONTRACT, POOR, 5, max_fee_per_gas=Wei(5000), nonce=1)
        (outcome,) = run(block_of(request, state=state), codes={CONTRACT: b"\x00"}, validation=validation)
        assert outcome.results[0].status


def test_a_failed_call_is_a_result_and_the_next_one_goes_on() -> None:
    revert = assemble("PUSH1 2a PUSH0 MSTORE PUSH1 20 PUSH0 REVERT")
    (outcome,) = run(block_of(CallRequest(to=CONTRACT), pay(RICH, POOR, 1)), codes={CONTRACT: revert})
    failed, paid = outcome.results
    assert failed.failure is not None
    assert (failed.failure.kind, words(failed.output), paid.status) == (FailureKind.REVERT, [42], True)
    assert [receipt.status for receipt in outcome.block.receipts] == [False, True]


def test_transfers_are_logged_on_demand_and_stay_out_of_receipts_and_bloom() -> None:
    code = assemble(f"PUSH1 07 PUSH0 PUSH0 LOG0 {calling(OTHER, value='PUSH1 03')}")
    request = pay(RICH, CONTRACT, 10)
    (plain,) = run(block_of(request), codes={CONTRACT: code})
    (traced,) = run(block_of(request), codes={CONTRACT: code}, trace_transfers=True)
    assert [log.address for log in plain.results[0].logs] == [CONTRACT]
    logs = traced.results[0].logs
    assert [log.address for log in logs] == [TRANSFER_LOG_ADDRESS, CONTRACT, TRANSFER_LOG_ADDRESS]
    first, last = logs[0], logs[2]
    transfer_topic = "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    assert first.topics[0].hex() == transfer_topic
    assert first.topics[1:] == (Hash32(bytes(12) + RICH), Hash32(bytes(12) + CONTRACT))
    assert (words(first.data), words(last.data)) == ([10], [3])
    assert traced.block.header == plain.block.header
    bloom = traced.block.header.bloom
    assert bloom_has(bloom, CONTRACT)
    assert not bloom_has(bloom, TRANSFER_LOG_ADDRESS)


def test_no_transfer_log_remains_of_what_is_reverted() -> None:
    code = assemble(f"{calling(OTHER, value='PUSH1 03')} PUSH0 PUSH0 REVERT")
    (outcome,) = run(block_of(pay(RICH, CONTRACT, 10)), codes={CONTRACT: code}, trace_transfers=True)
    assert outcome.results[0].logs == ()
    assert outcome.block.header.bloom == EMPTY_BLOOM


IDENTITY = Address(bytes(19) + b"\x04")


def test_a_moved_precompile_is_moved_for_its_block() -> None:
    echo = CallRequest(to=OTHER, data=b"echo")
    original = CallRequest(to=IDENTITY, data=b"echo")
    move = {IDENTITY: AccountOverride(move_precompile_to=OTHER)}
    moved, after = run(block_of(echo, original, echo, state=move), block_of(echo, original))
    assert [result.output for result in moved.results] == [b"echo", b"", b"echo"]
    assert [result.output for result in after.results] == [b"", b"echo"]


def test_an_overridden_precompile_runs_its_code_in_every_call_of_the_block() -> None:
    state = {IDENTITY: AccountOverride(code=returning("NUMBER"))}
    request = CallRequest(to=IDENTITY, data=b"echo")
    (outcome,) = run(block_of(request, request, state=state))
    assert [words(result.output) for result in outcome.results] == [[300], [300]]


def test_state_overrides_of_a_block_stay_for_the_next() -> None:
    state = {CONTRACT: AccountOverride(code=returning("PUSH1 01 SLOAD"), storage_changes={1: 9})}
    outcomes = run(block_of(state=state), block_of(CallRequest(to=CONTRACT)))
    assert words(outcomes[1].results[0].output) == [9]


def test_the_gas_of_a_block_is_shared_and_bounded() -> None:
    gas = returning("GAS")
    limit = BlockOverrides(gas_limit=100_000)
    request = CallRequest(to=CONTRACT)
    (outcome,) = run(block_of(request, request, block=limit), codes={CONTRACT: gas})
    first, second = (words(result.output)[0] for result in outcome.results)
    assert first < 100_000 - 21_000
    assert first - second == outcome.results[0].gas_used
    too_much = refusal(block_of(pay(RICH, POOR, 1), pay(RICH, POOR, 1, gas=80_000), block=limit))
    assert (too_much.code, too_much.message) == (-38015, "block gas limit reached: 101000 >= 100000")
    exhausted = block_of(*[pay(RICH, POOR, 1)] * 5, block=limit)
    assert refusal(exhausted).code == -38013


def test_all_calls_together_have_the_gas_cap() -> None:
    site = simulation_site(call_gas_cap=50_000)
    transfers = [pay(RICH, POOR, 1, gas=21_000)] * 3
    with pytest.raises(SimulationRefused) as refused:
        simulate(site, [block_of(*transfers)])
    assert refused.value.code == -38013
    site = simulation_site(call_gas_cap=42_000)
    with pytest.raises(SimulationRefused) as refused:
        simulate(site, [block_of(*transfers)])
    assert refused.value.code == -38026


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        ([BlockOverrides(number=299)], -38020, "block numbers must be in order: 299 <= 299"),
        (
            [BlockOverrides(number=302), BlockOverrides(number=301)],
            -38020,
            "block numbers must be in order: 301 <= 302",
        ),
        (
            [BlockOverrides(timestamp=BASE.timestamp)],
            -38021,
            f"block timestamps must be in order: {BASE.timestamp} <= {BASE.timestamp}",
        ),
        (
            [BlockOverrides(number=310, timestamp=BASE.timestamp + 50)],
            -38021,
            f"block timestamps must be in order: {BASE.timestamp + 50} <= {BASE.timestamp + 120}",
        ),
        (
            [BlockOverrides(number=299 + MAX_BLOCKS + 1)],
            -38026,
            "too many blocks: at most 256 above the base",
        ),
        ([NOTHING] * (MAX_BLOCKS + 1), -38026, "too many blocks: at most 256 above the base"),
    ],
)
def test_blocks_out_of_order_or_number_are_refused(
    overrides: list[BlockOverrides], code: int, message: str
) -> None:
    refused = refusal(*[block_of(block=item) for item in overrides])
    assert (refused.code, refused.message) == (code, message)


def test_as_many_blocks_as_the_limit_run() -> None:
    outcomes = run(block_of(block=BlockOverrides(number=299 + MAX_BLOCKS)))
    assert len(outcomes) == MAX_BLOCKS


def test_nothing_to_simulate_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="empty input"):
        run()


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (pay(RICH, POOR, 1, gas=20_999), -38013),
        (pay(POOR, RICH, 1), -38014),
        (CallRequest(sender=RICH, data=bytes(49_153)), -38025),
        (pay(RICH, POOR, 1, max_priority_fee_per_gas=Wei(1)), -32602),
        (pay(RICH, POOR, 1, chain_id=1), -32000),
    ],
)
def test_calls_that_cannot_start_are_refused_with_their_code(request_: CallRequest, code: int) -> None:
    assert refusal(block_of(request_)).code == code


def test_an_endless_simulation_ends_at_the_time_limit() -> None:
    loop = assemble("JUMPDEST PUSH0 JUMP")
    site = simulation_site({CONTRACT: loop}, call_time_limit=0.003)
    with pytest.raises(LimitExceeded):
        simulate(site, [block_of(*[CallRequest(to=CONTRACT, gas=25_000_000)] * 10)])


def test_the_settlement_root_of_the_base_stays_in_force() -> None:
    (outcome,) = run(block_of())
    assert outcome.block.header.parent_beacon_block_root == BASE.parent_beacon_block_root
    root = Hash32(b"\x44" * 32)
    (changed,) = run(block_of(block=BlockOverrides(parent_beacon_block_root=root)))
    assert changed.block.header.parent_beacon_block_root == root


def test_a_fixed_base_fee_is_fixed_in_simulations_too() -> None:
    site = dataclasses.replace(
        simulation_site(is_base_fee_fixed=True), base=dataclasses.replace(BASE, gas_used=0)
    )
    (outcome,) = simulate(site, [block_of()], validation=True)
    assert outcome.block.header.base_fee_per_gas == BASE.base_fee_per_gas
