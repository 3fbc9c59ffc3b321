"""What messages between zones cost: gas beside LayerZero's ULN, work and time from sending to delivery.

    python -m benchmarks.messages [--only gas,process,parts,server,rate] [--rounds 10] [--messages 1000]

An account sends to the endpoint, a contract that does nothing receives: what is counted is the way of the
message, not an application's work. Seconds are processor time of all threads, where no clock is named.

"gas" is of the transactions of a message, the first of its path and a later one, beside what a delivery
through LayerZero's Ultra Light Node took (not measured here).
"process" sends, settles and has the courier deliver in process, one message at a time and many at once.
"parts" says what the time of one message at a time consists of, with the kernel.
"server" does one at a time in `zero devnet`, with a slot every second and after every block: the wall's clock
from the answer to the sending until the subscription tells of the delivery.
"rate" sends many at once in `zero devnet` and waits until all are delivered.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks.peers import AUTOMINE, Peer, start
from benchmarks.settlement import table
from benchmarks.split import Split
from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts.addresses import ENDPOINT
from devnet.contracts.calldata import WORD, joined, members, octets
from devnet.kernel import absence
from devnet.messages.life import StepKind
from devnet.network import Network, NetworkConfig
from devnet.packets.options import Options, Receive
from devnet.parts import Parts, native_parts, reference_parts
from devnet.zone.messages import CallRequest, GenesisAccount

SECTIONS = ("gas", "process", "parts", "server", "rate")
SIZES = (32, 1_024)
"""Bytes of a message."""
BATCHES = (1, 100, 1_000)
ULN = {"send": 246_000, "verify": 70_000, "commit": 79_000, "execute": 76_000}
"""Gas of a delivery through LayerZero's Ultra Light Node."""
RECEIVER = Address(b"\x77" * 20)
YES = bytes.fromhex("600160005260206000f3")
"""Code that answers 1 to everything."""
FEE = Wei(10**16)
SEND = keccak256(b"send((uint32,bytes32,bytes,bytes,bool),address)")[:4]
"""The endpoint's."""
BETA_EID = 50_102
PATIENCE = 120.0
"""Seconds until a benchmark gives up."""


def send_call(message: bytes, refund: Address) -> bytes:
    """A call of the endpoint of alpha that sends to the receiver in beta."""
    options = Options((Receive(50_000),)).encoded
    receiver = Hash32(RECEIVER.rjust(WORD, b"\0"))
    parameters = members(BETA_EID, receiver, octets(message), octets(options), 0)
    return SEND + joined(parameters, refund.rjust(WORD, b"\0"))


# ---------------------------------------------------------------- in process


def network_of(parts: Parts) -> Network:
    """With the receiver in genesis."""
    config = NetworkConfig(genesis_accounts={RECEIVER: GenesisAccount(code=YES)}, call_time_limit=None)
    network = Network(config, parts)
    # What every network does once is no part of a row.
    carry(network, send(network, [bytes(32)]))
    return network


def send(network: Network, messages: Sequence[bytes]) -> list[Hash32]:
    """In one block of alpha; gives the GUIDs."""
    alpha, sender = network.default_zone, network.keys.addresses[0]
    for message in messages:
        request = CallRequest(
            sender=sender, to=ENDPOINT, value=FEE, data=send_call(message, sender), gas=1_000_000
        )
        transaction_hash = network.send(alpha, request, automine=False)
    network.automine(alpha)
    number = alpha.transaction(transaction_hash).header.number  # type: ignore[union-attr]
    found = network.messages.find(limit=2 * len(messages))
    return [each.message.guid for each in found if each.message.sent.block_number == number]


def carry(network: Network, guids: Sequence[Hash32]) -> int:
    """Settles until they are delivered; gives how often."""
    rounds = 0
    while network.messages.open.count:
        network.settle()
        rounds += 1
        if rounds > 50:
            raise RuntimeError("they are not delivered")
    assert all(network.messages.found(guid).life.status.is_final for guid in guids)  # type: ignore[union-attr]
    return rounds


