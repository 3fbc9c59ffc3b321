"""No wei comes or goes but by a term of the supply's equation, whatever happens in whichever zone."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from devnet.chain.errors import InvalidTransaction
from devnet.chain.rules import Fork
from devnet.chain.types import Address, Wei, ZoneName
from devnet.contracts import addresses, forced_inbox
from devnet.contracts.bridge import RESERVE_AT_GENESIS, claim_call, quote_call, send_call
from devnet.contracts.tips import HAND_IN_CALL
from devnet.folder import DataFolder
from devnet.messages.message import MessageFilter
from devnet.network import Network, NetworkConfig
from devnet.parts import EngineChoice, Parts, choose_parts
from devnet.supply import NetworkSupply, network_supply
from devnet.zone.errors import HistoryGone, UnknownBlock
from devnet.zone.messages import CallRequest
from devnet.zone.port import ZonePort
from tests.dump.observing import loaded

DUMPS = Path(__file__).parent / "dumps"
ALPHA, BETA, SYSTEM = ZoneName("alpha"), ZoneName("beta"), ZoneName("system")
REFUSER = Address(b"\xee" * 20)
"""Refuses what it is paid as long as its slot 0 is not zero."""
REFUSER_CODE = bytes.fromhex("600054600757005b600080fd")
CLAIM_REWARD = bytes.fromhex("04951891")

SELF_DESTRUCTIONS = {
    "to itself": "30ff",
    "to its creator": "33ff",
    # Creates a contract with 7 wei that gives them back, and sends it 5 more in the same transaction.
    "and is paid afterwards": "6133ff6000526002601e6007f060006000600060006005855af100",
    # The same, taken back.
    "and reverts": "6133ff6000526002601e6007f060006000600060006005855af160006000fd",
}
"""Code of a transaction that creates a contract."""


@pytest.fixture(scope="module", params=["native", "pyevm"])
def parts(request: pytest.FixtureRequest) -> Parts:
    return choose_parts(EngineChoice(request.param))


def send(network: Network, zone: ZonePort, to: Address | None, value: int = 0, data: bytes = b"") -> None:
    """From the network's first account, with gas for anything: what fails is in a block, too."""
    request = CallRequest(network.keys.addresses[0], to, gas=2_000_000, value=Wei(value), data=data)
    network.send(zone, request)


def bridge(
    network: Network, source: ZonePort, target: ZonePort, to: Address, amount: int, gas: int = 0
) -> None:
    """Through the bridge; what is sent along too much comes back."""
    eid = network.config.zone_eid(target.config.name)
    assert eid is not None
    asked = source.call(CallRequest(to=addresses.BRIDGE, data=quote_call(eid, gas)))
    fee = int.from_bytes(asked.output, "big")
    refund = network.keys.addresses[3]
    send(network, source, addresses.BRIDGE, amount + fee + 3, send_call(eid, to, Wei(amount), refund, gas))


def supply(network: Network) -> NetworkSupply:
    """The supply, held against a count of every account."""
    counted = network_supply(network.zones)
    for share in counted.shares:
        zone = network.zones[share.zone]
        assert share.supply.balances == sum(account.balance for account in zone.accounts().values())
        assert share.supply.difference == 0
        assert share.reserve_balance == share.reserves.counts.held
    assert counted.difference == 0
    return counted


def waiting(network: Network) -> int:
    """What the messages of bridges carry that were not delivered."""
    found = network.messages.find(MessageFilter(), 10_000)
    undelivered = [each.message for each in found if not each.life.status.is_final]
    return sum(int.from_bytes(message.packet.message[64:96], "big") for message in undelivered)


# ------------------------------------------------------------ one by one


def test_what_is_sent_is_in_flight_until_it_is_paid(parts: Parts) -> None:
    with Network(parts=parts) as network:
        alpha, beta = network.zones[ALPHA], network.zones[BETA]
        before = supply(network)
        assert before.circulating == before.opening
        bridge(network, alpha, beta, REFUSER, 10**18)
        assert (supply(network).in_flight, waiting(network)) == (10**18, 10**18)
        network.settle()
        assert beta.balance(REFUSER) == 10**18
        after = supply(network)
        assert (after.in_flight, waiting(network)) == (0, 0)
        assert after.circulating == before.circulating - after.burnt + after.issuance
        assert after.shares[1].reserve_balance == RESERVE_AT_GENESIS + 10**18
        assert after.shares[2].reserve_balance == RESERVE_AT_GENESIS - 10**18


