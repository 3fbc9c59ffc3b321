"""`zero devnet`: start, banner, options, log lines, stop; over a real port."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.devnet_process import Devnet, post
from tests.cli.process import PATIENCE, zero
from zero_sdk.errors import Problem

FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
SECOND = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
STRANGER = "0x" + "5a" * 20
ETHER = 10**18

REVERT_WITH_REASON = (
    # The revert data, Error("no luck"), stands behind the code and is copied to memory.
    "0x6064600c60003960646000fd08c379a0" + f"{32:064x}{7:064x}" + b"no luck".hex().ljust(64, "0")
)


@pytest.fixture(scope="module")
def devnet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Devnet]:
    with Devnet(folder=tmp_path_factory.mktemp("plain")) as running:
        yield running


def eventually(condition: Callable[[], Any]) -> Any:
    """What `condition` gives once it is true: for what another thread of the devnet writes."""
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return found


# ---------------------------------------------------------------- zones and accounts


def test_every_zone_answers_with_its_own_chain_id(devnet: Devnet) -> None:
    zones = devnet.description["zones"]
    assert [(zone["name"], zone["index"], zone["chainId"]) for zone in zones] == [
        ("system", 0, 7_700_000),
        ("alpha", 1, 7_700_001),
        ("beta", 2, 7_700_002),
    ]
    assert [int(post(zone["url"], "eth_chainId"), 16) for zone in zones] == [
        zone["chainId"] for zone in zones
    ]


def test_the_bare_address_is_the_first_zone(devnet: Devnet) -> None:
    assert devnet.description["defaultZone"] == "alpha"
    assert int(post(devnet.description["url"], "eth_chainId"), 16) == 7_700_001
    assert int(post(devnet.description["url"] + "/7700002", "eth_chainId"), 16) == 7_700_002


def test_the_accounts_are_funded_in_every_zone_and_can_send(devnet: Devnet) -> None:
    accounts = devnet.call("eth_accounts")
    assert [address.lower() for address in accounts] == [
        account["address"].lower() for account in devnet.description["accounts"]
    ]
    assert len(accounts) == 10
    for zone in ("system", "alpha", "beta"):
        assert int(devnet.call("eth_getBalance", SECOND, "latest", zone=zone), 16) >= 10_000 * ETHER
    hash_ = devnet.call("eth_sendTransaction", {"from": FIRST, "to": STRANGER, "value": hex(ETHER)})
    assert devnet.call("eth_getTransactionReceipt", hash_)["status"] == "0x1"
    assert int(devnet.call("eth_getBalance", STRANGER, "latest"), 16) == ETHER
    assert int(devnet.call("eth_getBalance", STRANGER, "latest", zone="beta"), 16) == 0


def test_the_banner_tells_zones_accounts_keys_words_and_versions(devnet: Devnet) -> None:
    text = "\n".join(devnet.log)
    for zone in devnet.description["zones"]:
        assert re.search(
            rf"{zone['index']}  {zone['name']} .*{zone['chainId']} .*{re.escape(zone['url'])}", text
        )
    for account in devnet.description["accounts"]:
        assert f"{account['address']}  {account['privateKey']}" in text
    for words in (
        "10,000 ZRO",
        "test test test",
        "m/44'/60'/0'/0/",
        "engine native on ",
        "osaka",
        "never use",
    ):
        assert words in text


# ---------------------------------------------------------------- the log


def lines_of(devnet: Devnet, hash_: str) -> list[str]:
    """The log from the transaction's line to its block's."""

    def found() -> list[str]:
        log = devnet.log
        starts = [index for index, line in enumerate(log) if hash_ in line]
        return log[starts[0] : starts[0] + 2] if starts and len(log) > starts[0] + 1 else []

    return list(eventually(found))


def test_a_transaction_and_its_block_have_a_line_each(devnet: Devnet) -> None:
    hash_ = devnet.call(
        "eth_sendTransaction", {"from": FIRST, "to": SECOND, "value": hex(ETHER // 2)}, zone="beta"
    )
    transaction, block = lines_of(devnet, hash_)
    assert transaction == (f"beta    tx {hash_}  0xf39F…2266 → {SECOND} with 0.5 ZRO  ok  gas 21,000")
    receipt = devnet.call("eth_getTransactionReceipt", hash_, zone="beta")
    number = int(receipt["blockNumber"], 16)
    assert block == f"beta    block {number}  {receipt['blockHash']}  1 transaction  gas 21,000"


def test_a_revert_is_decoded(devnet: Devnet) -> None:
    hash_ = devnet.call(
        "eth_sendTransaction", {"from": FIRST, "data": REVERT_WITH_REASON, "gas": hex(200_000)}
    )
    assert "execution reverted: no luck" in lines_of(devnet, hash_)[0]


def test_a_failed_call_is_told_with_its_error(devnet: Devnet) -> None:
    with pytest.raises(ValueError, match="no luck"):
        devnet.call("eth_call", {"data": REVERT_WITH_REASON})
    eventually(lambda: [line for line in devnet.log if "eth_call" in line and "no luck" in line])


def test_console_log_is_printed_in_order_before_its_transaction(devnet: Devnet) -> None:
    # console.log(uint256) with the number in calldata: PUSH selector, MSTORE, CALLDATACOPY, STATICCALL.
    console = "000000000000000000636f6e736f6c652e6c6f67"
    code = f"63f82c50f1600052600435602052600060006024601c73{console}5afa00"
    init = f"60{len(code) // 2:02x}600c60003960{len(code) // 2:02x}6000f3{code}"
    deployed = devnet.call("eth_sendTransaction", {"from": FIRST, "data": f"0x{init}"})
    contract = devnet.call("eth_getTransactionReceipt", deployed)["contractAddress"]

    def logging(number: int) -> dict[str, str]:
        return {"from": FIRST, "to": contract, "data": f"0x00000000{number:064x}", "gas": hex(100_000)}

    hash_ = devnet.call("eth_sendTransaction", logging(4711))
    devnet.call("eth_call", logging(4712))
    eventually(lambda: [line for line in devnet.log if "4712" in line])
    log = devnet.log
    position = next(index for index, line in enumerate(log) if hash_ in line)
    assert log[position - 1] == "alpha   console.log: 4711"
    assert "alpha   console.log (eth_call): 4712" in log[position:]


# ---------------------------------------------------------------- options


def test_options_shape_the_network(tmp_path: Path) -> None:
    arguments = (
        *("--zones", "red,green,blue", "--chain-id", "31337", "--accounts", "3", "--balance", "1.5"),
        *("--fund", f"{STRANGER}:7", "--hardfork", "cancun", "--gas-limit", "30000000", "--base-fee", "0"),
        *("--timestamp", "2030-01-31T12:00:00Z", "--client-version", "anvil/v1.0", "--auto-impersonate"),
    )
    with Devnet(*arguments, folder=tmp_path) as devnet:
        assert [zone["chainId"] for zone in devnet.description["zones"]] == [7_700_000, 31337, 31338, 31339]
        assert devnet.description["hardfork"] == "cancun"
        block = devnet.call("eth_getBlockByNumber", "0x0", False, zone="green")
        assert int(block["timestamp"], 16) == 1_896_091_200
        assert (int(block["gasLimit"], 16), int(block["baseFeePerGas"], 16)) == (30_000_000, 0)
        assert int(devnet.call("eth_getBalance", FIRST, "latest", zone="blue"), 16) == 15 * ETHER // 10
        assert int(devnet.call("eth_getBalance", STRANGER, "latest", zone="blue"), 16) == 7 * ETHER
        assert len(devnet.call("eth_accounts", zone="red")) == 3
        assert devnet.call("web3_clientVersion", zone="red") == "anvil/v1.0"
        sent = devnet.call("eth_sendTransaction", {"from": STRANGER, "to": FIRST, "value": "0x1"}, zone="red")
        assert devnet.call("eth_getTransactionReceipt", sent, zone="red")["status"] == "0x1"
        mined = devnet.call("eth_getBlockByNumber", "latest", False, zone="red")
        assert mined["baseFeePerGas"] == "0x0"
        assert 1_896_091_200 <= int(mined["timestamp"], 16) < 1_896_091_200 + 2 * PATIENCE


def test_a_number_of_zones_gives_them_greek_names(tmp_path: Path) -> None:
    with Devnet("--zones", "4", "--silent", folder=tmp_path) as devnet:
        names = [zone["name"] for zone in devnet.description["zones"]]
    assert names == ["system", "alpha", "beta", "gamma", "delta"]


def test_zero_toml_and_variables_are_read(tmp_path: Path) -> None:
    (tmp_path / "zero.toml").write_text('[devnet]\nzones = ["one"]\naccounts = 2\n', encoding="utf-8")
    with Devnet("--silent", folder=tmp_path, variables={"ZERO_ACCOUNTS": "5"}) as devnet:
        assert [zone["name"] for zone in devnet.description["zones"]] == ["system", "one"]
        assert len(devnet.description["accounts"]) == 5


def test_a_genesis_file_is_in_every_zone(tmp_path: Path) -> None:
    genesis = {
        "config": {"chainId": 999},
        "alloc": {STRANGER: {"balance": "0x64", "code": "0x00", "storage": {"0x1": "0x2"}}},
        "gasLimit": "0x1c9c380",
        "coinbase": SECOND,
        "timestamp": "0x70000000",
    }
    path = tmp_path / "genesis.json"
    path.write_text(json.dumps(genesis), encoding="utf-8")
    with Devnet("--genesis", "genesis.json", "--silent", folder=tmp_path) as devnet:
        for zone in ("alpha", "beta"):
            assert devnet.call("eth_getBalance", STRANGER, "latest", zone=zone) == "0x64"
            assert devnet.call("eth_getCode", STRANGER, "latest", zone=zone) == "0x00"
            assert int(devnet.call("eth_getStorageAt", STRANGER, "0x1", "latest", zone=zone), 16) == 2
        block = devnet.call("eth_getBlockByNumber", "latest", False)
        assert (block["gasLimit"], block["miner"], block["timestamp"]) == (
            "0x1c9c380",
            SECOND.lower(),
            "0x70000000",
        )
        assert int(devnet.call("eth_chainId"), 16) == 999


def test_manual_mining_waits_to_be_told(tmp_path: Path) -> None:
    with Devnet("--no-mining", "--silent", folder=tmp_path) as devnet:
        hash_ = devnet.call("eth_sendTransaction", {"from": FIRST, "to": SECOND, "value": "0x1"})
        assert devnet.call("eth_getTransactionReceipt", hash_) is None
        devnet.call("evm_mine")
        assert devnet.call("eth_getTransactionReceipt", hash_)["blockNumber"] == "0x1"


def test_interval_mining_seals_empty_blocks_too(tmp_path: Path) -> None:
    with Devnet("--block-time", "0.05", "--silent", folder=tmp_path) as devnet:
        eventually(lambda: int(devnet.call("eth_blockNumber"), 16) >= 2)
        hash_ = devnet.call("eth_sendTransaction", {"from": FIRST, "to": SECOND, "value": "0x1"})
        eventually(lambda: devnet.call("eth_getTransactionReceipt", hash_))


def test_mixed_mining_seals_at_once(tmp_path: Path) -> None:
    with Devnet("--block-time", "1000", "--mixed-mining", "--silent", folder=tmp_path) as devnet:
        hash_ = devnet.call("eth_sendTransaction", {"from": FIRST, "to": SECOND, "value": "0x1"})
        assert devnet.call("eth_getTransactionReceipt", hash_)["status"] == "0x1"


def test_every_zone_can_have_a_port_of_its_own(tmp_path: Path) -> None:
    with Devnet("--ports", "--silent", folder=tmp_path) as devnet:
        for zone in devnet.description["zones"]:
            assert int(post(zone["ownUrl"], "eth_chainId"), 16) == zone["chainId"]
        assert len({zone["ownUrl"] for zone in devnet.description["zones"]}) == 3


def test_only_allowed_hosts_and_origins_are_served(tmp_path: Path) -> None:
    arguments = ("--allow-host", "devnet.example", "--allow-origin", "https://app.example", "--silent")
    with Devnet(*arguments, folder=tmp_path) as devnet:
        url = devnet.description["url"]
        assert post(url, "eth_chainId", headers={"Host": "devnet.example"})
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            with pytest.raises(urllib.error.HTTPError, match="403"):
                post(url, "eth_chainId", headers=headers)


def test_artifacts_give_names_as_soon_as_they_are_built(tmp_path: Path) -> None:
    error = {"type": "error", "name": "Unlucky", "inputs": [{"name": "number", "type": "uint256"}]}
    with Devnet("--artifacts", "out", folder=tmp_path) as devnet:
        out = tmp_path / "out" / "Luck.sol"
        out.mkdir(parents=True)
        artifact = {"abi": [error], "bytecode": {"object": "0x"}, "deployedBytecode": {"object": "0x"}}
        (out / "Luck.json").write_text(json.dumps(artifact), encoding="utf-8")
        selector = devnet.call("web3_sha3", "0x" + b"Unlucky(uint256)".hex())[2:10]
        data = f"0x63{selector}60e01b600052600d60045260246000fd"

        def told() -> bool:
            try:
                devnet.call("eth_call", {"data": data})
            except ValueError as raised:
                return "Unlucky" in str(raised)
            return False

        eventually(told)


# ---------------------------------------------------------------- what is written where


def test_quiet_and_silent_keep_stderr_empty_and_leave_stdout_as_it_is(tmp_path: Path) -> None:
    for option in ("--quiet", "--silent"):
        with Devnet(option, folder=tmp_path) as devnet:
            devnet.call("eth_sendTransaction", {"from": FIRST, "to": SECOND, "value": "0x1"})
            assert devnet.stop() == (0, "")
            assert devnet.log == []


def test_debug_tells_every_request(tmp_path: Path) -> None:
    with Devnet("--log-level", "debug", folder=tmp_path) as devnet:
        devnet.call("eth_blockNumber")
        eventually(lambda: "alpha   eth_blockNumber" in devnet.log)


def test_without_json_stdout_is_empty(tmp_path: Path) -> None:
    ended = zero("devnet", "--port", "0", "--exec", "exit 0", folder=tmp_path)
    assert (ended.code, ended.out) == (0, "")
    assert "Zones" in ended.err


def test_the_description_is_written_when_the_network_is_ready(tmp_path: Path) -> None:
    path = tmp_path / "network.json"
    path.write_text("what an earlier network left", encoding="utf-8")
    with Devnet("--silent", "--config-out", "network.json", folder=tmp_path) as devnet:
        eventually(path.exists)
        assert json.loads(path.read_text(encoding="utf-8")) == devnet.description
        assert [entry.name for entry in tmp_path.iterdir()] == ["network.json"]
        if sys.platform != "win32":
            # It holds private keys.
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


# ---------------------------------------------------------------- the end


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_stop_it_cleanly_and_free_the_port(tmp_path: Path, number: int) -> None:
    with Devnet("--block-time", "0.05", folder=tmp_path) as devnet:
        port = int(devnet.description["url"].rpartition(":")[2])
        assert devnet.stop(number) == (0, "")
        assert not [line for line in devnet.log if "Traceback" in line or "error" in line.lower()]
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_a_taken_port_is_told_with_its_owner(tmp_path: Path) -> None:
    with Devnet("--silent", folder=tmp_path) as devnet:
        port = devnet.description["url"].rpartition(":")[2]
        ended = zero("devnet", "--port", port, folder=tmp_path)
        assert (ended.code, ended.out) == (1, "")
        assert f"[{Problem.PORT_IN_USE.code}]: port {port} is in use" in ended.err
        if sys.platform == "linux":
            assert "zero_sdk devnet" in ended.err
            assert re.search(r"process \d+", ended.err)
        assert int(devnet.call("eth_chainId"), 16) == 7_700_001


@pytest.mark.parametrize(
    ("arguments", "problem", "code"),
    [
        (("--zones", "alpha,alpha"), Problem.REFUSED_NETWORK, 2),
        (("--zones", "Alpha"), Problem.REFUSED_NETWORK, 2),
        (("--zones", "system"), Problem.REFUSED_NETWORK, 2),
        (("--chain-id", "7699999"), Problem.REFUSED_NETWORK, 2),
        (("--mnemonic", "test test"), Problem.BAD_VALUE, 2),
        (("--genesis", "missing.json"), Problem.FILE_UNREADABLE, 2),
        (("--host", "203.0.113.7"), Problem.CANNOT_LISTEN, 1),
        (("--host", "no such host"), Problem.CANNOT_LISTEN, 1),
        (("--config-out", "missing/network.json"), Problem.FILE_UNWRITABLE, 1),
        (("--ports", "--port", "65534"), Problem.BAD_VALUE, 2),
    ],
)
def test_a_network_that_cannot_start_says_why(
    tmp_path: Path, arguments: tuple[str, ...], problem: Problem, code: int
) -> None:
    ended = zero("devnet", "--port", "0", *arguments, "--exec", "exit 0", folder=tmp_path)
    assert (ended.code, ended.out) == (code, "")
    assert f"[{problem.code}]" in ended.err
    assert "Traceback" not in ended.err


def test_whoever_asks_like_a_browser_gets_a_page(devnet: Devnet) -> None:
    with urllib.request.urlopen(devnet.description["url"], timeout=PATIENCE) as reply:
        assert b"7700002" in reply.read()