def gas(parts: Parts) -> None:
    """Prints the table."""
    kinds = {StepKind.SENT: "send", StepKind.VERIFIED: "commit", StepKind.DELIVERED: "deliver"}
    rows = []
    for size in SIZES:
        network = Network(NetworkConfig(genesis_accounts={RECEIVER: GenesisAccount(code=YES)}), parts)
        zones = list(network.zones.values())
        for which in ("first of its path", "a later one"):
            (guid,) = guids = send(network, [bytes(range(256)) * (size // 256) or b"\1" * size])
            carry(network, guids)
            used = {}
            for step in network.messages.found(guid).life.steps:  # type: ignore[union-attr]
                receipt = zones[step.place.zone].receipt(step.place.transaction_hash)
                assert receipt is not None
                used[kinds[step.kind]] = receipt.receipt.gas_used
            total = sum(used.values())
            rows.append(
                [f"{size:,} bytes, {which}", *(f"{used[kind]:,}" for kind in kinds.values()), f"{total:,}"]
            )
    commit = f"{ULN['verify'] + ULN['commit']:,} (verify and commit)"
    rows.append(
        ["LayerZero, ULN", f"{ULN['send']:,}", commit, f"{ULN['execute']:,}", f"{sum(ULN.values()):,}"]
    )
    table(["gas", "send", "commit", "deliver", "together"], rows)


def process(choices: dict[str, Parts], rounds: int) -> None:
    """Prints the table."""
    rows = []
    # The kernel first: what the reference has loaded is no garbage of its messages.
    for name, parts in reversed(choices.items()):
        network = network_of(parts)
        for count in BATCHES:
            if count > 100 and name != "kernel":
                continue
            sent, carried, settled = [], [], []
            for _ in range(rounds if count == 1 else max(1, rounds // 5)):
                began = time.process_time()
                guids = send(network, [bytes(32)] * count)
                sent.append((time.process_time() - began) / count * 1e3)
                began = time.process_time()
                settled.append(carry(network, guids))
                carried.append((time.process_time() - began) / count * 1e3)
            rows.append(
                [
                    f"{name}, {count:,} at once",
                    f"{statistics.median(sent):.2f} ms",
                    f"{statistics.median(carried):.2f} ms",
                    str(max(settled)),
                ]
            )
    table(["in process, a message", "sending", "settling and delivering", "calls of `settle`"], rows)


def measured_parts() -> tuple[tuple[str, type, str], ...]:
    """For `Split.measuring`: the part, and the method that it is."""
    from devnet.messages.carrying import Planner
    from devnet.messages.courier import Courier
    from devnet.messages.round import Round
    from devnet.proving.stateless import WitnessVerifier
    from devnet.settlement.acceptance import Acceptance
    from devnet.settlement.council import Council
    from devnet.settlement.judging import ValidatorJudge
    from devnet.settlement.native_bls import NativeBlsSignatures
    from devnet.settlement.producing import UpdateMaker
    from devnet.settlement.settlement import Settlement
    from devnet.settlement.settler import Settler

    return (
        ("recording: both zones' blocks run again, with what they read", Settler, "begin"),
        ("updates: encoded, committed to, signed by their producers", UpdateMaker, "make"),
        ("columns to the validators", Settler, "_deliver"),
        ("consensus of the validators", Council, "decide"),
        ("validators' BLS signatures", NativeBlsSignatures, "sign"),
        ("validators' BLS signatures", NativeBlsSignatures, "aggregate"),
        ("judging: the rest of it", ValidatorJudge, "belongs"),
        ("judging: the rest of it", ValidatorJudge, "judge"),
        ("judging: columns, batch and combination", Acceptance, "_check_data"),
        ("judging: proofs, both zones' blocks run on nothing else", WitnessVerifier, "verify"),
        ("the chain, what is kept, zones told", Settlement, "settle"),
        ("courier: what is to be done", Courier, "work"),
        ("courier: proof and trial of it", Planner, "plan"),
        ("courier: transactions and their block", Round, "carry"),
        ("courier: transactions and their block", Round, "seal"),
    )


def parts_of_one(rounds: int) -> None:
    """Prints the table."""
    network = network_of(native_parts())
    split = Split()
    for number in range(rounds + rounds // 5):
        if number == rounds // 5:
            # The first ones load and fill what later ones have.
            split = Split()
        with split.part("sending: the transaction and its block"):
            guids = send(network, [bytes(32)])
        with split.measuring(measured_parts()), split.part("everything else"):
            carry(network, guids)
    rows = [
        [part, f"{seconds / rounds * 1e3:.2f} ms", f"{split.calls[part] / rounds:.0f}"]
        for part, seconds in split.seconds.items()
    ]
    rows.append(["together", f"{sum(split.seconds.values()) / rounds * 1e3:.2f} ms", ""])
    table(["one message at a time, kernel", "processor time", "calls"], rows)


# ---------------------------------------------------------------- zero devnet


def prepared(peer: Peer) -> str:
    """Puts the receiver into beta; gives the account that sends."""
    peer.ask("anvil_setCode", "0x" + RECEIVER.hex(), "0x" + YES.hex(), zone="beta")
    peer.ask("evm_mine", zone="beta")
    peer.ask("zero_settle")
    accounts = peer.ask("eth_accounts")
    assert isinstance(accounts, list)
    return str(accounts[0])


def sending(account: str, message: bytes = bytes(32)) -> dict[str, str]:
    """A transaction."""
    data = send_call(message, Address(bytes.fromhex(account[2:])))
    fields = {"to": "0x" + ENDPOINT.hex(), "data": "0x" + data.hex(), "gas": hex(1_000_000)}
    return {"from": account, "value": hex(FEE), **fields}


def delivered(socket: Any) -> Iterator[str]:
    """GUIDs of messages, each when the subscription tells that it is delivered."""
    seen = set()
    while True:
        told = json.loads(socket.recv(timeout=PATIENCE))["params"]["result"]
        if told["message"] and told["message"]["status"] == "delivered" and told["guid"] not in seen:
            seen.add(told["guid"])
            yield told["guid"]


@contextmanager
def subscribed(peer: Peer) -> Iterator[Any]:
    """A connection that hears of messages."""
    from websockets.sync.client import connect

    wish = {"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["messages"]}
    with connect(f"ws://127.0.0.1:{peer.port}/alpha", max_size=None) as socket:
        socket.send(json.dumps(wish))
        socket.recv(timeout=PATIENCE)
        yield socket


def server(rounds: int) -> None:
    """Prints the table."""
    rows = []
    for slot_time in ("1", "0"):
        with start("zero", AUTOMINE.with_slots(slot_time)) as peer:
            account = prepared(peer)
            with subscribed(peer) as socket:
                arrivals = delivered(socket)
                peer.ask("eth_sendTransaction", sending(account))
                next(arrivals)
                latencies, before = [], peer.cpu_seconds()
                for number in range(rounds):
                    # At another moment of the slot each time.
                    time.sleep(0.07 * (number % 15))
                    peer.ask("eth_sendTransaction", sending(account))
                    began = time.perf_counter()
                    next(arrivals)
                    latencies.append(time.perf_counter() - began)
                used = (peer.cpu_seconds() - before) / rounds * 1e3
        low, middle, high = min(latencies), statistics.median(latencies), max(latencies)
        name = "a slot every second" if slot_time == "1" else "a slot after every block"
        rows.append([name, f"{middle * 1e3:,.0f} ({low * 1e3:,.0f}–{high * 1e3:,.0f}) ms", f"{used:,.0f} ms"])
    table(["`zero devnet`, one at a time", "sent to delivered (wall)", "processor time a message"], rows)


def rate(messages: int) -> None:
    """Prints the table."""
    rows = []
    for slot_time in ("1", "0"):
        with start("zero", AUTOMINE.with_slots(slot_time)) as peer:
            account = prepared(peer)
            with subscribed(peer) as socket:
                arrivals = delivered(socket)
                peer.ask("eth_sendTransaction", sending(account))
                next(arrivals)
            before, began = peer.cpu_seconds(), time.perf_counter()
            for _ in range(0, messages, 100):
                # In one request, so in one block.
                peer.ask_many([("eth_sendTransaction", sending(account))] * 100, zone="alpha")
            sent = time.perf_counter() - began
            deadline = began + PATIENCE
            while waiting(peer) and time.perf_counter() < deadline:
                time.sleep(0.2)
            seconds = time.perf_counter() - began
            used = (peer.cpu_seconds() - before) / messages * 1e3
            # The first was before.
            done = arrived(peer) - 1
        name = "a slot every second" if slot_time == "1" else "a slot after every block"
        rows.append(
            [
                name,
                f"{done:,}",
                f"{sent:.1f} s",
                f"{seconds:.1f} s",
                f"{done / seconds:,.0f}",
                f"{used:.1f} ms",
            ]
        )
    heads = ["`zero devnet`, many at once", "delivered", "sent in (wall)", "delivered in (wall)"]
    table([*heads, "a second", "processor time a message"], rows)


def arrived(peer: Peer) -> int:
    """How many messages were delivered in beta."""
    topic = "0x" + keccak256(b"PacketDelivered((uint32,bytes32,uint64),address)").hex()
    query = {"fromBlock": "0x0", "address": "0x" + ENDPOINT.hex(), "topics": [topic]}
    logs = peer.ask("eth_getLogs", query, zone="beta")
    assert isinstance(logs, list)
    return len(logs)


def waiting(peer: Peer) -> int:
    """How many messages wait for the courier."""
    status = peer.ask("zero_getCourier")
    assert isinstance(status, dict)
    return int(status["waiting"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default=",".join(SECTIONS), help=f"of {','.join(SECTIONS)}")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--messages", type=int, default=1_000, help="of `rate`")
    given = parser.parse_args()
    wanted = given.only.split(",")
    if unknown := set(wanted) - set(SECTIONS):
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    choices = {"reference": reference_parts()}
    if absence() is None:
        choices["kernel"] = native_parts()
    print(f"{platform.machine()}, Python {platform.python_version()}, kernel: {absence() or 'yes'}\n")
    if "gas" in wanted:
        gas(next(reversed(choices.values())))
    if "process" in wanted:
        process(choices, given.rounds)
    if "parts" in wanted and absence() is None:
        parts_of_one(5 * given.rounds)
    if "server" in wanted:
        server(given.rounds)
    if "rate" in wanted:
        rate(given.messages)


if __name__ == "__main__":
    main()
