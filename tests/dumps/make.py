"""Makes the dumps beside it, of the format that this version writes, with what must be found in them.

    .venv/bin/python -m tests.dumps.make

It never writes over a file: the dump of an old version is made once and stays. A version that changes the
format, or what a part writes into it, makes dumps of its own, under names with its format's number.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from devnet.chain.types import Address, Wei
from devnet.dump.container import FORMAT_VERSION
from devnet.network import Network
from devnet.zone.messages import GenesisAccount, LogQuery, Mining
from devnet.zone.port import ZonePort

FOLDER = Path(__file__).resolve().parent
SLOTS = (1, 2)


def facts(network: Network) -> dict[str, Any]:
    """What a later version must find, as JSON holds it."""
    return {
        "config": {**network.config.to_document(), "hash": network.config_hash.hex()},
        "clock": network.clock.kept().seconds,
        "snapshots": [
            [info.taken.identifier, info.taken.name, info.taken.clock, list(info.taken.numbers)]
            for info in network.snapshots.listing()
        ],
        "zones": {name: _zone_facts(network, zone) for name, zone in network.zones.items()},
        **_settlement_facts(network),
    }


def _settlement_facts(network: Network) -> dict[str, Any]:
    """What is settled; nothing where nothing is, as in dumps that are older than settlement."""
    chain = network.settlement.chain
    if not chain.height:
        return {}
    return {
        "settlement": {
            "incarnation": chain.incarnation,
            "roots": [settled.block.root.hex() for settled in chain],
            "signatures": [settled.certificate.signature.hex() for settled in chain],
            "finalized": {name: zone.finality().finalized for name, zone in network.zones.items()},
            "known": {name: zone.settlement().root.hex() for name, zone in network.zones.items()},
        }
    }


def _inbox_facts(zone: ZonePort) -> dict[str, Any]:
    """What was consumed of the zone's inbox; nothing where nothing was, as in dumps older than it."""
    if not zone.inbox_index():
        return {}
    oldest, newest = max(1, zone.history().oldest), zone.number()
    consumed = zone.consumed(oldest, newest)
    return {
        "inbox": [zone.inbox_index(number) for number in range(oldest, newest + 1)],
        "consumed": [[forced.encoded.hex(), forced.gas] for forced in consumed],
    }


def _zone_facts(network: Network, zone: ZonePort) -> dict[str, Any]:
    newest, oldest = zone.number(), zone.history().oldest
    status = zone.status()
    # The blocks of a long empty range are in the dump as a range; some of each kind are enough.
    numbers = sorted(
        {*range(oldest, min(oldest + 12, newest) + 1), *range(max(oldest, newest - 3), newest + 1)}
    )
    blocks = [block for number in numbers if (block := zone.block(number)) is not None]
    pool = zone.pool()
    return {
        "chain id": zone.config.chain_id,
        "genesis": status.genesis_hash.hex(),
        "newest": newest,
        "oldest": oldest,
        **_inbox_facts(zone),
        "time offset": status.time_offset,
        "next base fee": zone.next_base_fee(),
        "mining": [status.mining.automine, status.mining.interval, status.mining.order.value],
        "blocks": [
            [block.header.number, block.hash.hex(), block.header.state_root.hex(), block.header.timestamp]
            for block in blocks
        ],
        "receipts": [
            [
                transaction.hash.hex(),
                transaction.sender.hex(),
                receipt.status,
                receipt.gas_used,
                [
                    [log.address.hex(), [topic.hex() for topic in log.topics], log.data.hex()]
                    for log in receipt.logs
                ],
            ]
            for block in blocks
            for transaction, receipt in zip(block.transactions, block.receipts, strict=True)
        ],
        "logs": len(zone.logs(LogQuery(from_block=oldest, to_block=newest))),
        "balances": [
            [str(zone.balance(address, number)) for address in network.keys.addresses] for number in numbers
        ],
        "storage": [[zone.storage(STORE, slot, number) for slot in SLOTS] for number in numbers],
        "accounts": {
            "0x" + address.hex(): [
                account.nonce,
                str(account.balance),
                account.code.hex(),
                sorted(account.storage.items()),
            ]
            for address, account in zone.accounts().items()
            if address in (*network.keys.addresses, STORE, STRANGER)
        },
        "roots of proofs": [zone.prove(STORE, SLOTS, number).header.state_root.hex() for number in numbers],
        "waiting": [
            [
                sender.hex(),
                {str(nonce): transaction.hash.hex() for nonce, transaction in by_nonce.items()},
            ]
            for part in (pool.pending, pool.queued)
            for sender, by_nonce in part.items()
        ],
        "sidecars": [
            sidecar.commitments[0].hex()
            for block in blocks
            for transaction in block.transactions
            if (sidecar := zone.sidecar(transaction.hash)) is not None
        ],
        "impersonated": sorted(address.hex() for address in zone.impersonated()),
    }


