"""The project in tests/debugging/forge, compiled, and its own tests run by calls."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

from devnet.chain.keccak import keccak256
from tests.debugging.chain import LocalZone
from zero_sdk.compile.build import Build
from zero_sdk.compile.source_build import compile_source
from zero_sdk.debugging.collector import Collector
from zero_sdk.debugging.sources import Sources
from zero_sdk.project.config import ProjectConfig, SolidityConfig
from zero_sdk.project.project import Project

PROJECT = Path(__file__).resolve().parent / "forge"
SHOP_TESTS = ("testBuy()", "testStock()", "testClosed()")
VIA_IR = {"viaIR": True}


@functools.cache
def shop_build(is_via_ir: bool = False) -> Build:
    """The shop and its test contract, without the optimizer."""
    config = ProjectConfig(solidity=SolidityConfig(version="0.8.37", settings=VIA_IR if is_via_ir else {}))
    return compile_source(PROJECT / "test" / "Shop.t.sol", project=Project(PROJECT, config))


def selector(signature: str) -> str:
    """0x and 8 digits."""
    return "0x" + keccak256(signature.encode())[:4].hex()


def transactions(zone: LocalZone, build: Build, test: str) -> Iterator[str]:
    """What forge does for a test: a test contract of its own, setUp, the test."""
    code = build.artifact("ShopTest").creation.link({})
    creation = zone.send(None, "0x" + code.hex(), gas=16_000_000)
    yield creation
    address = zone.receipt(creation)["contractAddress"]
    for signature in ("setUp()", test):
        sent = zone.send(address, selector(signature))
        assert zone.receipt(sent)["status"] == "0x1", signature
        yield sent


def collected(
    build: Build, tests: tuple[str, ...] = SHOP_TESTS, make: Callable[[], LocalZone] = LocalZone
) -> Collector:
    """What the tests ran."""
    collector = Collector(Sources.of(build))
    zone = make()
    for test in tests:
        for sent in transactions(zone, build, test):
            collector.add_transaction(zone, sent)
    return collector
