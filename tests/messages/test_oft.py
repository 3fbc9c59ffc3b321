"""Amounts of OFTs, and what sending them costs and says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.messages.contracts import coins
from tests.messages.faces import Face
from zero_sdk import Network, Reverted, WrongArguments
from zero_sdk.messages import Oft, Options, padded
from zero_sdk.messages.oft import Units

ENOUGH = Options().lz_receive(300_000)
BOTH_TYPES = {1: ENOUGH, 2: ENOUGH.lz_compose(0, 100_000)}


@pytest.fixture
def tokens(face: Face, network: Network) -> dict[str, Oft]:
    """A token in each zone, with different decimals."""
    mesh = coins(network, {"alpha": 18, "beta": 8, "gamma": 6})
    face.wire(mesh, enforced=BOTH_TYPES)
    return {name: face.oft(contract) for name, contract in mesh.items()}


def test_amounts_are_in_the_units_of_the_zone(tokens: dict[str, Oft]) -> None:
    assert [token.amount("1.5") for token in tokens.values()] == [15 * 10**17, 150_000_000, 1_500_000]
    assert [token.dust for token in tokens.values()] == [10**12, 100, 1]
    assert tokens["alpha"].amount(Decimal("0.000001")) == 10**12
    for finer in ("0.0000001", "-1", "NaN", "one", "Infinity"):
        with pytest.raises(WrongArguments):
            tokens["alpha"].amount(finer)


@given(st.integers(0, 10**30))
def test_what_moves_is_the_amount_without_its_dust(amount: int) -> None:
    units = Units(18, 6)
    assert 0 <= amount - units.movable(amount) < units.dust
    assert units.movable(amount) % units.dust == 0


def test_a_quote_says_what_a_move_costs_and_brings(network: Network, tokens: dict[str, Oft]) -> None:
    bob = network.accounts[1]
    quote = tokens["alpha"].quote("beta", bob, 10**18 + 1)
    assert (quote.sent, quote.received) == (10**18, 10**18)
    assert quote.fee > 0
    dearer = tokens["alpha"].quote(tokens["beta"], bob, 10**18, options=Options().lz_receive(1_000_000))
    assert dearer.fee > quote.fee


def test_a_move_sends_one_message_with_the_fee_of_the_quote(network: Network, tokens: dict[str, Oft]) -> None:
    alice, bob = network.accounts[:2]
    alpha = tokens["alpha"]
    before = alpha.balance(alice)
    sent = alpha.send("beta", bob, alpha.amount("2.5"))
    assert before - alpha.balance(alice) == alpha.amount("2.5")
    message = sent.message
    assert (message.sender, message.receiver) == (alpha.address, tokens["beta"].address)
    assert (message.source_eid, message.destination_eid) == (network["alpha"].eid, network["beta"].eid)
    assert message.data == padded(bob) + (2_500_000).to_bytes(8)
    assert message.options == ENOUGH
    assert sent.events[-1].name == "OFTSent"
    assert sent.events[-1].args.guid.hex() == message.guid[2:]


def test_a_composed_call_changes_the_type_and_the_message(network: Network, tokens: dict[str, Oft]) -> None:
    message = tokens["alpha"].send("gamma", network.accounts[1], 10**18, compose=b"for the rent").message
    assert message.data.endswith(b"for the rent")
    assert message.options.composes[0].gas == 100_000


def test_less_than_what_must_arrive_is_not_sent(network: Network, tokens: dict[str, Oft]) -> None:
    with pytest.raises(Reverted, match="SlippageExceeded"):
        tokens["alpha"].send("beta", network.accounts[1], 10**18, least=10**18 + 1)


def test_where_no_peer_is_nothing_is_sent(face: Face, network: Network) -> None:
    mesh = coins(network, {"alpha": 18, "beta": 18})
    with pytest.raises(Reverted, match="NoPeer"):
        face.oft(mesh["alpha"]).send("beta", network.accounts[1], 10**18)
