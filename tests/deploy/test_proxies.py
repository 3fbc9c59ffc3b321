"""OpenZeppelin's proxies, deployed and upgraded; what would break them is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.contracts import build_in, with_packages
from zero_sdk import Network, ZeroError, local
from zero_sdk.deploy.journal import MemoryJournal
from zero_sdk.deploy.proxies import deploy_proxy, implementation_of, upgrade_proxy
from zero_sdk.deploy.recorder import Recorder
from zero_sdk.deploy.recording import recorded
from zero_sdk.errors import Problem

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

abstract contract Counting is Initializable {
    struct Point { uint128 x; uint128 y; }
    /// @custom:storage-location erc7201:counting.main
    struct Main { uint256 first; mapping(address => Point) points; }
    uint256 public count;
    address public owner;
    uint256[10] private __gap;
    Point public point;
    function initialize(uint256 start) external virtual initializer { count = start; owner = msg.sender; }
    function version() external pure virtual returns (uint256) { return 1; }
}
contract Counter is Counting, UUPSUpgradeable {
    constructor() { _disableInitializers(); }
    function _authorizeUpgrade(address) internal view override { require(msg.sender == owner, "not yours"); }
}
contract CounterV2 is Counting, UUPSUpgradeable {
    uint256 public added;
    function _authorizeUpgrade(address) internal view override { require(msg.sender == owner, "not yours"); }
    function version() external pure override returns (uint256) { return 2; }
    function migrate(uint256 value) external reinitializer(2) { added = value; }
}
contract Plain is Counting {}
contract PlainV2 is Counting { function version() external pure override returns (uint256) { return 2; } }

contract Old {
    uint128 a; uint128 b; mapping(uint256 => uint256) c; uint256[5] __gap; S d; address e;
    struct S { uint256 m; uint64 n; }
    /// @custom:storage-location erc7201:old.main
    struct Main { uint256 first; uint256[4] second; }
}
contract Fits {
    uint128 a; uint128 b; mapping(uint256 => uint256) c; uint256 inGap; uint256[4] __gap; S d; Old e;
    uint256 added;
    struct S { uint256 m; uint64 n; }
    /// @custom:storage-location erc7201:old.main
    struct Main { uint256 first; uint256[4] second; uint256 third; }
}
contract Moved {
    uint128 b; uint128 a; mapping(uint256 => uint256) c; uint256[5] __gap; S d; address e;
    struct S { uint256 m; uint64 n; }
    /// @custom:storage-location erc7201:old.main
    struct Main { uint256 first; uint256[4] second; }
}
contract Retyped {
    uint128 a; int128 b; mapping(uint256 => address) c; uint256[5] __gap; S d; address e;
    struct S { uint256 m; uint128 n; }
    /// @custom:storage-location erc7201:old.main
    struct Main { uint256 first; uint256[5] second; }
}
contract Renamed {
    uint128 a; uint128 bb; mapping(uint256 => uint256) c; uint256[5] __gap; S d; address e;
    struct S { uint256 m; uint64 n; }
    /// @custom:storage-location erc7201:old.main
    struct Main { uint256 other; uint256[4] second; }
}
contract Removed {
    uint128 a; uint128 b; mapping(uint256 => uint256) c; uint256[5] __gap; S d;
    struct S { uint256 m; uint64 n; }
}
contract Initial is Counting { uint256 public fee = 3; }
contract Delegating is Counting {
    function run(address to) external { (bool done,) = to.delegatecall(""); require(done); }
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("project")
    with_packages(found, "@openzeppelin/contracts")
    return found


@pytest.fixture(scope="module")
def network(folder: Path) -> Iterator[Network]:
    with local(("alpha",)) as made:
        made.artifacts.add(build_in(folder, SOURCE))
        yield made


@pytest.fixture(autouse=True)
def _in_the_project(folder: Path, network: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(folder)
    with network.isolated():
        yield


def target_of(network: Network, journal: Any, **options: Any) -> Any:
    made = recorded(network, lambda zone: Recorder(zone, journal, "default", **options), lambda zone: None)
    return made.default_zone


NEXT = {"uups": ("Counter", "CounterV2"), "transparent": ("Plain", "PlainV2"), "beacon": ("Plain", "PlainV2")}


@pytest.mark.parametrize("kind", ["uups", "transparent", "beacon"])
def test_deployed_and_upgraded_once_with_its_state(network: Network, kind: Any) -> None:
    old, new = NEXT[kind]
    journal = MemoryJournal()
    places = set()
    for turn in range(2):
        zone = target_of(network, journal)
        before = zone.nonce(network.accounts[0])
        proxy = deploy_proxy(zone, old, kind=kind, initializer=("initialize", 7))
        assert (proxy.count(), proxy.owner(), proxy.version()) == (7, network.accounts[0], 1 + turn)
        call = ("migrate", 5) if kind == "uups" else None
        proxy = upgrade_proxy(proxy, new, call=call)
        assert (proxy.count(), proxy.version()) == (7, 2)
        if call is not None:
            assert proxy.added() == 5
        places.add((proxy.address, implementation_of(zone, proxy)))
        assert turn == 0 or zone.nonce(network.accounts[0]) == before
    assert len(places) == 1
    names = [f"{old}.implementation", old, f"{new}.implementation", f"{new}.upgrade"]
    assert list(zone.recorder.steps) == (
        [*names[:1], f"{old}.beacon", *names[1:]] if kind == "beacon" else names
    )


def test_the_same_functions_serve_a_test(network: Network) -> None:
    zone = network.default_zone
    proxy = deploy_proxy(zone, "Counter", initializer=("initialize", 3))
    assert upgrade_proxy(proxy, "CounterV2").version() == 2
    with pytest.raises(ZeroError) as caught:
        upgrade_proxy(proxy, "CounterV2", sender=network.accounts[1])
    assert "not yours" in str(caught.value)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("Fits", []),
        ("Moved", ["a was at slot 0, offset 0 and is at slot 0, offset 16", "b was at slot 0, offset 16"]),
        (
            "Retyped",
            [
                "b was uint128 and is int128",
                "c[] was uint256 and is address",
                "d.n was uint64 and is uint128",
                "second in erc7201:old.main was uint256[4] and is uint256[5]",
            ],
        ),
        ("Renamed", ["b at slot 0, offset 16 has become bb", "first in erc7201:old.main has become other"]),
        ("Removed", ["e at slot", "the namespace erc7201:old.main is gone"]),
    ],
)
def test_the_layout_has_to_fit(network: Network, new: str, said: list[str]) -> None:
    from zero_sdk.deploy.layouts import Layout, differences

    def layout(name: str) -> Layout:
        # As it comes back from a journal.
        return Layout.read(Layout.of(network.artifacts.named(name).source).record())

    found = list(differences(layout("Old"), layout(new)))
    assert len(found) == len(said)
    for finding, words in zip(found, said, strict=True):
        assert words in finding


def test_an_upgrade_that_does_not_fit_sends_nothing(network: Network) -> None:
    zone = network.default_zone
    proxy = deploy_proxy(zone, "Plain", kind="transparent", initializer=("initialize", 3))
    before = zone.nonce(network.accounts[0])
    with pytest.raises(ZeroError) as caught:
        upgrade_proxy(proxy, "Removed")
    assert caught.value.problem is Problem.UNSAFE_UPGRADE
    assert "count at slot 0" in caught.value.message
    assert zone.nonce(network.accounts[0]) == before


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("Plain", "uups", "has no upgradeToAndCall"),
        ("Initial", "transparent", "fee of Initial gets its value from the constructor"),
        ("Delegating", "transparent", "uses delegatecall"),
    ],
)
def test_what_a_proxy_would_break_is_refused(network: Network, name: str, kind: Any, said: str) -> None:
    with pytest.raises(ZeroError) as caught:
        deploy_proxy(network.default_zone, name, kind=kind, initializer=("initialize", 1))
    assert caught.value.problem is Problem.UNSAFE_UPGRADE
    assert said in caught.value.message
    if kind != "uups":
        allowed = caught.value.hint.split("'")[1]  # type: ignore[union-attr]
        deploy_proxy(network.default_zone, name, kind=kind, initializer=("initialize", 1), allow=[allowed])


def test_without_openzeppelin_the_way_to_it_is_named(
    network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.20;\ncontract Alone { uint256 public x; }\n"
    )
    with local(("alpha",)) as other:
        other.artifacts.add(build_in(tmp_path, source))
        monkeypatch.chdir(tmp_path)
        with pytest.raises(ZeroError) as caught:
            deploy_proxy(other.default_zone, "Alone", kind="transparent", initializer=None)
    assert caught.value.problem is Problem.NO_PROXIES
    assert "zero install @openzeppelin/contracts" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ("a: uint256\nb: HashMap[address, uint256]\nc: address\nd: uint256", None),
        ("a: uint256\nb: HashMap[address, int128]\nc: address", "b was HashMap[address, uint256]"),
        ("a: uint256\nc: address", "b at slot 1, offset 0 has become c"),
    ],
)
def test_layouts_of_vyper(new: str, said: str | None) -> None:
    from zero_sdk.compile import compile_source
    from zero_sdk.deploy.layouts import Layout, differences

    def layout(text: str) -> Layout:
        build = compile_source(f"# pragma version ^0.4.0\n{text}\n", name="Kept.vy")
        return Layout.of(build.artifact("Kept"))

    found = list(differences(layout("a: uint256\nb: HashMap[address, uint256]\nc: address"), layout(new)))
    assert bool(found) == (said is not None)
    assert said is None or said in found[0]
