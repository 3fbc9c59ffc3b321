"""An OFT of three zones: what is there and on its way stays the same, whatever is done in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from devnet.packets.options import Options, Receive
from tests.layerzero import packages
from tests.layerzero.mesh import GAS, OPTIONS, Mesh, bytes32, mesh
from zero_sdk import ether
from zero_sdk.client.contract import Contract
from zero_sdk.client.network import Snapshot
from zero_sdk.testing import ZoneMachine, run_machine

pytestmark = pytest.mark.clients

SUPPLY = ether(1000)
ZONES = ("alpha", "beta", "gamma")
WAYS = [(source, target) for source in ZONES for target in ZONES if source != target]
TOO_LITTLE = Options((Receive(20_000),)).encoded
"""Gas with which no OFT can mint: the delivery fails, and somebody tries again."""
GIVEN = st.sampled_from([OPTIONS, TOO_LITTLE])


class Supply(ZoneMachine):
    """Gold, which is locked in zone alpha, and coins that stand for it in the others."""

    mesh: Mesh
    gold: Contract
    tokens: dict[str, Contract]

    @initialize()
    def begin(self) -> None:
        self.owner = self.mesh.owner
        self.snapshots: list[Snapshot] = []
        self.network.courier.set_mode("manual")

    def balance(self, zone: str) -> int:
        token = self.gold if zone == "alpha" else self.tokens[zone]
        return int(token.balanceOf(self.owner))

    def moves(self, event: str) -> Iterator[tuple[bytes, int]]:
        for token in self.tokens.values():
            for each in token.events[event].get():
                yield bytes(each.args.guid), int(each.args.amountReceivedLD)

    # ------------------------------------------------------------ what may happen

    @rule(
        way=st.sampled_from(WAYS), part=st.integers(0, 1000), options=st.sampled_from([OPTIONS, TOO_LITTLE])
    )
    def send(self, way: tuple[str, str], part: int, options: bytes) -> None:
        source, target = way
        amount = self.balance(source) * part // 1000
        token = self.tokens[source]
        wanted = (self.mesh.eid(target), bytes32(self.owner), amount, 0, options, b"", b"")
        fee = token.quoteSend(wanted, False).nativeFee
        token.send(wanted, (fee, 0), self.owner, value=fee)

    @rule()
    def settle(self) -> None:
        self.network.settle()

    @rule()
    def carry(self) -> None:
        self.network.courier.step()

    @rule(kind=st.sampled_from(["drop", "duplicate", "reorder", "corrupt"]))
    def go_wrong(self, kind: str) -> None:
        self.network.courier.inject(kind)

    @rule()
    def go_right(self) -> None:
        self.network.courier.clear()

    @rule(number=st.integers(0, 20), gas=st.sampled_from([20_000, GAS]))
    def try_again(self, number: int, gas: int) -> None:
        """Anybody, with any message, delivered or not."""
        packets = [packet for zone in ZONES for packet in self.mesh.sent(zone)]
        if packets:
            self.mesh.execute(packets[number % len(packets)], Receive(gas))

    @precondition(lambda self: len(self.snapshots) < 3)
    @rule()
    def remember(self) -> None:
        self.snapshots.append(self.network.snapshot())

    @precondition(lambda self: self.snapshots)
    @rule(number=st.integers(0, 2))
    def go_back(self, number: int) -> None:
        chosen = number % len(self.snapshots)
        self.network.revert(self.snapshots[chosen])
        del self.snapshots[chosen + 1 :]

    # ------------------------------------------------------------ what always holds

    @invariant()
    def nothing_is_made_or_lost(self) -> None:
        on_the_way = dict(self.moves("OFTSent"))
        for guid, amount in self.moves("OFTReceived"):
            # Fails where something comes twice, or was never sent.
            assert on_the_way.pop(guid) == amount
        locked = self.gold.balanceOf(self.tokens["alpha"])
        coins = sum(self.tokens[zone].totalSupply() for zone in ZONES[1:])
        assert locked == coins + sum(on_the_way.values())
        assert self.gold.balanceOf(self.owner) + locked == SUPPLY
        assert sum(map(self.balance, ZONES)) + sum(on_the_way.values()) == SUPPLY

    def teardown(self) -> None:
        # In the end all that was sent arrives.
        if hasattr(self, "owner"):
            self.network.courier.restore()
            self.mesh.deliver()
            for zone in ZONES:
                for packet in self.mesh.sent(zone):
                    self.mesh.execute(packet)
            assert len(list(self.moves("OFTSent"))) == len(list(self.moves("OFTReceived")))
            self.nothing_is_made_or_lost()
        super().teardown()


def run(engine: str, examples: int, steps: int) -> None:
    made = mesh(*ZONES, engine=engine)
    owner = made.owner
    gold = made.network["alpha"].deploy(packages.build().artifact("Gold"), SUPPLY)
    vault: Any = made.network["alpha"].deploy(
        packages.build().artifact("GoldVault"), gold.address, made.endpoint("alpha").address, owner
    )
    gold.approve(vault, SUPPLY * 1000)
    tokens = {"alpha": vault} | {zone: made.deploy(zone, "Coin", 0) for zone in ZONES[1:]}
    made.wire(*tokens.values())
    run_machine(
        Supply,
        network=made.network,
        mesh=made,
        gold=gold,
        tokens=tokens,
        settings=settings(max_examples=examples, stateful_step_count=steps, deadline=None),
    )


@pytest.mark.parametrize("engine", ["native", "pyevm"])
def test_the_supply_stays_the_same(engine: str) -> None:
    run(engine, *((8, 20) if engine == "native" else (3, 12)))


@pytest.mark.full
@pytest.mark.parametrize("engine", ["native", "pyevm"])
def test_the_supply_stays_the_same_for_long(engine: str) -> None:
    run(engine, *((100, 50) if engine == "native" else (10, 30)))
