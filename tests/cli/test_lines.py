"""The log lines, made of what a real network did."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from eth_utils import to_checksum_address

from devnet.chain.types import Address, Hash32, Wei, ZoneName
from devnet.contracts.addresses import RECEIVE_LIBRARY
from devnet.contracts.delivering import MessageProof, commit_call
from devnet.network import Network, NetworkConfig
from devnet.rpc.observer import LoggingSwitched, Observation, RequestAnswered, observations
from devnet.zone.messages import CallRequest
from zero_sdk.cli.devnet.lines import Lines
from zero_sdk.cli.output import Paint

STRANGER = Address(b"\x5a" * 20)
ALPHA = ZoneName("alpha")

ANSWER = {
    "type": "function",
    "name": "answer",
    "stateMutability": "nonpayable",
    "inputs": [{"name": "to", "type": "uint256"}],
    "outputs": [],
}
RUNTIME = "6000600055" + "00" * 20
"""SSTORE(0, 0) and STOPs: code that no other contract has."""
INIT = f"60{len(RUNTIME) // 2:02x}600c60003960{len(RUNTIME) // 2:02x}6000f3{RUNTIME}"
ARTIFACT = {
    "contractName": "Oracle",
    "sourceName": "Oracle.sol",
    "abi": [ANSWER],
    "bytecode": f"0x{INIT}",
    "deployedBytecode": f"0x{RUNTIME}",
    "_format": "hh-sol-artifact-1",
}


@pytest.fixture
def network() -> Network:
    return Network(NetworkConfig(zones=("alpha",)))


Printer = Callable[[], list[str]]


@pytest.fixture
def printed(network: Network) -> Printer:
    """Gives the lines of what happened since it was asked last."""
    zone = network.default_zone
    lines = lines_of(network)
    cursor = zone.events().cursor

    def happened() -> list[str]:
        nonlocal cursor
        page = zone.events(cursor)
        cursor = page.cursor
        return [line for seen in observations(ALPHA, page.events) for line in lines.of(seen)]

    return happened


def lines_of(network: Network, *, with_requests: bool = False) -> Lines:
    def code_of(_: ZoneName, address: Address) -> bytes:
        return network.default_zone.account(address).code

    return Lines(tuple(network.zones), network.artifacts, code_of, Paint(False), with_requests=with_requests)


def send(network: Network, **fields: object) -> str:
    request = CallRequest(sender=network.keys.addresses[0], **fields)  # type: ignore[arg-type]
    return "0x" + network.send(network.default_zone, request).hex()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, ""),
        (1, " with 1 wei"),
        (10**18, " with 1 ZRO"),
        (1_234_500_000_000_000_000_000, " with 1,234.5 ZRO"),
        (10**9, " with 0.000000001 ZRO"),
    ],
)
def test_amounts_are_written_to_be_read(network: Network, printed: Printer, value: int, words: str) -> None:
    hash_ = send(network, to=STRANGER, value=Wei(value))
    target = to_checksum_address(STRANGER)
    assert printed()[0] == f"alpha   tx {hash_}  0xf39F…2266 → {target}{words}  ok  gas 21,000"


def test_creations_and_calls_have_the_names_of_the_artifacts(network: Network, printed: Printer) -> None:
    network.artifacts.add_document(ARTIFACT)
    send(network, data=bytes.fromhex(INIT))
    created = network.default_zone.block("latest")
    assert created is not None
    contract = created.receipts[0].contract_address
    assert contract is not None
    place = to_checksum_address(contract)
    assert f"→ new Oracle() at {place}  ok  gas" in printed()[0]
    selector = network.artifacts.named("Oracle").items[0].selector  # type: ignore[union-attr]
    send(network, to=contract, data=selector + (42).to_bytes(32, "big"))
    assert f"→ Oracle({place[:6]}…{place[-4:]}).answer(to: 42)  ok  gas" in printed()[0]


def test_labels_name_addresses(network: Network, printed: Printer) -> None:
    network.artifacts.set_label(network.keys.addresses[0], "deployer")
    network.artifacts.set_label(STRANGER, "treasury")
    send(network, to=STRANGER)
    assert "deployer → treasury  ok" in printed()[0]


def test_contracts_of_messages_have_names_and_their_long_arguments_are_short(
    network: Network, printed: Printer
) -> None:
    proof = MessageProof(1, 0, 0, tuple(Hash32(bytes([number]) * 32) for number in range(40)))
    data = commit_call(b"\x11" * 100, Hash32(bytes(32)), proof)
    send(network, to=RECEIVE_LIBRARY, data=data, gas=500_000)
    line = printed()[0]
    called = "→ ZeroReceiveLib.commitVerification(header: 0x1111111111111111… (100 bytes), payloadHash: 0x00"
    assert called in line
    assert "LZ_ULN_InvalidPacketHeader()" in line
    assert len(line) < 600


def test_a_failure_is_told_in_words(network: Network, printed: Printer) -> None:
    send(network, data=b"\xfe", gas=100_000)
    line = printed()[0]
    assert "invalid opcode" in line
    assert line.endswith("  gas 100,000")


def everything_so_far(network: Network) -> str:
    page = network.default_zone.events(0)
    lines = lines_of(network)
    return "\n".join(line for seen in observations(ALPHA, page.events) for line in lines.of(seen))


def test_a_removed_block_is_told(network: Network, printed: Printer) -> None:
    [block] = network.mine(network.default_zone)
    printed()
    network.default_zone.rollback(1)
    assert printed() == [f"alpha   block 1 removed  0x{block.hash.hex()}"]


def test_removed_blocks_are_told_in_one_line(network: Network, printed: Printer) -> None:
    zone = network.default_zone
    network.mine(zone, 5)
    printed()
    zone.rollback(3)
    [block] = network.mine(zone)
    zone.rollback(2)
    assert printed() == [
        "alpha   blocks 3 to 5 removed",
        f"alpha   block 3  0x{block.hash.hex()}",
        "alpha   blocks 2 to 3 removed",
    ]


def test_an_empty_block_has_no_gas_to_tell_of(network: Network, printed: Printer) -> None:
    [block] = network.mine(network.default_zone)
    assert printed() == [f"alpha   block 1  0x{block.hash.hex()}"]


def test_logging_can_be_switched_off_and_on(network: Network) -> None:
    lines = lines_of(network)

    def said(observation: Observation) -> list[str]:
        return list(lines.of(observation))

    failed = RequestAnswered(ALPHA, "eth_call", 3, "execution reverted")
    assert said(failed) == ["alpha   eth_call  error 3: execution reverted"]
    assert said(LoggingSwitched(ALPHA, False)) == []
    assert said(failed) == []
    assert said(LoggingSwitched(ALPHA, True)) == []
    assert said(failed) != []


def test_requests_that_succeed_are_told_only_where_they_are_wanted(network: Network) -> None:
    request = RequestAnswered(ALPHA, "eth_chainId")
    assert list(lines_of(network).of(request)) == []
    assert list(lines_of(network, with_requests=True).of(request)) == ["alpha   eth_chainId"]


def test_colours_change_nothing_but_the_colours(network: Network) -> None:
    send(network, to=STRANGER)
    page = network.default_zone.events(0)
    zones = tuple(network.zones)
    painted = Lines(zones, network.artifacts, lambda *_: b"", Paint(True))
    coloured = [line for seen in observations(ALPHA, page.events) for line in painted.of(seen)]
    assert any("\x1b[" in line for line in coloured)
    assert [re.sub(r"\x1b\[\d+m", "", line) for line in coloured] == everything_so_far(network).splitlines()