def test_what_is_refused_is_owed_until_it_is_claimed(parts: Parts) -> None:
    with Network(parts=parts) as network:
        alpha, beta = network.zones[ALPHA], network.zones[BETA]
        beta.set_account(REFUSER, code=REFUSER_CODE)
        beta.set_storage(REFUSER, 0, 1)
        bridge(network, alpha, beta, REFUSER, 500, 10_000)
        network.settle()
        refused = supply(network)
        assert (refused.in_flight, refused.owed, waiting(network)) == (500, 500, 0)
        beta.set_storage(REFUSER, 0, 0)
        send(network, beta, addresses.BRIDGE, data=claim_call(REFUSER))
        assert beta.balance(REFUSER) == 500
        assert (supply(network).in_flight, supply(network).owed) == (0, 0)


@pytest.mark.parametrize(
    ("code", "destroyed"),
    [("to itself", 1000), ("to its creator", 0), ("and is paid afterwards", 5), ("and reverts", 0)],
)
def test_what_ends_with_a_contract_is_counted(parts: Parts, code: str, destroyed: int) -> None:
    with Network(parts=parts) as network:
        alpha = network.zones[ALPHA]
        send(network, alpha, None, 1000, bytes.fromhex(SELF_DESTRUCTIONS[code]))
        assert alpha.supply().destroyed == destroyed
        supply(network)


@pytest.mark.parametrize("fork", [Fork.SHANGHAI, Fork.CANCUN])
def test_a_contract_that_was_there_before_ends_before_cancun_only(parts: Parts, fork: Fork) -> None:
    with Network(NetworkConfig(fork=fork, eids=None), parts) as network:
        alpha = network.zones[ALPHA]
        alpha.set_account(REFUSER, balance=Wei(70), code=bytes.fromhex("30ff"))
        send(network, alpha, REFUSER, 7)
        send(network, alpha, REFUSER, 0)
        assert alpha.supply().destroyed == (77 if fork is Fork.SHANGHAI else 0)
        assert alpha.supply().credited == 70
        supply(network)


def test_every_block_has_its_supply_and_going_back_is_no_trouble(parts: Parts) -> None:
    with Network(parts=parts) as network:
        alpha, owner = network.zones[ALPHA], network.keys.addresses[1]
        seen = [alpha.supply()]
        for balance in (10**18, 10**25, 0):
            alpha.set_account(owner, balance=Wei(balance))
            send(network, alpha, REFUSER, 1)
            alpha.mine(network.clock.reading(), 3)
            seen.append(alpha.supply())
        for each in reversed(seen):
            # As balances are read: what was set after a block counts there already.
            again = alpha.supply(each.number)
            assert (again.difference, again.burnt) == (each.difference, each.burnt) == (0, each.burnt)
        assert (seen[-1].credited, seen[-1].debited) == (10**25 - 10**18, 10**25 + 10**22 - 10**18)
        network.rollback(alpha, alpha.number() - seen[1].number)
        # What was set after the block goes with those that carried it.
        assert alpha.supply().burnt == seen[1].burnt
        send(network, alpha, None, 9, bytes.fromhex("30ff"))
        assert (alpha.supply().destroyed, alpha.supply().difference) == (9, 0)


def test_counting_begins_anew_where_history_ended(parts: Parts) -> None:
    with Network(NetworkConfig(history=3), parts) as network:
        alpha = network.zones[ALPHA]
        for number in range(8):
            alpha.set_account(REFUSER, balance=Wei(number))
            send(network, alpha, None, 4, bytes.fromhex("30ff"))
        first = alpha.supply()
        assert (first.since, first.destroyed, first.credited) == (5, 12, 3)
        supply(network)
        send(network, alpha, None, 4, bytes.fromhex("30ff"))
        assert (alpha.supply().since, alpha.supply().destroyed) == (6, 12)
        supply(network)
        with pytest.raises(HistoryGone):
            alpha.supply(5)


def test_reserved_blocks_hold_nothing(parts: Parts) -> None:
    with Network(parts=parts) as network:
        alpha = network.zones[ALPHA]
        send(network, alpha, REFUSER, 1)
        network.mine(alpha, 10**12)
        send(network, alpha, REFUSER, 1)
        assert alpha.supply().number == 10**12 + 2
        supply(network)


