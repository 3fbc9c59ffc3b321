"""Two networks of one configuration, on the reference and on the kernel, to which the same is done."""

from __future__ import annotations

import io
import random
from collections import Counter
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from devnet.chain.blobs import build_sidecar
from devnet.chain.errors import InvalidTransaction
from devnet.chain.outbox import ENDPOINT
from devnet.chain.rules import Fork
from devnet.chain.transaction import (
    ACCESS_LIST,
    BLOB,
    DYNAMIC_FEE,
    LEGACY,
    SET_CODE,
    AccessListEntry,
    Authorization,
)
from devnet.chain.transaction_codec import UnsignedTransaction, sign, sign_authorization
from devnet.chain.types import Address, BlockRef, Hash32, Wei
from devnet.dump.reading import Dump
from devnet.execution import AccountOverride, TraceSpec
from devnet.folder import DataFolder
from devnet.network import Network, NetworkConfig
from devnet.parts import Parts
from devnet.rpc.context import Context
from devnet.zone.errors import ZoneError
from devnet.zone.messages import (
    BlockOverrides,
    CallRequest,
    GenesisAccount,
    LogQuery,
    Mining,
    Order,
    SimulatedBlock,
)
from devnet.zone.port import ZonePort
from tests.execution import mixes
from tests.execution.memory_state import COINBASE
from tests.execution.programs import CONTRACTS as WRITTEN
from tests.execution.programs import ProgramWriter

KEYS: Final = mixes.KEYS
SENDERS: Final = mixes.SENDERS
PROGRAMS: Final = tuple(mixes.CONTRACTS.values())
STRANGER: Final = Address(b"\x77" * 20)
PEOPLE: Final = (*SENDERS, STRANGER, COINBASE)
PLACES: Final = (*PEOPLE, *PROGRAMS, *WRITTEN, Address(bytes(19) + b"\x02"))
TRACERS: Final = ("", "callTracer", "flatCallTracer", "prestateTracer", "4byteTracer")
FRAMERS: Final = (Order.FEES, Order.FIFO, Order.FAFO)

Act = Callable[[Network, ZonePort], Any]


def configuration(seed: int) -> NetworkConfig:
    """A configuration with contracts that a scheduler finds hard, and random ones; the same for a seed."""
    rng = random.Random(seed)
    fork = rng.choice((Fork.SHANGHAI, Fork.CANCUN, Fork.PRAGUE, *[Fork.OSAKA] * 4))
    accounts = {
        address: GenesisAccount(Wei(5), 1, mixes.PROGRAMS[name]) for name, address in mixes.CONTRACTS.items()
    }
    for address in WRITTEN:
        slots = {slot: rng.choice((1, 2, 2**256 - 1)) for slot in range(5) if rng.random() < 0.4}
        code = ProgramWriter(rng, fork).write() or b"\x00"
        accounts[address] = GenesisAccount(Wei(rng.choice((0, 1, 1000))), 1, code, slots)
    return NetworkConfig(
        zones=("alpha", "beta"),
        fork=fork,
        accounts=2,
        genesis_accounts=accounts,
        grants=tuple(
            (sender, Wei(10**16 if index == mixes.POOR else 100 * 10**18))
            for index, sender in enumerate(SENDERS)
        ),
        base_fee=Wei(rng.choice((7, 10**9))),
        gas_limit=rng.choice((1_000_000_000, 30_000_000, 1_500_000)),
        coinbase=rng.choice((Address(bytes(20)), COINBASE, SENDERS[1])),
        mining=Mining(automine=False, order=rng.choice(FRAMERS)),
        history=rng.choice((None, None, 3, 12)),
        compaction_threshold=rng.choice((8, 64, 1024)),
        # So slow is no machine that one of the two is told otherwise than the other.
        call_time_limit=None,
    )


