"""Whatever a caller asks for ends in an outcome or in one of the errors that callers are told of."""

from __future__ import annotations

import contextlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Fork
from devnet.chain.transaction import AccessListEntry
from devnet.chain.transaction_codec import sign_authorization
from devnet.chain.types import Address, Hash32, Wei
from devnet.execution import AccountOverride
from devnet.zone.calling.access_list import create_access_list
from devnet.zone.calling.call import call
from devnet.zone.calling.estimate import estimate_gas
from devnet.zone.calling.simulate import simulate
from devnet.zone.errors import BadRequest, LimitExceeded, SimulationRefused
from devnet.zone.messages import BlockOverrides, CallRequest, SimulatedBlock
from tests.chain.transactions import KEY
from tests.zone.calling.setting import CHAIN_ID, CONTRACT, OTHER, POOR, RICH, simulation_site, site

NUMBERS = st.sampled_from([0, 1, 7, 20_999, 21_000, 10**6, 2**24, 2**63, 2**64 - 1, 2**64, 2**256 - 1])
SMALL = st.sampled_from([0, 1, 299, 300, 301, 310, 2**64 - 1])
ADDRESSES = st.sampled_from(
    [RICH, POOR, CONTRACT, OTHER, *(Address(number.to_bytes(20, "big")) for number in (0, 1, 4, 10, 256))]
)
WORDS = st.binary(min_size=32, max_size=32).map(Hash32)
CODES = st.binary(max_size=40) | st.lists(
    st.sampled_from(
        [bytes.fromhex(item) for item in ("5f", "6001", "54", "55", "f1", "f0", "5a", "fd", "ff", "56", "5b")]
    )
).map(b"".join)
AUTHORIZATIONS = st.builds(
    sign_authorization, st.sampled_from([0, 1, CHAIN_ID]), ADDRESSES, st.integers(0, 2), st.just(KEY)
)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


FEES = optional(NUMBERS.map(Wei))
REQUESTS = st.builds(
    CallRequest,
    sender=optional(ADDRESSES),
    to=optional(ADDRESSES),
    gas=optional(NUMBERS),
    gas_price=FEES,
    max_fee_per_gas=FEES,
    max_priority_fee_per_gas=FEES,
    value=FEES,
    data=CODES,
    nonce=optional(NUMBERS),
    chain_id=optional(st.sampled_from([CHAIN_ID, CHAIN_ID, 1])),
    access_list=optional(
        st.lists(
            st.builds(
                AccessListEntry,
                ADDRESSES,
                st.lists(NUMBERS.filter(lambda n: n < 2**256), max_size=2).map(tuple),
            ),
            max_size=2,
        ).map(tuple)
    ),
    max_fee_per_blob_gas=FEES,
    blob_hashes=optional(st.lists(WORDS.map(lambda word: Hash32(b"\1" + word[1:])), max_size=7).map(tuple)),
    authorizations=optional(st.lists(AUTHORIZATIONS, max_size=2).map(tuple)),
)
SLOTS = st.dictionaries(st.integers(0, 2), NUMBERS, max_size=2)
OVERRIDES = st.dictionaries(
    ADDRESSES,
    st.builds(
        AccountOverride,
        balance=FEES,
        nonce=optional(NUMBERS.filter(lambda number: number < 2**64)),
        code=optional(CODES),
        storage=optional(SLOTS),
        storage_changes=SLOTS,
        move_precompile_to=optional(ADDRESSES),
    ),
    max_size=2,
)
BLOCKS = st.builds(
    BlockOverrides,
    number=optional(SMALL),
    timestamp=optional(SMALL.map(lambda number: number + 1_700_000_000)),
    gas_limit=optional(NUMBERS.filter(lambda number: number < 2**64)),
    coinbase=optional(ADDRESSES),
    prev_randao=optional(WORDS),
    base_fee=FEES,
    blob_base_fee=FEES,
    parent_beacon_block_root=optional(WORDS),
)
FORKS = st.sampled_from(list(Fork))
TOLD = (InvalidTransaction, BadRequest, SimulationRefused, LimitExceeded)


@settings(max_examples=300)
@given(REQUESTS, OVERRIDES, BLOCKS, FORKS)
def test_calls_estimates_and_access_lists(
    request: CallRequest, overrides: dict[Address, AccountOverride], block: BlockOverrides, fork: Fork
) -> None:
    at = site({CONTRACT: b"\x54"}, fork=fork, call_gas_cap=200_000)
    with contextlib.suppress(*TOLD):
        outcome = call(at, request, overrides, block)
        assert outcome.gas_used <= 200_000
    with contextlib.suppress(*TOLD):
        estimate = estimate_gas(at, request, overrides, block)
        assert estimate.failure is not None or 21_000 <= estimate.gas <= 200_000
    with contextlib.suppress(*TOLD):
        assert create_access_list(at, request, overrides).gas_used <= 200_000


@settings(max_examples=200)
@given(
    st.lists(
        st.builds(SimulatedBlock, st.lists(REQUESTS, max_size=3).map(tuple), OVERRIDES, BLOCKS),
        max_size=3,
    ),
    st.booleans(),
    st.booleans(),
)
def test_simulations(blocks: list[SimulatedBlock], validation: bool, trace_transfers: bool) -> None:
    at = simulation_site({CONTRACT: b"\x54"}, call_gas_cap=500_000)
    with contextlib.suppress(*TOLD):
        outcomes = simulate(at, blocks, validation=validation, trace_transfers=trace_transfers)
        assert sum(outcome.block.header.gas_used for outcome in outcomes) <= 500_000
