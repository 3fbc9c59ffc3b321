"""Messages are seen by tools that know nothing of Zero: their logs, read with the standard ABIs."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from web3 import HTTPProvider, Web3

from devnet.contracts import artifacts
from devnet.contracts.addresses import ENDPOINT
from tests.clients import tools
from tests.clients.endpoint import AGAINST_ANVIL, Endpoint
from tests.contracts.message_zone import compiled
from tests.rpc.asking import request
from tests.rpc.post import Post

pytestmark = pytest.mark.skipif(AGAINST_ANVIL, reason="Anvil has no messages")

PATIENCE = 120.0
"""Seconds for a message; generous, because test machines are busy."""
ADDRESS = "0x" + ENDPOINT.hex()
TELLER = Path(__file__).parent / "solidity" / "Teller.sol"


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message from an OFT-like application to another, and the zones' addresses."""

    urls: dict[str, str]
    post: Post
    message: dict[str, Any]

    def transaction(self, kind: str) -> str:
        return next(each["transactionHash"] for each in self.message["transactions"] if each["kind"] == kind)


@pytest.fixture(scope="module")
def delivered(endpoint: Endpoint) -> Delivered:
    urls = {zone: endpoint.http.replace("/alpha", f"/{zone}") for zone in ("alpha", "beta")}

    def ask(zone: str, method: str, *params: Any) -> Any:
        body = json.dumps(request(method, *params)).encode()
        asked = urllib.request.Request(urls[zone], body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(asked, timeout=60) as reply:
            return json.load(reply)["result"]

    post = Post.build(ask, compiled(TELLER, "Teller"))
    guid = post.sent()
    give_up = time.monotonic() + PATIENCE
    # By itself: the courier of `zero devnet` carries it.
    while (message := post.message(guid))["status"] != "delivered":
        assert time.monotonic() < give_up, message
        time.sleep(0.2)
    return Delivered(urls, post, message)


def expected(delivered: Delivered) -> list[list[Any]]:
    """The events with their transactions, and the nonce or GUID in them."""
    guid = delivered.message["guid"]
    sent, verified, received = (delivered.transaction(kind) for kind in ("sent", "verified", "delivered"))
    return [
        ["PacketSent", sent, 0],
        ["PacketVerified", verified, 1],
        ["PacketDelivered", received, 1],
        ["OFTSent", sent, guid],
        ["OFTReceived", received, guid],
    ]


def test_viem_and_ethers_find_and_decode_them(delivered: Delivered) -> None:
    run = subprocess.run(
        [tools.node(), tools.PROJECT / "message_logs.mjs"],
        cwd=tools.PROJECT,
        env={
            **os.environ,
            "ALPHA": delivered.urls["alpha"],
            "BETA": delivered.urls["beta"],
            "ENDPOINT": ADDRESS,
            "SENDER": delivered.post.boxes["alpha"],
            "RECEIVER": delivered.post.boxes["beta"],
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {"viem": expected(delivered), "ethers": expected(delivered)}


def test_cast_finds_and_decodes_them(delivered: Delivered) -> None:
    def cast(zone: str, *arguments: str) -> Any:
        run = subprocess.run(
            [tools.cast(), *arguments],
            env={**os.environ, "NO_COLOR": "1", "ETH_RPC_URL": delivered.urls[zone]},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=True,
            timeout=60,
        )
        return json.loads(run.stdout)

    logs = ["logs", "--json", "--from-block", "0", "--address", ADDRESS]
    (sent,) = cast("alpha", *logs, "PacketSent(bytes,bytes,address)")
    assert sent["transactionHash"] == delivered.transaction("sent")
    signature = "PacketDelivered((uint32,bytes32,uint64),address)"
    (arrived,) = cast("beta", *logs, signature)
    assert arrived["transactionHash"] == delivered.transaction("delivered")
    decoded = cast("beta", "decode-event", "--json", "--sig", signature, arrived["data"])
    origin, receiver = decoded
    assert (int(origin[0]), int(origin[2])) == (50_121, 1)
    assert receiver.lower() == delivered.post.boxes["beta"]
    receipt = cast("beta", "receipt", "--json", delivered.transaction("delivered"))
    topics = [log["topics"][0] for log in receipt["logs"]]
    assert arrived["topics"][0] in topics


def test_web3py_finds_and_decodes_them(delivered: Delivered) -> None:
    def logs(zone: str, event: str) -> Iterator[Any]:
        provider = HTTPProvider(delivered.urls[zone], request_kwargs={"timeout": 60})
        abi = list(artifacts.load("Endpoint").abi)
        contract = Web3(provider).eth.contract(Web3.to_checksum_address(ADDRESS), abi=abi)
        yield from contract.events[event]().get_logs(from_block=0)
        provider._request_session_manager.session_cache.clear()

    (sent,) = logs("alpha", "PacketSent")
    message = delivered.message
    assert "0x" + sent.args.encodedPayload.hex().removeprefix("0x") == (
        message["header"] + message["guid"][2:] + message["message"][2:]
    )
    (verified,) = logs("beta", "PacketVerified")
    assert "0x" + verified.args.payloadHash.hex().removeprefix("0x") == message["payloadHash"]
    (arrived,) = logs("beta", "PacketDelivered")
    assert (arrived.args.origin.srcEid, arrived.args.origin.nonce) == (50_121, 1)
