"""Random use of a network, and everything that can be seen of one."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from devnet.chain.blobs import build_sidecar
from devnet.chain.errors import InvalidTransaction
from devnet.chain.transaction import BLOB
from devnet.chain.types import Address, Hash32, Wei
from devnet.dump.reading import Dump
from devnet.network import Network, NetworkConfig, Parts
from devnet.rpc.context import Context
from devnet.zone.errors import ZoneError
from devnet.zone.messages import CallRequest, GenesisAccount, LogQuery, Mining
from devnet.zone.port import ZonePort
from tests.zone.driver import CONTRACTS, LOGGER, REVERTER, STORE, word

CONFIG = NetworkConfig(
    accounts=3,
    mining=Mining(automine=False),
    genesis_accounts={
        address: GenesisAccount(nonce=1, code=bytes.fromhex(CONTRACTS[address]))
        for address in (LOGGER, STORE, REVERTER)
    },
)
STRANGER = Address(b"\x99" * 20)
SLOTS = (1, 2, 3)

Step = Callable[[Network], None]
"""One thing that is done to a network; it may be refused, which then is part of the run."""


def _step(zone: str, act: Callable[[Network, ZonePort], object]) -> Step:
    def run(network: Network) -> None:
        try:
            act(network, network.zones[zone])  # type: ignore[index]
        except (ZoneError, InvalidTransaction):
            return

    return run


ZONES = st.sampled_from(("alpha", "alpha", "alpha", "beta"))
SENDERS = st.integers(0, 2)
NUMBERS = st.integers(0, 3)


def _request(network: Network, sender: int, **fields: Any) -> CallRequest:
    return CallRequest(sender=network.keys.addresses[sender], gas=200_000, **fields)


def _send(network: Network, zone: ZonePort, request: CallRequest) -> None:
    network.send(zone, request, automine=False)


def transfer(zone: str, sender: int, value: int) -> Step:
    return _step(
        zone,
        lambda network, port: _send(network, port, _request(network, sender, to=STRANGER, value=Wei(value))),
    )


def emit(zone: str, sender: int, topic: int) -> Step:
    return _step(
        zone,
        lambda network, port: _send(network, port, _request(network, sender, to=LOGGER, data=word(topic))),
    )


def store(zone: str, sender: int, slot: int, value: int) -> Step:
    return _step(
        zone,
        lambda network, port: _send(
            network, port, _request(network, sender, to=STORE, data=word(slot) + word(value))
        ),
    )


def create(zone: str, sender: int, value: int) -> Step:
    code = bytes((0x60, value, 0x5F, 0x53, 0x60, 0x01, 0x5F, 0xF3))
    return _step(zone, lambda network, port: _send(network, port, _request(network, sender, data=code)))


def fail(zone: str, sender: int) -> Step:
    return _step(zone, lambda network, port: _send(network, port, _request(network, sender, to=REVERTER)))


def ahead(zone: str, sender: int, gap: int) -> Step:
    """A transaction that waits for others."""

    def act(network: Network, port: ZonePort) -> None:
        nonce = port.nonce(network.keys.addresses[sender], "pending") + 1 + gap
        _send(network, port, _request(network, sender, to=STRANGER, nonce=nonce))

    return _step(zone, act)


def blob(zone: str, sender: int, seed: int) -> Step:
    def act(network: Network, port: ZonePort) -> None:
        content = (b"\x00" * 31 + bytes((seed,))) + bytes(4095 * 32)
        sidecar = build_sidecar((content,), Context(network, port.config.name).rules)
        _send(network, port, _request(network, sender, to=STRANGER, type=BLOB, sidecar=sidecar))

    return _step(zone, act)


def impersonate(zone: str) -> Step:
    def act(network: Network, port: ZonePort) -> None:
        port.impersonate(STRANGER)
        port.set_account(STRANGER, balance=Wei(10**20))
        _send(network, port, CallRequest(sender=STRANGER, to=LOGGER, gas=100_000))

    return _step(zone, act)


STEPS: st.SearchStrategy[Step] = st.one_of(
    st.builds(transfer, ZONES, SENDERS, NUMBERS),
    st.builds(emit, ZONES, SENDERS, NUMBERS),
    st.builds(store, ZONES, SENDERS, st.sampled_from(SLOTS), NUMBERS),
    st.builds(create, ZONES, SENDERS, st.integers(1, 5)),
    st.builds(fail, ZONES, SENDERS),
    st.builds(ahead, ZONES, SENDERS, NUMBERS),
    st.builds(impersonate, ZONES),
    *[
        st.builds(
            lambda zone, count: _step(zone, lambda network, port: network.mine(port, count)),
            ZONES,
            st.sampled_from((1, 1, 1, 2, 3)),
        )
    ]
    * 4,
    st.builds(lambda zone: _step(zone, lambda network, port: network.mine(port, 3_000)), ZONES),
    st.builds(lambda: _step("alpha", lambda network, port: network.snapshot())),
    st.builds(
        lambda name: _step("alpha", lambda network, port: network.snapshot(name)), st.sampled_from(("a", "b"))
    ),
    st.builds(lambda which: _step("alpha", lambda network, port: network.revert(which)), st.integers(1, 4)),
    st.builds(
        lambda zone, which: _step(zone, lambda network, port: network.revert_zone(port, which)),
        ZONES,
        st.integers(1, 4),
    ),
    st.builds(lambda zone, depth: _step(zone, lambda network, port: port.rollback(depth)), ZONES, NUMBERS),
    st.builds(
        lambda zone, depth: _step(zone, lambda network, port: port.reorg(depth, (), network.clock.reading())),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, value: _step(
            zone, lambda network, port: port.set_account(STRANGER, Wei(value), value, b"\x5f")
        ),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, slot, value: _step(zone, lambda network, port: port.set_storage(STORE, slot, value)),
        ZONES,
        st.sampled_from(SLOTS),
        NUMBERS,
    ),
    st.builds(
        lambda zone, by: _step(zone, lambda network, port: port.increase_time(by * 100)), ZONES, NUMBERS
    ),
    st.builds(
        lambda zone, by: _step(
            zone, lambda network, port: port.set_next_timestamp(port.status().timestamp + 50 + by)
        ),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, by: _step(zone, lambda network, port: port.set_timestamp_interval(by or None)),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, fee: _step(zone, lambda network, port: port.set_next_base_fee(Wei(fee + 7))),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, price: _step(zone, lambda network, port: port.set_min_gas_price(Wei(price))),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, less: _step(zone, lambda network, port: port.set_gas_limit(30_000_000 - less)),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, byte: _step(
            zone, lambda network, port: port.set_next_prev_randao(Hash32(bytes((byte,)) * 32))
        ),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, byte: _step(zone, lambda network, port: port.set_coinbase(Address(bytes((byte,)) * 20))),
        ZONES,
        NUMBERS,
    ),
    st.builds(
        lambda zone, by: _step(zone, lambda network, port: port.set_chain_id(900 + by)), ZONES, NUMBERS
    ),
    st.builds(
        lambda zone, count: _step(
            zone,
            lambda network, port: port.set_mining(replace(CONFIG.mining, max_transactions=count or None)),
        ),
        ZONES,
        NUMBERS,
    ),
    st.builds(lambda zone: _step(zone, lambda network, port: port.drop_all_transactions()), ZONES),
    st.builds(lambda zone: _step(zone, lambda network, port: port.reset()), ZONES),
)


def observed(network: Network) -> dict[str, Any]:
    """Everything of a network that its questions tell, for every block that is kept."""
    return {
        "clock": network.clock.kept(),
        # Networks that do the same need not do it in the same second.
        "snapshots": [
            replace(info, taken=replace(info.taken, taken_at=0)) for info in network.snapshots.listing()
        ],
        "zones": {name: _observed_zone(network, zone) for name, zone in network.zones.items()},
    }


def _observed_zone(network: Network, zone: ZonePort) -> dict[str, Any]:
    addresses = (*network.keys.addresses, STRANGER, STORE, LOGGER)
    history = zone.history()
    newest = zone.number()
    oldest = max(history.oldest, newest - 30)
    numbers = [*range(oldest, newest + 1)]
    blocks = [zone.block(number) for number in numbers]
    transactions = [transaction for block in blocks if block for transaction in block.transactions]
    waiting = [
        transaction
        for part in (zone.pool().pending, zone.pool().queued)
        for sender in part.values()
        for transaction in sender.values()
    ]
    return {
        "config": zone.config,
        "status": zone.status(),
        "history": (history.oldest, history.newest, history.limit, history.pinned),
        "blocks": blocks,
        "genesis": zone.block("earliest"),
        "accounts": [[zone.account(address, number) for address in addresses] for number in numbers],
        "slots": [[zone.storage(STORE, slot, number) for slot in SLOTS] for number in numbers],
        "everything": zone.accounts(),
        "proofs": [zone.prove(STORE, SLOTS, number) for number in numbers],
        "exclusions": [zone.prove(Address(b"\x98" * 20), (), number) for number in numbers],
        "located": [zone.transaction(transaction.hash) for transaction in (*transactions, *waiting)],
        "receipts": [zone.receipt(transaction.hash) for transaction in transactions],
        "receipt proofs": [zone.prove_receipt(transaction.hash) for transaction in transactions],
        "sidecars": [zone.sidecar(transaction.hash) for transaction in (*transactions, *waiting)],
        "logs": zone.logs(LogQuery(from_block=oldest, to_block=newest)),
        "pool": zone.pool(),
        "order": zone.pending_transactions(),
        "impersonated": zone.impersonated(),
        "next": (
            zone.next_base_fee(),
            zone.next_blob_base_fee(),
            zone.suggested_priority_fee(),
            zone.next_due(),
        ),
        "pending": zone.block("pending", network.clock.reading()),
    }


def dumped(network: Network, level: int = 1) -> bytes:
    sink = io.BytesIO()
    size = network.dump(sink, level)
    assert size == len(sink.getvalue())
    return sink.getvalue()


def loaded(dump: bytes, parts: Parts | None = None) -> Network:
    """A new network as the dump says."""
    content = Dump(io.BytesIO(dump))
    return Network(content.config, parts, content=content)