class Pair:
    """The two networks. Whatever is done or asked through the pair is compared."""

    def __init__(self, seed: int, first: Parts, second: Parts, folder: Path | None = None) -> None:
        self.config = configuration(seed)
        self._parts = (first, second)
        self._rng = random.Random(seed)
        self._folders = None if folder is None else [folder / "first", folder / "second"]
        self.networks = [self._open(index) for index in range(2)]
        self.log: list[str] = []
        """What was done, for who looks into a difference."""
        self.outcomes: Counter[tuple[str, str | None]] = Counter()
        """How often something was done or asked, and which error that was."""

    def close(self) -> None:
        for network in self.networks:
            network.close()

    def _open(self, index: int) -> Network:
        if self._folders is None:
            return Network(self.config, self._parts[index])
        folder = DataFolder.open(self._folders[index], self.config)
        return Network(self.config, self._parts[index], folder=folder)

    # ------------------------------------------------------------ doing and asking the same

    def _both(self, what: str, zone: str, act: Act) -> Any:
        outcomes: list[Any] = []
        failed = None
        for network in self.networks:
            try:
                outcomes.append(act(network, network.zone(zone)))
            except (ZoneError, InvalidTransaction) as error:
                failed = type(error).__name__
                outcomes.append((failed, str(error)))
        assert outcomes[0] == outcomes[1], what
        self.outcomes[what, failed] += 1
        return outcomes[0]

    def _ask(self, what: str, zone: str, *arguments: Any) -> Any:
        """A method of the zone's port."""
        return self._both(what, zone, lambda network, port: getattr(port, what)(*arguments))

    def run(self, steps: int) -> None:
        """Does so many things to both networks and looks at them after each."""
        for count in range(steps):
            zone = self._rng.choice(("alpha", "alpha", "alpha", "beta", "system"))
            before = [network.zone(zone).number() for network in self.networks]
            name = self._rng.choices([name for name, _ in STEPS], [weight for _, weight in STEPS])[0]
            self.log.append(f"{name} {zone}")
            getattr(self, "_" + name)(zone)
            self._look(zone, before[0])
            if count % 12 == 11 or count == steps - 1:
                self.look_at_everything()

    # ------------------------------------------------------------ what is done

    def _send(self, zone: str) -> None:
        port = self.networks[0].zone(zone)
        nonces = {sender: port.nonce(sender, "pending") for sender in SENDERS}
        raws = [self._raw(port, nonces) for _ in range(self._rng.choice((1, 4, 40)))]
        self._both("sent", zone, lambda network, port: _told(network.submit_many(port, network.decode(raws))))

    def _raw(self, port: ZonePort, nonces: dict[Address, int]) -> bytes:
        """A signed transaction; `nonces` are those that the next ones of the senders should have."""
        rng = self._rng
        key = rng.choice(KEYS)
        sender = SENDERS[KEYS.index(key)]
        fork = self.config.fork
        kinds = [LEGACY, ACCESS_LIST, DYNAMIC_FEE, DYNAMIC_FEE, *([SET_CODE] if fork >= Fork.PRAGUE else [])]
        kind = rng.choice(kinds)
        nonce = nonces[sender] + rng.choice((0,) * 20 + (1,))
        nonces[sender] += nonce == nonces[sender]
        base = port.next_base_fee()
        price = max(1, base + rng.choice((0, 1, base, base, base, 5, -1)))
        tip = price if kind in (LEGACY, ACCESS_LIST) else min(price, rng.choice((0, 1, 3)))
        to: Address | None = rng.choice((*PLACES, *PROGRAMS, PROGRAMS[0], ENDPOINT, ENDPOINT, ENDPOINT))
        data = rng.choice((b"", bytes(12) + rng.choice(PLACES), rng.randbytes(rng.choice((4, 36, 300)))))
        if kind != SET_CODE and rng.random() < 0.15:
            to, data = None, rng.choice((mixes._INIT, ProgramWriter(rng, fork)._init_code()))
        chain_id = port.config.chain_id
        authorizations: tuple[Authorization, ...] = ()
        if kind == SET_CODE:
            authorizations = tuple(self._authorization(port) for _ in range(rng.randint(1, 2)))
        access_list: tuple[AccessListEntry, ...] = ()
        if kind != LEGACY and rng.random() < 0.3:
            access_list = (AccessListEntry(rng.choice(PLACES), tuple(rng.sample(range(5), 2))),)
        raw = sign(
            UnsignedTransaction(
                type=kind,
                chain_id=None if kind == LEGACY and rng.random() < 0.2 else chain_id,
                nonce=nonce,
                gas_limit=rng.choice(
                    (60_000, 90_000, 150_000, 400_000, 400_000, rng.choice((21_000, 1_400_000, 17_000_000)))
                ),
                max_fee_per_gas=Wei(price),
                max_priority_fee_per_gas=Wei(tip),
                to=to,
                value=Wei(rng.choice((0, 0, 1, 12_345, 10**12, rng.choice((0, 10**20))))),
                data=data,
                access_list=access_list,
                authorizations=authorizations,
            ),
            key,
        ).encoded
        if rng.random() < 0.03:
            place = rng.randrange(len(raw))
            raw = raw[:place] + rng.randbytes(1) + raw[place + 1 :]
        return raw

    def _authorization(self, port: ZonePort) -> Authorization:
        rng = self._rng
        index = rng.randrange(len(KEYS))
        nonce = port.nonce(SENDERS[index], "pending") + rng.choice((0, 0, 1))
        target = rng.choice((*PROGRAMS, *WRITTEN, SENDERS[0], Address(bytes(20))))
        return sign_authorization(
            rng.choice((0, port.config.chain_id, port.config.chain_id, 1)), target, nonce, KEYS[index]
        )

    def _blob(self, zone: str) -> None:
        if self.config.fork < Fork.CANCUN:
            return
        content = bytes(31) + bytes((self._rng.randrange(256),)) + bytes(4095 * 32)

        def act(network: Network, port: ZonePort) -> Any:
            sidecar = build_sidecar((content,), Context(network, port.config.name).rules)
            request = CallRequest(network.keys.addresses[0], STRANGER, 100_000, type=BLOB, sidecar=sidecar)
            return network.send(port, request)

        self._both("blob", zone, act)

    def _mine(self, zone: str) -> None:
        count = self._rng.choice((1, 1, 1, 1, 2, 5, 300))
        self._both("mined", zone, lambda network, port: network.mine(port, count))

    def _automine(self, zone: str) -> None:
        request = self._request()
        request = replace(request, sender=self.networks[0].keys.addresses[0])

        def act(network: Network, port: ZonePort) -> Any:
            port.set_mining(replace(self.config.mining, automine=True))
            try:
                return network.send(port, request)
            finally:
                port.set_mining(self.config.mining)

        self._both("automined", zone, act)

    def _impersonate(self, zone: str) -> None:
        sender = self._rng.choice(PLACES)
        request = replace(self._request(), sender=sender)

        def act(network: Network, port: ZonePort) -> Any:
            port.impersonate(sender)
            try:
                return network.send(port, request)
            finally:
                port.stop_impersonating(sender)

        self._both("impersonated", zone, act)

    def _set_account(self, zone: str) -> None:
        rng = self._rng
        address = rng.choice(PLACES)
        balance = rng.choice((None, Wei(0), Wei(10**18), Wei(2**200)))
        nonce = rng.choice((None, None, rng.randrange(50), 2**64 - 2))
        code = rng.choice(
            (None, None, b"", ProgramWriter(rng, self.config.fork).write(), rng.randbytes(30),
             b"\xef\x01\x00" + rng.choice(PLACES))
        )  # fmt: skip
        if address in SENDERS and rng.random() < 0.8:
            # Who sends should mostly be able to.
            balance, nonce, code = Wei(10**20), None, None
        self._both("set", zone, lambda network, port: port.set_account(address, balance, nonce, code))

    def _set_storage(self, zone: str) -> None:
        rng = self._rng
        address, slot = rng.choice((*PROGRAMS, *WRITTEN, STRANGER)), rng.choice((0, 1, 2, 2**256 - 1))
        value = rng.choice((0, 0, 1, 2**256 - 1))
        self._both("stored", zone, lambda network, port: port.set_storage(address, slot, value))

    def _snapshot(self, zone: str) -> None:
        self._both("snapshot", zone, lambda network, port: network.snapshot())

    def _revert(self, zone: str) -> None:
        ids = [info.taken.identifier for info in self.networks[0].snapshots.listing()] or [1]
        which = self._rng.choice(ids[-4:])
        if self._rng.random() < 0.5:
            self._both("reverted", zone, lambda network, port: network.revert(which))
        else:
            self._both("reverted", zone, lambda network, port: network.revert_zone(port, which))

    def _rollback(self, zone: str) -> None:
        depth = self._rng.randrange(6)
        self._both("rolled back", zone, lambda network, port: port.rollback(depth))

    def _reorg(self, zone: str) -> None:
        port = self.networks[0].zone(zone)
        depth = self._rng.randint(1, 5)
        numbers = range(max(0, port.number() - depth), port.number() + 1)
        try:
            blocks = [port.block(number) for number in numbers]
        except ZoneError:
            blocks = []
        again = [
            (transaction, self._rng.randrange(depth))
            for block in blocks
            if block is not None
            for transaction in block.transactions
            if transaction.type != BLOB
        ]
        self._rng.shuffle(again)
        chosen = again[: self._rng.randrange(6)]
        self._both(
            "reorganised", zone, lambda network, port: port.reorg(depth, chosen, network.clock.reading())
        )

    def _drop(self, zone: str) -> None:
        waiting = [*self.networks[0].zone(zone).pending_transactions()]
        if waiting and self._rng.random() < 0.8:
            one = self._rng.choice(waiting)
            self._both("dropped", zone, lambda network, port: port.drop_transaction(one.hash))
        else:
            sender = self._rng.choice(SENDERS)
            self._both("dropped", zone, lambda network, port: port.drop_transactions_of(sender))

    def _next_block(self, zone: str) -> None:
        rng = self._rng
        value = rng.randrange(1, 200)
        act = rng.choice(
            (
                lambda network, port: port.set_coinbase(rng_address(value)),
                lambda network, port: port.set_next_prev_randao(Hash32(bytes((value,)) * 32)),
                lambda network, port: port.set_next_base_fee(Wei(value)),
                lambda network, port: port.set_gas_limit(1_000_000 * value),
                lambda network, port: port.increase_time(value),
                lambda network, port: port.set_timestamp_interval(value % 5 or None),
            )
        )
        self._both("set up", zone, act)

    def _order(self, zone: str) -> None:
        order, most = self._rng.choice(FRAMERS), self._rng.choice((None, None, 3))
        mining = replace(self.config.mining, order=order, max_transactions=most)
        self._both("ordered", zone, lambda network, port: port.set_mining(mining))

    def _reset(self, zone: str) -> None:
        self._both("reset", zone, lambda network, port: port.reset())

    def _swap(self, zone: str) -> None:
        """Either goes on from what the other one wrote: its dump, or its folder after an end or a crash."""
        if self._folders is not None:
            for network in self.networks:
                if self._rng.random() < 0.5:
                    network.close()
                else:
                    crash(network)
            self._folders.reverse()
            self.networks = [self._open(index) for index in range(2)]
            return
        dumps = [io.BytesIO() for _ in self.networks]
        for network, dump in zip(self.networks, reversed(dumps), strict=True):
            network.dump(dump, 1)
        for index, (dump, parts) in enumerate(zip(dumps, self._parts, strict=True)):
            dump.seek(0)
            fresh = Network(self.config, parts, copy(self.networks[index].clock), content=Dump(dump))
            self.networks[index] = fresh

    # ------------------------------------------------------------ what is looked at

    def _request(self) -> CallRequest:
        rng = self._rng
        code = mixes._INIT if rng.random() < 0.1 else None
        return CallRequest(
            sender=rng.choice((None, *PEOPLE)),
            to=None if code else rng.choice((*PLACES, *PROGRAMS)),
            gas=rng.choice((400_000, 60_000)),
            value=rng.choice((None, None, Wei(0), Wei(3), Wei(3), Wei(10**21))),
            data=code or rng.choice((b"", bytes(12) + rng.choice(PLACES), rng.randbytes(36))),
        )

    def _overrides(self) -> dict[Address, AccountOverride] | None:
        rng = self._rng
        if rng.random() < 0.6:
            return None
        return {
            rng.choice(PLACES): AccountOverride(
                balance=rng.choice((None, Wei(10**22))),
                nonce=rng.choice((None, 9)),
                code=rng.choice((None, ProgramWriter(rng, self.config.fork).write())),
                storage=rng.choice((None, {0: 5})),
            )
            for _ in range(rng.randint(1, 3))
        }

    def _look(self, zone: str, before: int) -> None:
        """At what one step could change, and at a question whose answer comes from execution."""
        rng = self._rng
        newest = self.networks[0].zone(zone).number()
        numbers = range(max(0, min(before, newest) - 1), newest + 1)[-8:]
        self._both("status", zone, lambda network, port: port.status())
        self._both("history", zone, lambda network, port: replace(port.history(), state_bytes=0))
        self._both("pool", zone, lambda network, port: (port.pool(), port.pending_transactions()))
        for number in numbers:
            self._ask("block", zone, number)
            self._ask("receipts", zone, number)
        self._both("accounts", zone, lambda network, port: [port.account(address) for address in PLACES])
        self._both(
            "proofs",
            zone,
            lambda network, port: [port.prove(address, (0, 1, 100)) for address in (PROGRAMS[0], STRANGER)],
        )
        request, overrides = self._request(), self._overrides()
        ref: BlockRef = rng.choice(("latest", "latest", "pending", max(0, newest - rng.randrange(4))))
        trace = rng.choice((None, TraceSpec(rng.choice(TRACERS))))
        changed = rng.choice((None, BlockOverrides(number=newest + 5, base_fee=Wei(rng.randrange(9)))))
        self._both(
            "call",
            zone,
            lambda network, port: port.call(request, ref, overrides, changed, trace, network.clock.reading()),
        )
        if rng.random() < 0.3:
            self._both(
                "estimate",
                zone,
                lambda network, port: port.estimate_gas(
                    request, ref, overrides, None, network.clock.reading()
                ),
            )
        if rng.random() < 0.2:
            self._both(
                "access list",
                zone,
                lambda network, port: port.create_access_list(
                    request, ref, overrides, network.clock.reading()
                ),
            )
        if rng.random() < 0.1:
            calls = tuple(self._request() for _ in range(3))
            blocks = [SimulatedBlock(calls, overrides or {}, BlockOverrides()) for _ in range(2)]
            self._both(
                "simulation",
                zone,
                lambda network, port: port.simulate(blocks, "latest", trace_transfers=True),
            )
        if rng.random() < 0.1:
            self._both("pending", zone, lambda network, port: port.block("pending", network.clock.reading()))

    def look_at_everything(self) -> None:
        """At all that the networks hold, and what only comes from running blocks again."""
        for zone in self.networks[0].zones:
            port = self.networks[0].zones[zone]
            newest = port.number()
            oldest = max(port.history().oldest, newest - 10)
            for number in range(oldest, newest + 1):
                self._ask("accounts", zone, number)
            query = LogQuery(from_block=oldest, to_block=newest)
            self._ask("logs", zone, query)
            self._both("state", zone, lambda network, port: [*port.export_state()])
            self._both("zone", zone, lambda network, port: [*port.export()])
            self._both("fees", zone, lambda network, port: port.fee_history(8, "latest", (10.0, 50.0)))
            number = self._rng.randint(oldest, newest)
            spec = TraceSpec(self._rng.choice(TRACERS))
            for at in {number, newest}:
                self._ask("trace_block", zone, at, spec)
                self._both("schedule", zone, partial(_schedule, at))
                self._ask("execution_witness", zone, at)


STEPS: Final = (
    ("send", 14),
    ("blob", 1),
    ("mine", 10),
    ("automine", 3),
    ("impersonate", 4),
    ("set_account", 4),
    ("set_storage", 3),
    ("snapshot", 3),
    ("revert", 3),
    ("rollback", 1.5),
    ("reorg", 2),
    ("drop", 2),
    ("next_block", 3),
    ("order", 2),
    ("reset", 0.1),
    ("swap", 2),
)
"""Each with how often it is done."""


def crash(network: Network) -> None:
    """Commits, and lets the folder go as the end of the process does."""
    network.commit()
    keeper = network._keeper
    assert keeper is not None
    keeper.close(commit=False)


def rng_address(value: int) -> Address:
    return Address(bytes((value,)) * 20)


def _schedule(at: BlockRef, network: Network, port: ZonePort) -> Any:
    return port.schedule(at).schedule


def _told(outcomes: list[Any]) -> list[Any]:
    """Errors by what they say, as two of them are never equal."""
    return [
        (type(outcome).__name__, str(outcome)) if isinstance(outcome, Exception) else outcome
        for outcome in outcomes
    ]
