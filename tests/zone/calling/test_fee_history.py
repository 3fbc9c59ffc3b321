"""Fee history and the suggested tip."""

from __future__ import annotations

import dataclasses
import math

import pytest

from devnet.chain.block import Block, Receipt
from devnet.chain.block_codec import header_hash
from devnet.chain.fees import GAS_PER_BLOB, blob_base_fee, next_base_fee, next_excess_blob_gas
from devnet.chain.receipt_codec import EMPTY_BLOOM
from devnet.chain.types import Hash32, Wei
from devnet.zone.calling.fee_history import (
    DEFAULT_PRIORITY_FEE,
    RecentTips,
    fee_history,
    recent_tips,
    rewards_of,
    suggest_priority_fee,
)
from devnet.zone.errors import BadRequest
from devnet.zone.messages import FeeHistory
from tests.zone.calling.setting import BASE, rules_at

RULES = rules_at()


def block(
    number: int,
    tips: list[tuple[int, int]] | None = None,
    base_fee: int = 100,
    parent: Block | None = None,
) -> Block:
    """A block whose transactions paid these (tip, gas used)."""
    receipts = []
    used = 0
    for tip, gas in tips or []:
        used += gas
        receipts.append(Receipt(2, True, used, EMPTY_BLOOM, (), gas, Wei(base_fee + tip), None, 0, 0))
    header = dataclasses.replace(
        BASE,
        number=number,
        parent_hash=BASE.parent_hash if parent is None else parent.hash,
        gas_used=used,
        gas_limit=1_000_000,
        base_fee_per_gas=Wei(base_fee),
        blob_gas_used=3 * GAS_PER_BLOB,
        excess_blob_gas=number * GAS_PER_BLOB,
    )
    return Block(header, header_hash(header), (), tuple(receipts), 500)


CHAIN = {number: block(number, [(number, 21_000 * number)]) for number in range(5, 30)}


def history(count: int, percentiles: list[float] | None = None, newest: int = 29) -> FeeHistory:
    return fee_history(CHAIN[newest], CHAIN.get, count, percentiles, RULES)


def test_each_block_has_its_fees_and_the_next_ones_are_added() -> None:
    answer = history(3)
    last = CHAIN[29].header
    assert answer.oldest == 27
    assert answer.base_fees == (100, 100, 100, next_base_fee(1_000_000, last.gas_used, Wei(100)))
    assert answer.gas_used_ratios == (0.567, 0.588, 0.609)
    assert answer.blob_gas_used_ratios == (3 / 9,) * 3
    excess = next_excess_blob_gas(RULES, 29 * GAS_PER_BLOB, 3 * GAS_PER_BLOB, Wei(100))
    assert answer.blob_base_fees == tuple(
        blob_base_fee(RULES, value)
        for value in (27 * GAS_PER_BLOB, 28 * GAS_PER_BLOB, 29 * GAS_PER_BLOB, excess)
    )
    assert answer.rewards is None


def test_a_fixed_base_fee_stays() -> None:
    answer = fee_history(CHAIN[29], CHAIN.get, 1, None, RULES, is_base_fee_fixed=True)
    assert answer.base_fees == (100, 100)


def test_history_ends_at_the_first_block() -> None:
    answer = history(1000)
    assert (answer.oldest, len(answer.gas_used_ratios), len(answer.base_fees)) == (5, 25, 26)


def test_a_count_beyond_the_limit_gets_the_limit() -> None:
    chain = {number: block(number) for number in range(2000)}
    answer = fee_history(chain[1999], chain.get, 10**9, None, RULES)
    assert (answer.oldest, len(answer.gas_used_ratios)) == (2000 - 1024, 1024)


def test_no_blocks_asked_for_are_none() -> None:
    assert history(0, [50]) == FeeHistory(0, (), (), (), (), None)


def test_rewards_are_weighted_by_gas() -> None:
    # 10 % of the gas tipped 1, 60 % tipped 5, 30 % tipped 9.
    weighted = block(7, [(9, 300_000), (1, 100_000), (5, 600_000)])
    assert rewards_of(weighted, [0, 10, 10.1, 50, 70, 70.1, 100]) == (1, 1, 5, 5, 5, 9, 9)
    answer = history(2, [0, 50, 100])
    assert answer.rewards == ((28, 28, 28), (29, 29, 29))


def test_an_empty_block_has_zero_rewards() -> None:
    assert rewards_of(block(7), [25, 75]) == (0, 0)


@pytest.mark.parametrize("percentiles", [[-1.0], [100.5], [50, 25], [math.nan], [10, math.inf], [1.0] * 101])
def test_percentiles_must_ascend_from_0_to_100(percentiles: list[float]) -> None:
    with pytest.raises(BadRequest, match="percentile"):
        history(1, percentiles)


def test_the_suggested_tip_is_what_recent_blocks_took() -> None:
    recent = recent_tips(CHAIN[29], CHAIN.get, 0, None)
    assert suggest_priority_fee(recent, Wei(0)) == 21  # of 10 … 29
    assert suggest_priority_fee(recent, Wei(50)) == 50


def test_tips_known_of_the_block_before_give_the_same() -> None:
    following = block(30, [(30, 21_000)], parent=CHAIN[29])
    chain = {**CHAIN, 30: following}
    for oldest in (0, 10, 11, 25, 29, 30):
        known = recent_tips(CHAIN[29], CHAIN.get, min(oldest, 29), None)
        whole = recent_tips(following, chain.get, oldest, None)
        assert recent_tips(following, chain.get, oldest, known) == whole
        assert len(whole.by_block) == min(20, 31 - oldest)
    # Of another chain: nothing of it counts.
    other = RecentTips(Hash32(bytes(32)), ((Wei(9),),) * 20)
    assert recent_tips(following, chain.get, 0, other) == recent_tips(following, chain.get, 0, None)


def test_without_transactions_a_gwei_is_suggested() -> None:
    quiet = {number: block(number) for number in range(30)}
    assert suggest_priority_fee(recent_tips(quiet[29], quiet.get, 0, None), Wei(0)) == DEFAULT_PRIORITY_FEE
