"""docs/proofs.md: its program runs and prints what it says, its contract compiles and works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from devnet.chain.block_codec import encode_header
from devnet.network import Network
from devnet.zone.messages import CallRequest
from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE, environment, zero
from tests.clients.solc import compile_standard_json

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "proofs.md").read_text(encoding="utf-8")


def shown(language: str) -> str:
    """The one block of the document in that language."""
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return str(block)


def test_the_program_prints_what_the_document_says(tmp_path: Path) -> None:
    with Devnet("--silent", folder=tmp_path) as devnet:
        done = subprocess.run(
            [sys.executable, "-c", shown("python")],
            cwd=tmp_path,
            env=environment({"ZERO_RPC_URL": devnet.description["url"]}),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == shown("text")


def test_the_commands_get_and_verify_a_proof(tmp_path: Path) -> None:
    [got] = re.findall(r"^    zero (proof get .*) > proof.json$", TEXT, re.MULTILINE)
    [verified] = re.findall(r"^    zero (proof verify proof.json --block-hash) 0x…$", TEXT, re.MULTILINE)
    with Devnet("--silent", folder=tmp_path) as devnet:
        answer = zero(*got.split(), folder=tmp_path, variables={"ZERO_RPC_URL": devnet.description["url"]})
        block_hash = devnet.call("eth_getBlockByNumber", "latest", False)["hash"]
    assert answer.code == 0, answer.err
    (tmp_path / "proof.json").write_text(answer.out, encoding="utf-8")
    ended = zero(*verified.split(), block_hash, folder=tmp_path)
    assert ended.code == 0, ended.err
    assert '"balance": "0x' in ended.out


@pytest.mark.clients
@pytest.mark.parametrize("via_ir", [True, False], ids=["ir", "no-ir"])
@pytest.mark.parametrize("optimized", [True, False], ids=["optimized", "plain"])
@pytest.mark.parametrize("evm", ["paris", "cancun", "osaka"])
def test_the_contract_lets_the_rich_in_and_nobody_else(via_ir: bool, optimized: bool, evm: str) -> None:
    network = Network()
    zone, rich = network.default_zone, network.keys.addresses[0]
    sent = network.send(zone, CallRequest(sender=rich, data=compiled(via_ir, optimized, evm), gas=10_000_000))
    receipt = zone.receipt(sent)
    assert receipt is not None
    club = receipt.receipt.contract_address
    assert club is not None
    network.mine(zone)
    poor = b"\x11" * 20
    proofs = {address: zone.prove(address) for address in (rich, poor)}

    def join(sender: bytes, proven: bytes, number: int | None = None) -> Any:
        proof = proofs[proven]
        number = proof.header.number if number is None else number
        data = keccak(text="join(uint256,bytes,bytes)")[:4] + encode(
            ["uint256", "bytes", "bytes"], [number, encode_header(proof.header), proof.account_proof.proof]
        )
        return CallRequest(sender=sender, to=club, data=data, gas=1_000_000)

    network.mine(zone)
    network.send(zone, join(rich, rich))
    members = zone.call(CallRequest(to=club, data=keccak(text="members()")[:4])).output
    assert decode(["uint256"], members) == (1,)
    for request, error in (
        (join(poor, poor), "NotRich()"),
        (join(rich, rich, number=0), "HeaderNotOfBlock()"),
    ):
        outcome = zone.call(request)
        assert outcome.output == keccak(text=error)[:4]
    assert zone.call(join(poor, rich)).output in (
        keccak(text="ShardNotUnderRoot()")[:4],
        keccak(text="EntryAboutOtherKey()")[:4],
    )


def compiled(via_ir: bool, optimized: bool, evm: str) -> bytes:
    """The document's contract, with the library where a remapping would find it."""
    library = (ROOT / "devnet" / "contracts" / "solidity" / "QmdbProof.sol").read_text(encoding="utf-8")
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": {
                "Club.sol": {"content": shown("solidity")},
                "zero/QmdbProof.sol": {"content": library},
            },
            "settings": {
                "evmVersion": evm,
                "viaIR": via_ir,
                "optimizer": {"enabled": optimized},
                "outputSelection": {"*": {"*": ["evm.bytecode.object"]}},
            },
        }
    )
    return bytes.fromhex(output["contracts"]["Club.sol"]["Club"]["evm"]["bytecode"]["object"])
