"""Tips: what blocks pay their coinbase becomes the stakers' reward, whoever hands it in; nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_utils.abi import function_abi_to_4byte_selector
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_ADDRESS, Address, Wei, ZoneName
from devnet.contracts import addresses, artifacts, staking, tips
from devnet.contracts.bridge import claim_call, owed_in_all, quote_call
from devnet.contracts.layout import unpacked
from devnet.contracts.tips import HAND_IN_CALL
from devnet.network import Network, NetworkConfig
from devnet.parts import EngineChoice, choose_parts
from devnet.supply import network_supply
from devnet.zone.messages import CallRequest, LocatedReceipt, Mining
from devnet.zone.port import ZonePort

ALPHA, BETA, SYSTEM = ZoneName("alpha"), ZoneName("beta"), ZoneName("system")
PAYER = Address(b"\xaa" * 20)
PAYER_CODE = bytes.fromhex("6000600060006000600141" + "6000f1" + "600055")
"""Pays the coinbase one wei, with no gas but what comes with a payment, and stores whether that was taken."""
DISTRIBUTED_SLOT = 6
LEAST_FEES = 10


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> Iterator[Network]:
    with Network(parts=choose_parts(EngineChoice(request.param))) as network:
        yield network


@pytest.fixture
def network(whole: Network) -> Iterator[Network]:
    snapshot = whole.snapshot()
    yield whole
    whole.revert(snapshot)


def transfer(network: Network, zone: ZonePort, tip: int, to: Address = PAYER) -> int:
    """A transaction that tips so much for each gas; gives what it tipped."""
    sender = network.keys.addresses[1]
    price = zone.next_base_fee() + tip
    request = CallRequest(
        sender, to, gas=100_000, max_fee_per_gas=Wei(price), max_priority_fee_per_gas=Wei(tip)
    )
    located = zone.receipt(network.send(zone, request))
    assert located is not None
    assert located.receipt.status
    return tip_of(located)


def tip_of(located: LocatedReceipt) -> int:
    receipt = located.receipt
    return receipt.gas_used * (receipt.effective_gas_price - located.header.base_fee_per_gas)


def hand_in(network: Network, zone: ZonePort) -> bool:
    """Without a tip of its own; gives whether it succeeded."""
    return call(network, zone, addresses.TIPS, HAND_IN_CALL)


def call(network: Network, zone: ZonePort, to: Address, data: bytes) -> bool:
    price = zone.next_base_fee()
    request = CallRequest(
        network.keys.addresses[0],
        to,
        gas=1_000_000,
        data=data,
        max_fee_per_gas=Wei(price),
        max_priority_fee_per_gas=Wei(0),
    )
    located = zone.receipt(network.send(zone, request))
    assert located is not None
    return bool(located.receipt.status)


def held(zone: ZonePort) -> int:
    return zone.balance(addresses.TIPS)


def fee(zone: ZonePort, system_eid: int) -> int:
    asked = zone.call(CallRequest(to=addresses.BRIDGE, data=quote_call(system_eid)))
    return int.from_bytes(asked.output, "big")


def handed_in(network: Network) -> int:
    """What Staking ever distributed beside what it issued."""
    system = network.zones[SYSTEM]
    _, reserve = unpacked(system.storage(addresses.STAKING, staking.RESERVE_SLOT), 128, 128)
    issued = staking.StakingParameters().reserve - reserve
    return system.storage(addresses.STAKING, DISTRIBUTED_SLOT) - issued


def owed_to_stakers(network: Network) -> int:
    """What all stakers can claim."""
    system, accounts = network.zones[SYSTEM], network.keys.addresses
    selector = keccak256(b"owedTo(uint32,address)")[:4]
    total = 0
    for index in range(network.config.settlement.validators):
        data = selector + (index + 1).to_bytes(32, "big") + accounts[index % len(accounts)].rjust(32, b"\0")
        total += int.from_bytes(system.call(CallRequest(to=addresses.STAKING, data=data)).output, "big")
    return total


# ------------------------------------------------------------ what is there


def test_it_is_the_coinbase_of_every_zone(network: Network) -> None:
    for zone in network.zones.values():
        assert zone.status().coinbase == zone.config.coinbase == addresses.TIPS
        assert zone.account(addresses.TIPS).code == artifacts.load("Tips").runtime
        assert zone.storage(addresses.TIPS, tips.SYSTEM_EID_SLOT) == network.config.zone_eid("system")


def test_networks_without_messages_have_none() -> None:
    config = NetworkConfig(eids=None)
    assert config.coinbase == ZERO_ADDRESS
    with Network(config) as network:
        assert not network.default_zone.account(addresses.TIPS).code
    assert NetworkConfig(eids=None, coinbase=PAYER).coinbase == PAYER


def test_the_mirror_is_what_was_compiled() -> None:
    entries: dict[Any, Any] = {entry.get("name"): entry for entry in artifacts.load("Tips").abi}
    assert function_abi_to_4byte_selector(entries["handIn"]) == HAND_IN_CALL
    layout = artifacts.load("Tips").storage_layout["storage"]
    assert [(each["label"], int(each["slot"]), each["offset"]) for each in layout] == [("systemEid", 0, 0)]


@pytest.mark.parametrize("zone", [SYSTEM, ALPHA])
def test_who_pays_the_coinbase_with_the_least_gas_succeeds(network: Network, zone: ZoneName) -> None:
    port = network.zones[zone]
    port.set_account(PAYER, balance=Wei(5), code=PAYER_CODE)
    before = held(port)
    tipped = transfer(network, port, 3)
    assert port.storage(PAYER, 0) == 1
    assert held(port) == before + tipped + 1


# ------------------------------------------------------------ handing in


def test_in_the_system_zone_tips_go_to_the_stakers_at_once(network: Network) -> None:
    system = network.zones[SYSTEM]
    assert not hand_in(network, system)
    before, owed = handed_in(network), owed_to_stakers(network)
    tipped = transfer(network, system, 1)
    assert held(system) == tipped
    assert hand_in(network, system)
    assert (held(system), handed_in(network)) == (0, before + tipped)
    grown = owed_to_stakers(network) - owed
    assert tipped - network.config.settlement.validators <= grown <= tipped


def test_in_other_zones_they_wait_until_the_fee_is_a_tenth(network: Network) -> None:
    alpha = network.zones[ALPHA]
    least = LEAST_FEES * fee(alpha, network.config.zone_eid("system"))
    for balance in (0, 1, least // LEAST_FEES, least - 1):
        alpha.set_account(addresses.TIPS, balance=Wei(balance))
        assert not hand_in(network, alpha)
        assert held(alpha) == balance
    alpha.set_account(addresses.TIPS, balance=Wei(least))
    assert hand_in(network, alpha)
    assert held(alpha) == 0


def test_what_the_system_zone_refuses_is_owed_and_comes_later(network: Network) -> None:
    alpha, system = network.zones[ALPHA], network.zones[SYSTEM]
    reserve = system.balance(addresses.RESERVE)
    system.set_account(addresses.RESERVE, balance=Wei(0))
    cost = fee(alpha, network.config.zone_eid("system"))
    alpha.set_account(addresses.TIPS, balance=Wei(10**18))
    assert hand_in(network, alpha)
    network.settle()
    # What the courier tipped is there, and nothing else.
    couriers = held(system)
    assert couriers == sum(tips_of(system, number) for number in range(1, system.number() + 1))
    assert owed_in_all(lambda slot: system.storage(addresses.BRIDGE, slot)) == 10**18 - cost
    system.set_account(addresses.RESERVE, balance=reserve)
    assert call(network, system, addresses.BRIDGE, claim_call(addresses.TIPS))
    before = handed_in(network)
    assert hand_in(network, system)
    assert handed_in(network) == before + couriers + 10**18 - cost


def test_where_nobody_has_a_seat_tips_go_into_the_reserve(network: Network) -> None:
    system = network.zones[SYSTEM]
    seated = system.storage(addresses.STAKING, 3)
    system.set_storage(addresses.STAKING, 3, seated >> 128 << 128)
    before = system.balance(addresses.STAKING)
    tipped = transfer(network, system, 2)
    assert hand_in(network, system)
    assert system.balance(addresses.STAKING) == before + tipped


def test_a_block_hands_in_the_tips_of_those_before_it(network: Network) -> None:
    """Its own are credited after its last transaction, on both engines."""
    system, accounts = network.zones[SYSTEM], network.keys.addresses
    earlier, before = transfer(network, system, 5), handed_in(network)
    system.set_mining(Mining(automine=False))
    for sender in (1, 2, 3):
        to, data = (addresses.TIPS, HAND_IN_CALL) if sender == 2 else (PAYER, b"")
        network.send(system, CallRequest(accounts[sender], to, gas=200_000, data=data))
    (block,) = network.mine(system)
    system.set_mining(Mining())
    assert [receipt.status for receipt in block.receipts] == [True] * 3
    assert handed_in(network) == before + earlier
    assert held(system) == tips_of(system, block.header.number) > 0


def test_another_coinbase_is_paid_as_ever(network: Network) -> None:
    alpha, other = network.zones[ALPHA], Address(b"\xcc" * 20)
    alpha.set_coinbase(other)
    tipped = transfer(network, alpha, 7)
    assert (alpha.balance(other), held(alpha)) == (tipped, 0)


def test_tips_of_all_zones_end_as_rewards(network: Network) -> None:
    """From transactions to what stakers can claim: all but the fees of two messages."""
    alpha, beta, system = (network.zones[name] for name in (ALPHA, BETA, SYSTEM))
    start, owed = handed_in(network), owed_to_stakers(network)
    tipped = cost = 0
    for zone in (alpha, beta):
        tipped += sum(transfer(network, zone, 10**12) for _ in range(3))
    network.settle()
    for zone in (alpha, beta):
        cost += fee(zone, network.config.zone_eid("system"))
        assert hand_in(network, zone)
    # The courier delivers what was settled; its own transactions tip, too.
    network.settle()
    assert (held(alpha), held(beta)) == (0, 0)
    arrived = held(system)
    assert arrived >= tipped - cost
    courier = arrived - (tipped - cost)
    assert courier == sum(tips_of(system, number) for number in range(1, system.number() + 1))
    assert hand_in(network, system)
    assert handed_in(network) - start == arrived
    # Each staker's reward is rounded down to a wei; what is left over counts with the next.
    issued = issued_by(network)
    grown = owed_to_stakers(network) - owed
    stakers = network.config.settlement.validators
    assert arrived + issued - stakers <= grown <= arrived + issued
    assert network_supply(network.zones).difference == 0


def issued_by(network: Network) -> int:
    _, reserve = unpacked(network.zones[SYSTEM].storage(addresses.STAKING, staking.RESERVE_SLOT), 128, 128)
    return staking.StakingParameters().reserve - reserve


def tips_of(zone: ZonePort, number: int) -> int:
    """What a block's transactions tipped."""
    block = zone.block(number)
    assert block is not None
    price = block.header.base_fee_per_gas
    return sum(receipt.gas_used * (receipt.effective_gas_price - price) for receipt in block.receipts)


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(st.sampled_from([ALPHA, BETA, SYSTEM]), st.sampled_from(["tip", "hand in", "settle"])),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from([1, 10**9, 10**12]),
)
def test_whoever_hands_in_when_nothing_is_lost(
    network: Network, steps: list[tuple[ZoneName, str]], tip: int
) -> None:
    snapshot = network.snapshot()
    for name, step in steps:
        zone = network.zones[name]
        if step == "tip":
            transfer(network, zone, tip)
        elif step == "hand in":
            before, distributed = held(zone), handed_in(network)
            least = fee(zone, network.config.zone_eid("system")) * LEAST_FEES if name != SYSTEM else 1
            assert hand_in(network, zone) == (before >= least)
            assert held(zone) == (before if before < least else 0)
            assert handed_in(network) - distributed == (before if name == SYSTEM else 0)
        else:
            network.settle()
        assert network_supply(network.zones).difference == 0
    network.revert(snapshot)
