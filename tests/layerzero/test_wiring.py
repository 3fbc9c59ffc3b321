"""LayerZero's wiring on a real `zero devnet`, by the library that its hardhat task `lz:oapp:wire` calls."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from devnet.contracts import artifacts
from devnet.contracts.addresses import ENDPOINT, EXECUTOR, RECEIVE_LIBRARY, SEND_LIBRARY
from devnet.contracts.messaging import MessagingTerms
from devnet.packets.options import Options, Receive
from tests.cli.devnet_process import Devnet
from tests.clients import tools
from tests.layerzero import packages
from tests.layerzero.mesh import bytes32
from zero_sdk import connect
from zero_sdk.client.addresses import checksum
from zero_sdk.client.contract import Contract
from zero_sdk.client.network import Network

pytestmark = pytest.mark.clients

PATIENCE = 120
EIDS = {"alpha": 50121, "beta": 50102, "gamma": 50106}
"""Its tools know the eids that LayerZero has given out, and no others: gamma's is its sandbox's Avalanche."""
ZONES = [("alpha", "beta"), pytest.param(tuple(EIDS), marks=pytest.mark.full)]
VERIFIERS = ["0x" + "22" * 20, "0x" + "11" * 20]
ZERO = "0x" + "00" * 20


def named(address: bytes) -> str:
    return checksum(address)


@dataclass(frozen=True, slots=True)
class Wired:
    """Applications of three zones on a running devnet."""

    network: Network
    notes: dict[str, Contract]

    @property
    def owner(self) -> str:
        return str(self.network.accounts[0].address)

    def wire(self, edge: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
        """What the tool did and read."""
        nodes = [
            {
                "eid": EIDS[zone.name],
                "url": zone.url,
                "address": self.notes[zone.name].address,
                "config": node,
            }
            for zone in self.network
        ]
        points = [{"eid": each["eid"], "address": each["address"]} for each in nodes]
        edges = [{"from": a, "to": b, "config": edge} for a in points for b in points if a != b]
        given = {"owner": self.owner, "abi": list(self.notes["alpha"].abi), "nodes": nodes, "edges": edges}
        packages.package("@layerzerolabs/ua-devtools-evm")
        done = subprocess.run(
            [tools.node(), packages.PROJECT / "scripts" / "wiring.mjs"],
            cwd=packages.PROJECT,
            input=json.dumps(given),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        # With a whole sentence where something could not be understood.
        assert "error" not in done.stdout + done.stderr
        result: dict[str, Any] = json.loads(done.stdout)
        return result


@pytest.fixture(scope="module", params=ZONES)
def wired(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    folder = tmp_path_factory.mktemp("devnet")
    options = ["--silent", "--zones", ",".join(request.param)]
    if "gamma" in request.param:
        options += ["--eid", f"gamma={EIDS['gamma']}"]
    with Devnet(*options, folder=folder) as devnet:
        network = connect(devnet.description["url"])
        assert {zone.name: zone.eid for zone in network} == {name: EIDS[name] for name in request.param}
        owner = network.accounts[0]
        notes = {
            zone.name: zone.deploy(packages.build().artifact("Notes"), named(ENDPOINT), owner)
            for zone in network
        }
        yield Wired(network, notes)


def test_everything_is_set_once_and_reads_back(wired: Wired) -> None:
    before = wired.wire({}, {})
    # Peers are what it sets where nothing is configured; a second run finds them.
    others = len(wired.notes) - 1
    assert [("peer" in words, eid) for eid, words in before["done"]] == [
        (True, EIDS[name]) for name in wired.notes for _ in range(others)
    ]
    for read in before["read"]:
        assert read["sendLibrary"] == read["defaultSendLibrary"] == named(SEND_LIBRARY)
        assert read["receiveLibrary"] == read["defaultReceiveLibrary"] == named(RECEIVE_LIBRARY)
        assert (read["isDefaultSendLibrary"], read["isDefaultReceiveLibrary"]) == (True, True)
        assert read["executor"] == {
            "own": {"maxMessageSize": 0, "executor": ZERO},
            "used": {
                "maxMessageSize": MessagingTerms().most_message_bytes,
                "executor": named(EXECUTOR),
            },
        }
        assert read["timeout"] == {"lib": ZERO, "expiry": "0n"}

    deputy = str(wired.network.accounts[2].address)
    verifiers = {
        "confirmations": "3n",
        "requiredDVNs": VERIFIERS[:1],
        "optionalDVNs": VERIFIERS,
        "optionalDVNThreshold": 1,
    }
    edge = {
        "sendLibrary": named(SEND_LIBRARY),
        "receiveLibraryConfig": {"receiveLibrary": named(RECEIVE_LIBRARY), "gracePeriod": "0n"},
        "sendConfig": {
            "executorConfig": {"maxMessageSize": 5000, "executor": named(EXECUTOR)},
            "ulnConfig": verifiers,
        },
        "receiveConfig": {"ulnConfig": verifiers | {"optionalDVNs": [], "optionalDVNThreshold": 0}},
        "enforcedOptions": [{"msgType": 1, "optionType": 1, "gas": 200_000, "value": 0}],
    }
    first = wired.wire(edge, {"delegate": deputy})
    # Of each application: a send and a receive library for each other, settings in both, options, a delegate.
    assert len(first["done"]) == len(wired.notes) * (2 * others + 2 + 1 + 1)
    second = wired.wire(edge, {"delegate": deputy})
    assert second["done"] == []
    assert second["read"] == first["read"]

    enforced = Options((Receive(200_000),)).encoded
    for read in second["read"]:
        target = next(name for name, eid in EIDS.items() if eid == read["to"])
        assert read["peer"].lower() == str(wired.notes[target].address).lower()
        assert read["delegate"] == deputy
        assert read["enforced"] == "0x" + enforced.hex()
        assert (read["isDefaultSendLibrary"], read["isDefaultReceiveLibrary"]) == (False, False)
        assert read["executor"]["own"] == read["executor"]["used"]
        assert read["executor"]["own"] == {"maxMessageSize": 5000, "executor": named(EXECUTOR)}
        sends, receives = read["sends"]["own"], read["receives"]["own"]
        assert (
            sends
            == read["sends"]["used"]
            == {
                "confirmations": "3n",
                "requiredDVNs": VERIFIERS[:1],
                "requiredDVNCount": 1,
                "optionalDVNs": sorted(VERIFIERS),
                "optionalDVNCount": 2,
                "optionalDVNThreshold": 1,
            }
        )
        # 255: none, whatever the default is.
        assert (receives["optionalDVNs"], receives["optionalDVNCount"]) == ([], 255)

    # And by the endpoint's own question, as other tools ask it.
    for name, note in wired.notes.items():
        zone = wired.network[name]
        endpoint = zone.contract(
            named(ENDPOINT), {"contractName": "Endpoint", "abi": list(artifacts.load("Endpoint").abi)}
        )
        for target in wired.notes:
            if target != name:
                eid = EIDS[target]
                stored = endpoint.getConfig(note, named(SEND_LIBRARY), eid, 1)
                assert stored == (5000).to_bytes(32, "big") + EXECUTOR.rjust(32, b"\0")
                assert note.peers(eid) == bytes32(wired.notes[target])
                assert note.enforcedOptions(eid, 1) == enforced
