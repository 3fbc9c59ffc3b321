"""What holds whatever is sent by whom. hypothesis looks for a counterexample; each example starts anew."""

from hypothesis import given, settings
from hypothesis import strategies as st

from zero_sdk.testing import abi

TRANSFERS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), abi("uint256", max_value=2 * 10**21)), max_size=6
)


@settings(max_examples=25, deadline=None)
@given(transfers=TRANSFERS)
def test_transfers_neither_make_nor_lose_tokens(token, accounts, transfers):
    people = accounts[:4]
    for giver, taker, amount in transfers:
        before = token.balanceOf(people[giver])
        if amount <= before:
            token.transfer(people[taker], amount, sender=people[giver])
    assert sum(token.balanceOf(person) for person in people) == token.totalSupply()
