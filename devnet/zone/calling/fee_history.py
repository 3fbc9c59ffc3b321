"""What gas did cost: eth_feeHistory, and the priority fee to suggest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from devnet.blocks.environment import base_fee_after, excess_blob_gas_after
from devnet.chain.block import Block
from devnet.chain.fees import blob_base_fee, max_blob_gas
from devnet.chain.rules import Rules
from devnet.chain.types import Hash32, Wei
from devnet.zone.errors import BadRequest
from devnet.zone.messages import FeeHistory

MAX_BLOCKS = 1_024
"""What one answer covers, as in geth; a larger count gets that many."""

MAX_PERCENTILES = 100
"""How many percentiles one request may name, as in geth."""

SUGGESTION_BLOCKS = 20
SUGGESTION_PERCENTILE = 60
DEFAULT_PRIORITY_FEE = Wei(1_000_000_000)
"""Suggested while no recent block has a transaction: one gwei, what wallets expect of a quiet network."""

BlockAt = Callable[[int], Block | None]


def fee_history(
    newest: Block,
    block_at: BlockAt,
    count: int,
    percentiles: Sequence[float] | None,
    rules: Rules,
    is_base_fee_fixed: bool = False,
) -> FeeHistory:
    """The fees of the last `count` blocks up to `newest` (which may be the pending one), and the base fees of
    the block after it. `block_at` gives older blocks by number, None before the first.

    Each reward is the tip such that the given percentage of the block's gas paid at most that; zeros for an
    empty block. Raises BadRequest for percentiles that are not 0 to 100 in ascending order.
    """
    if percentiles is not None:
        validate_percentiles(percentiles)
    blocks = _last_blocks(newest, block_at, min(count, MAX_BLOCKS))
    if not blocks:
        return FeeHistory(0, (), (), (), (), None)
    headers = [block.header for block in blocks]
    last = headers[-1]
    blob_limit = max_blob_gas(rules)
    return FeeHistory(
        oldest=headers[0].number,
        base_fees=(
            *(header.base_fee_per_gas for header in headers),
            base_fee_after(last, is_base_fee_fixed),
        ),
        gas_used_ratios=tuple(
            header.gas_used / header.gas_limit if header.gas_limit else 0.0 for header in headers
        ),
        blob_base_fees=(
            *(blob_base_fee(rules, header.excess_blob_gas or 0) for header in headers),
            blob_base_fee(rules, excess_blob_gas_after(last, rules)),
        ),
        blob_gas_used_ratios=tuple(
            (header.blob_gas_used or 0) / blob_limit if blob_limit else 0.0 for header in headers
        ),
        rewards=tuple(rewards_of(block, percentiles) for block in blocks) if percentiles else None,
    )


def validate_percentiles(percentiles: Sequence[float]) -> None:
    """Raises BadRequest unless they are at most 100 numbers from 0 to 100 in ascending order."""
    if len(percentiles) > MAX_PERCENTILES:
        raise BadRequest(f"over the query limit {MAX_PERCENTILES}: {len(percentiles)} reward percentiles")
    previous = 0.0
    for position, percentile in enumerate(percentiles):
        # Written so that "not a number" is refused too.
        if not 0 <= percentile <= 100:
            raise BadRequest(f"invalid reward percentile: {percentile} is not between 0 and 100")
        if percentile < previous:
            raise BadRequest(
                f"invalid reward percentile: #{position - 1}:{previous} > #{position}:{percentile}"
            )
        previous = percentile


def rewards_of(block: Block, percentiles: Sequence[float]) -> tuple[Wei, ...]:
    """The block's tips at these ascending percentiles of its gas."""
    if not block.receipts:
        return (Wei(0),) * len(percentiles)
    tips = _tips_of(block)
    rewards = []
    position = 0
    covered = tips[0][1]
    for percentile in percentiles:
        threshold = int(block.header.gas_used * percentile / 100)
        while covered < threshold and position < len(tips) - 1:
            position += 1
            covered += tips[position][1]
        rewards.append(tips[position][0])
    return tuple(rewards)


@dataclass(frozen=True, slots=True)
class RecentTips:
    """The tips in the last blocks up to one: what a suggestion is made from."""

    newest: Hash32
    by_block: tuple[tuple[Wei, ...], ...]
    """Of each block, oldest first, lowest tip first."""


def recent_tips(newest: Block, block_at: BlockAt, oldest: int, known: RecentTips | None) -> RecentTips:
    """The tips in up to 20 blocks, none below the number `oldest`. `known` are those of a moment before, so
    that not every block has to be looked at again where one was added since."""
    count = min(SUGGESTION_BLOCKS, newest.header.number - oldest + 1)
    if known is not None and known.newest == newest.header.parent_hash and len(known.by_block) >= count - 1:
        return RecentTips(newest.hash, (*known.by_block, _only_tips(newest))[-count:])
    blocks = _last_blocks(newest, block_at, count)
    return RecentTips(newest.hash, tuple([_only_tips(block) for block in blocks]))


def suggest_priority_fee(recent: RecentTips, minimum: Wei) -> Wei:
    """The 60th percentile of the tips in recent blocks, at least `minimum`."""
    tips = sorted([tip for tips in recent.by_block for tip in tips])
    if not tips:
        return max(DEFAULT_PRIORITY_FEE, minimum)
    return max(tips[(len(tips) - 1) * SUGGESTION_PERCENTILE // 100], minimum)


def _only_tips(block: Block) -> tuple[Wei, ...]:
    base_fee = block.header.base_fee_per_gas
    return tuple(sorted([Wei(receipt.effective_gas_price - base_fee) for receipt in block.receipts]))


def _last_blocks(newest: Block, block_at: BlockAt, count: int) -> list[Block]:
    """Up to `count` blocks, oldest first."""
    if count < 1:
        return []
    blocks = [newest]
    for number in range(newest.header.number - 1, newest.header.number - count, -1):
        block = block_at(number) if number >= 0 else None
        if block is None:
            break
        blocks.append(block)
    blocks.reverse()
    return blocks


def _tips_of(block: Block) -> list[tuple[Wei, int]]:
    """(tip, gas used) of every transaction, lowest tip first."""
    base_fee = block.header.base_fee_per_gas
    return sorted(
        (Wei(receipt.effective_gas_price - base_fee), receipt.gas_used) for receipt in block.receipts
    )