def test_a_network_that_is_opened_again_counts_the_same(parts: Parts, tmp_path: Path) -> None:
    config = NetworkConfig()
    with Network(config, parts, folder=DataFolder.open(tmp_path, config)) as network:
        alpha = network.zones[ALPHA]
        alpha.set_account(REFUSER, balance=Wei(5))
        bridge(network, alpha, network.zones[BETA], REFUSER, 10**18)
        send(network, alpha, None, 9, bytes.fromhex("30ff"))
        network.settle()
        before = supply(network)
    with Network(config, parts, folder=DataFolder.open(tmp_path, config)) as network:
        assert supply(network) == before


@pytest.mark.parametrize("dump", sorted(DUMPS.glob("*.zero")), ids=lambda path: path.stem)
def test_networks_of_every_age_add_up(parts: Parts, dump: Path) -> None:
    """Also those from before there were messages, and those that keep no more than their newest blocks."""
    with loaded(dump.read_bytes(), parts) as network:
        supply(network)
        for zone in network.zones.values():
            for number in range(zone.history().oldest, zone.number() + 1):
                assert zone.supply(number).difference == 0


def test_who_asks_while_blocks_come_and_go_is_told_the_truth(parts: Parts) -> None:
    with Network(parts=parts) as network:
        alpha = network.zones[ALPHA]
        differences: set[int] = set()
        is_over = threading.Event()

        def ask() -> None:
            while not is_over.is_set():
                # On a busy machine blocks may go faster than they are counted, which is told.
                with suppress(UnknownBlock):
                    differences.add(alpha.supply().difference)
                    differences.add(network_supply(network.zones).difference)

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            for number in range(1, 25):
                alpha.set_account(REFUSER, balance=Wei(number))
                send(network, alpha, REFUSER, 7)
                if number % 5 == 0:
                    network.rollback(alpha, 4)
        finally:
            is_over.set()
            asking.join()
        assert differences == {0}
        supply(network)


# ------------------------------------------------------------ all of it together

zones = st.sampled_from([SYSTEM, ALPHA, BETA])
amounts = st.sampled_from([1, 10**6, 10**18, 3 * 10**21])