STORE = Address(b"\x10" * 19 + b"\x02")
STRANGER = Address(b"\x99" * 20)


def _everything() -> Network:
    from tests.dump.observing import CONFIG, ahead, blob, create, emit, fail, impersonate, store, transfer

    # At 7 wei the base fee does not fall any more, and empty blocks can be reserved.
    network = Network(replace(CONFIG, grants=((STRANGER, Wei(10**24)),), base_fee=Wei(7)))
    alpha, beta = network.zones["alpha"], network.zones["beta"]  # type: ignore[index]
    for step in (
        *(emit("alpha", 0, 1), store("alpha", 1, 1, 7), create("alpha", 2, 3), fail("alpha", 0)),
        *(blob("alpha", 1, 9), impersonate("alpha"), transfer("beta", 2, 5)),
    ):
        step(network)
        network.mine(alpha)
    network.mine(beta, 2)
    network.snapshot("base")
    network.mine(alpha, 3_000)
    for step in (store("alpha", 1, 2, 8), emit("alpha", 0, 2)):
        step(network)
        network.mine(alpha)
    network.snapshot()
    for step in (transfer("alpha", 0, 1), ahead("alpha", 1, 2), blob("alpha", 2, 4), emit("beta", 0, 3)):
        step(network)
    alpha.set_storage(STORE, 1, 77)
    alpha.set_account(STRANGER, balance=Wei(123))
    alpha.increase_time(1_000)
    alpha.set_next_base_fee(Wei(99))
    beta.set_mining(Mining(automine=False, interval=2.5))
    beta.set_chain_id(4_242)
    return network


def _settled() -> Network:
    from tests.dump.observing import CONFIG, emit, store, transfer

    network = Network(CONFIG)
    for number in range(3):
        for step in (emit("alpha", 0, number), transfer("beta", 2, number + 1)):
            step(network)
        for zone in network.zones.values():
            network.mine(zone)
        network.settle()
        network.snapshot(f"settled-{number}")
    network.revert("settled-1")
    store("alpha", 1, 1, 7)(network)
    network.mine(network.default_zone, 2)
    network.settle()
    network.mine(network.default_zone)
    return network


def _forced() -> Network:
    from tests.dump.observing import CONFIG
    from tests.settlement.forcing import post, settle, signed

    network = Network(CONFIG)
    alpha = network.zone("alpha")
    for nonce in range(2):
        post(network, alpha, signed(network, alpha, nonce).encoded)
        post(network, alpha, b"no transaction")
        network.mine(network.zone("system"))
        for _ in range(5):
            network.mine(alpha)
            settle(network)
    network.mine(alpha, 2)
    return network


def _bounded() -> Network:
    from tests.dump.observing import CONFIG, store, transfer

    accounts = {**CONFIG.genesis_accounts, STRANGER: GenesisAccount(Wei(1))}
    network = Network(replace(CONFIG, zones=("only",), history=5, genesis_accounts=accounts))
    for number in range(20):
        store("only", 0, 1 + number % 2, number)(network)
        transfer("only", 1, number)(network)
        network.mine(network.default_zone)
    return network


def main() -> None:
    """Makes what is not there."""
    for name, make in (
        ("everything", _everything),
        ("bounded", _bounded),
        ("settled", _settled),
        ("forced", _forced),
    ):
        path = FOLDER / f"v{FORMAT_VERSION}-{name}.zero"
        if path.exists():
            print(f"{path.name} is there and stays")
            continue
        network = make()
        with path.open("wb") as file:
            size = network.dump(file, 9)
        path.with_suffix(".json").write_text(json.dumps(facts(network), indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: {size} bytes")


if __name__ == "__main__":
    main()
