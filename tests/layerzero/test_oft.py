"""LayerZero's OFT and OFTAdapter, unmodified: amounts, dust, second steps, and nothing made or lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from devnet.chain.types import Wei
from devnet.packets.options import Compose, Options, Receive
from tests.layerzero import packages
from tests.layerzero.mesh import GAS, OPTIONS, Mesh, bytes32, mesh
from zero_sdk import ether
from zero_sdk.client.contract import Contract
from zero_sdk.testing import emits, reverts

pytestmark = pytest.mark.clients

SUPPLY = ether(1000)
STEP = 10**12
"""The smallest amount that is sent of a token with 18 decimals: six are shared."""


@pytest.fixture(scope="module", params=["native", pytest.param("pyevm", marks=pytest.mark.full)])
def whole(request: pytest.FixtureRequest) -> Mesh:
    return mesh("alpha", "beta", "gamma", engine=request.param)


@pytest.fixture
def zones(whole: Mesh) -> Iterator[Mesh]:
    with whole.network.isolated():
        yield whole
    whole.network.courier.restore()


def param(
    mesh: Mesh, target: str, to: Any, amount: int, least: int = 0, options: bytes = OPTIONS, call: bytes = b""
) -> tuple[Any, ...]:
    """A `SendParam`."""
    return mesh.eid(target), bytes32(to), amount, least, options, call, b""


def send(
    mesh: Mesh, token: Contract, *of_param: Any, extra: int = 0, sender: Any = None, **named: Any
) -> Any:
    wanted = param(mesh, *of_param, **named)
    fee = token.quoteSend(wanted, False)
    return token.send(wanted, (fee.nativeFee, 0), mesh.owner, value=fee.nativeFee + extra, sender=sender)


def test_a_token_is_burnt_here_and_made_there(zones: Mesh) -> None:
    friend = zones.network.accounts[1]
    alpha, beta = zones.deploy("alpha", "Coin", SUPPLY), zones.deploy("beta", "Coin", 0)
    zones.wire(alpha, beta)
    with emits(alpha, "OFTSent", amountSentLD=ether(3), amountReceivedLD=ether(3)):
        send(zones, alpha, "beta", friend, ether(3))
    assert (alpha.totalSupply(), beta.totalSupply()) == (SUPPLY - ether(3), 0)
    zones.deliver()
    assert (alpha.totalSupply(), beta.totalSupply()) == (SUPPLY - ether(3), ether(3))
    assert beta.balanceOf(friend) == ether(3)
    send(zones, beta, "alpha", friend, ether(1), sender=friend)
    zones.deliver()
    assert alpha.balanceOf(friend) == ether(1)
    assert alpha.totalSupply() + beta.totalSupply() == SUPPLY


def test_the_message_of_an_oft_is_receiver_and_shared_amount(zones: Mesh) -> None:
    friend = zones.network.accounts[1]
    alpha, beta = zones.deploy("alpha", "Coin", SUPPLY), zones.deploy("beta", "Coin", 0)
    zones.wire(alpha, beta)
    send(zones, alpha, "beta", friend, ether("1.5"))
    options = Options((Receive(GAS), Compose(0, GAS))).encoded
    send(zones, alpha, "beta", friend, STEP, options=options, call=b"hello")
    plain, composed = (packet.message for packet in zones.sent("alpha"))
    assert plain == bytes32(friend) + (1_500_000).to_bytes(8, "big")
    assert composed == bytes32(friend) + (1).to_bytes(8, "big") + bytes32(zones.owner) + b"hello"


def test_dust_stays_with_the_sender(zones: Mesh) -> None:
    owner, friend, *_ = zones.network.accounts
    alpha, beta = zones.deploy("alpha", "Coin", SUPPLY), zones.deploy("beta", "Coin", 0)
    zones.wire(alpha, beta)
    amount = 5 * STEP + 123
    _, _, (sent, received) = alpha.quoteOFT(param(zones, "beta", friend, amount))
    assert (sent, received) == (5 * STEP, 5 * STEP)
    send(zones, alpha, "beta", friend, amount)
    assert alpha.balanceOf(owner) == SUPPLY - 5 * STEP
    zones.deliver()
    assert beta.balanceOf(friend) == 5 * STEP
    with reverts(error="SlippageExceeded", amountLD=5 * STEP, minAmountLD=amount):
        alpha.quoteSend(param(zones, "beta", friend, amount, least=amount), False)
    # Less than what is shared is nothing, and arrives as nothing.
    send(zones, alpha, "beta", friend, STEP - 1)
    zones.deliver()
    assert (alpha.balanceOf(owner), beta.balanceOf(friend)) == (SUPPLY - 5 * STEP, 5 * STEP)


def test_zones_may_count_in_different_units(zones: Mesh) -> None:
    """18 decimals in alpha, 8 in beta, 6 shared: the finest that beta has cannot be sent."""
    owner, friend, *_ = zones.network.accounts
    alpha, beta = zones.deploy("alpha", "Coin", SUPPLY), zones.deploy("beta", "SmallCoin", 0)
    zones.wire(alpha, beta)
    assert (alpha.decimalConversionRate(), beta.decimalConversionRate()) == (10**12, 10**2)
    assert alpha.sharedDecimals() == beta.sharedDecimals() == 6
    send(zones, alpha, "beta", friend, ether("1.2345678901"))
    zones.deliver()
    assert beta.balanceOf(friend) == 1_2345_6700
    send(zones, beta, "alpha", owner, 2345_6699, sender=friend)
    zones.deliver()
    assert beta.balanceOf(friend) == 1_2345_6700 - 2345_6600
    assert alpha.balanceOf(owner) == SUPPLY - ether("1.234567") + ether("0.234566")


def test_a_token_that_knows_no_zones_is_locked_and_given_back(zones: Mesh) -> None:
    owner, friend, *_ = zones.network.accounts
    gold = zones.network["alpha"].deploy(packages.build().artifact("Gold"), SUPPLY)
    vault = zones.network["alpha"].deploy(
        packages.build().artifact("GoldVault"), gold.address, zones.endpoint("alpha").address, owner
    )
    beta, gamma = zones.deploy("beta", "Coin", 0), zones.deploy("gamma", "Coin", 0)
    zones.wire(vault, beta, gamma)
    assert (vault.approvalRequired(), beta.approvalRequired(), vault.token()) == (True, False, gold.address)
    with reverts(error="ERC20InsufficientAllowance"):
        send(zones, vault, "beta", friend, ether(10))
    gold.approve(vault, ether(10))
    send(zones, vault, "beta", friend, ether(10))
    zones.deliver()
    send(zones, beta, "gamma", friend, ether(4), sender=friend)
    zones.deliver()
    assert (gold.balanceOf(vault), beta.totalSupply(), gamma.totalSupply()) == (ether(10), ether(6), ether(4))
    send(zones, gamma, "alpha", friend, ether(1), sender=friend)
    zones.deliver()
    assert gold.balanceOf(friend) == ether(1)
    assert gold.balanceOf(vault) == beta.totalSupply() + gamma.totalSupply() == ether(9)


def test_the_zone_s_currency_is_a_token_elsewhere(zones: Mesh) -> None:
    owner, friend, *_ = zones.network.accounts
    vault, beta = zones.deploy("alpha", "CurrencyVault"), zones.deploy("beta", "Coin", 0)
    zones.wire(vault, beta)
    send(zones, vault, "beta", friend, ether(2), extra=ether(2))
    zones.deliver()
    alpha = zones.network["alpha"]
    assert (alpha.balance(vault), beta.balanceOf(friend)) == (ether(2), ether(2))
    before = alpha.balance(owner)
    send(zones, beta, "alpha", "0x" + "77" * 20, ether(1), sender=friend)
    zones.deliver()
    assert (alpha.balance("0x" + "77" * 20), alpha.balance(vault)) == (ether(1), ether(1))
    assert alpha.balance(owner) <= before


def test_tokens_come_with_a_call(zones: Mesh) -> None:
    owner = zones.network.accounts[0]
    alpha, beta = zones.deploy("alpha", "Coin", SUPPLY), zones.deploy("beta", "Coin", 0)
    zones.wire(alpha, beta)
    endpoint = zones.endpoint("beta").address
    composer = zones.network["beta"].deploy(packages.build().artifact("Composer"), endpoint)
    options = Options((Receive(GAS), Compose(0, 2 * GAS, Wei(77)))).encoded
    send(zones, alpha, "beta", composer, ether(2), options=options, call=b"deposit")
    zones.deliver()
    assert beta.balanceOf(composer) == ether(2)
    origin, guid, message, value = composer.steps(0)
    assert (origin, guid, value) == (beta.address, zones.sent("alpha")[0].header.guid, 77)
    # nonce, eid, amount in local decimals, who asked for the call, and the call
    head = (1).to_bytes(8, "big") + zones.eid("alpha").to_bytes(4, "big") + ether(2).to_bytes(32, "big")
    assert message == head + bytes32(owner) + b"deposit"


def test_enforced_options_spare_the_sender_theirs(zones: Mesh) -> None:
    friend = zones.network.accounts[1]
    alpha, beta = zones.deploy("alpha", "Coin", SUPPLY), zones.deploy("beta", "Coin", 0)
    zones.wire(alpha, beta)
    with reverts(error="Executor_NoOptions"):
        alpha.quoteSend(param(zones, "beta", friend, ether(1), options=b""), False)
    alpha.setEnforcedOptions([(zones.eid("beta"), 1, OPTIONS)])
    send(zones, alpha, "beta", friend, ether(1), options=b"")
    zones.deliver()
    assert beta.balanceOf(friend) == ether(1)


def test_tokens_on_their_way_wait_for_gas_that_suffices(zones: Mesh) -> None:
    friend = zones.network.accounts[1]
    alpha, beta = zones.deploy("alpha", "Coin", SUPPLY), zones.deploy("beta", "Coin", 0)
    zones.wire(alpha, beta)
    send(zones, alpha, "beta", friend, ether(1), options=Options((Receive(20_000),)).encoded)
    zones.deliver()
    assert len(zones.endpoint("beta").events.LzReceiveAlert.get()) == 1
    assert (alpha.totalSupply(), beta.totalSupply()) == (SUPPLY - ether(1), 0)
    [packet] = zones.sent("alpha")
    zones.execute(packet)
    zones.execute(packet)
    assert beta.balanceOf(friend) == ether(1) == beta.totalSupply()