class Currency(RuleBasedStateMachine):
    parts: Parts

    @initialize(base_fee=st.sampled_from([0, 10**9]))
    def start(self, base_fee: int) -> None:
        self.network = Network(NetworkConfig(base_fee=Wei(base_fee)), self.parts)
        for zone in self.network.zones.values():
            zone.set_account(REFUSER, code=REFUSER_CODE)
        self.snapshots: list[int] = []

    @rule(zone=zones, value=amounts, other=st.integers(1, 3))
    def transfer(self, zone: ZoneName, value: int, other: int) -> None:
        self.attempt(zone, self.network.keys.addresses[other], value)

    @rule(
        source=zones, arriving=zones, refuser=st.booleans(), amount=amounts, is_settled_at_once=st.booleans()
    )
    def bridge(
        self, source: ZoneName, arriving: ZoneName, refuser: bool, amount: int, is_settled_at_once: bool
    ) -> None:
        network = self.network
        if (
            source == arriving
            or network.zones[source].balance(network.keys.addresses[0]) < 2 * amount + 10**19
        ):
            return
        to = REFUSER if refuser else network.keys.addresses[2]
        network.zones[arriving].set_storage(REFUSER, 0, 1)
        bridge(network, network.zones[source], network.zones[arriving], to, amount, 10_000)
        if is_settled_at_once:
            network.settle()

    @rule(times=st.sampled_from([1, 1, 10]))
    def settle(self, times: int) -> None:
        """Ten times: what was posted to the inbox before is due then."""
        for _ in range(times):
            self.network.settle()

    @rule(zone=zones, refuses=st.booleans())
    def refuse(self, zone: ZoneName, refuses: bool) -> None:
        self.network.zones[zone].set_storage(REFUSER, 0, int(refuses))

    @rule(zone=zones)
    def claim(self, zone: ZoneName) -> None:
        self.attempt(zone, addresses.BRIDGE, data=claim_call(REFUSER))

    @rule(zone=zones, account=st.integers(0, 3), balance=st.sampled_from([0, 5, 10**20, 10**24, 2**255]))
    def set_balance(self, zone: ZoneName, account: int, balance: int) -> None:
        self.network.zones[zone].set_account(self.network.keys.addresses[account], balance=Wei(balance))

    @rule(zone=zones, code=st.sampled_from(sorted(SELF_DESTRUCTIONS)))
    def destroy(self, zone: ZoneName, code: str) -> None:
        self.attempt(zone, None, 1000, bytes.fromhex(SELF_DESTRUCTIONS[code]))

    @rule(zone=zones, coinbase=st.integers(0, 3))
    def set_coinbase(self, zone: ZoneName, coinbase: int) -> None:
        self.network.zones[zone].set_coinbase(self.network.keys.addresses[coinbase])

    @rule(value=amounts)
    def force(self, value: int) -> None:
        """Posts a transfer of zone alpha to the inbox; some of them come too late to be carried out."""
        alpha = self.network.zones[ALPHA]
        request = CallRequest(self.network.keys.addresses[1], REFUSER, gas=30_000, value=Wei(value))
        try:
            signed = self.network.sign(alpha, alpha.complete(request, self.network.clock.reading()))
        except InvalidTransaction:
            return
        call = forced_inbox.post_call(1, signed.encoded, 30_000)
        self.attempt(SYSTEM, addresses.FORCED_INBOX, 30_000 * 10**9, call)

    @rule(validator=st.integers(1, 4))
    def claim_rewards(self, validator: int) -> None:
        self.attempt(SYSTEM, addresses.STAKING, data=CLAIM_REWARD + validator.to_bytes(32, "big"))

    @rule(value=amounts)
    def hand_in(self, value: int) -> None:
        self.attempt(SYSTEM, addresses.STAKING, value, HAND_IN_CALL)

    @rule(zone=zones, is_settled_at_once=st.booleans())
    def hand_in_tips(self, zone: ZoneName, is_settled_at_once: bool) -> None:
        """From other zones they travel to the system zone, and are handed in again there."""
        self.network.zones[zone].set_coinbase(addresses.TIPS)
        self.attempt(zone, addresses.TIPS, data=HAND_IN_CALL)
        if is_settled_at_once:
            self.network.settle()
            self.attempt(SYSTEM, addresses.TIPS, data=HAND_IN_CALL)

    @rule(zone=zones, balance=amounts)
    def tip(self, zone: ZoneName, balance: int) -> None:
        """So much that handing in pays; more than the reserve has is not there."""
        self.attempt(zone, addresses.TIPS, balance)

    @rule()
    def take_snapshot(self) -> None:
        self.snapshots.append(self.network.snapshot())

    @precondition(lambda self: self.snapshots)
    @rule(back=st.integers(0, 3))
    def revert(self, back: int) -> None:
        self.snapshots = self.snapshots[: len(self.snapshots) - min(back, len(self.snapshots) - 1)]
        self.network.revert(self.snapshots[-1])

    @rule(zone=zones, depth=st.integers(1, 3))
    def rollback(self, zone: ZoneName, depth: int) -> None:
        """It may take the whole network with it, and every snapshot that was taken since."""
        port = self.network.zones[zone]
        self.network.rollback(port, min(depth, port.number()))
        self.snapshots = []

    @rule(zone=zones, blocks=st.sampled_from([1, 3, 10**6]))
    def mine(self, zone: ZoneName, blocks: int) -> None:
        self.network.mine(self.network.zones[zone], blocks)

    def attempt(self, zone: ZoneName, to: Address | None, value: int = 0, data: bytes = b"") -> None:
        """A transaction, unless its sender cannot pay it."""
        port, sender = self.network.zones[zone], self.network.keys.addresses[0]
        if port.balance(sender) >= value + 10**19:
            send(self.network, port, to, value, data)

    @invariant()
    def nothing_comes_or_goes(self) -> None:
        if hasattr(self, "network"):
            counted = supply(self.network)
            assert counted.in_flight == waiting(self.network) + counted.owed

    def teardown(self) -> None:
        if hasattr(self, "network"):
            self.network.close()


def run(parts: Parts, examples: int, steps: int) -> None:
    machine = type("Currency", (Currency,), {"parts": parts})
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    run_state_machine_as_test(machine, settings=how)


def test_whatever_happens_the_difference_is_zero(parts: Parts) -> None:
    run(parts, 4, 12)


@pytest.mark.full
def test_whatever_happens_for_long_the_difference_is_zero(parts: Parts) -> None:
    run(parts, 60, 60)
