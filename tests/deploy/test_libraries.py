"""Libraries are deployed before what needs them, once in a zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.contracts import build_in, project_in
from zero_sdk import Network, local
from zero_sdk.compile import Build, compile_project
from zero_sdk.deploy.journal import MemoryJournal
from zero_sdk.deploy.recorder import Recorder
from zero_sdk.deploy.recording import recorded

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

library Inner { function one() external pure returns (uint256) { return 1; } }
library Outer { function two() external pure returns (uint256) { return Inner.one() + 1; } }
contract First { function get() external pure returns (uint256) { return Outer.two() + Inner.one(); } }
contract Second { function get() external pure returns (uint256) { return Outer.two() * 10; } }
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_in(tmp_path_factory.mktemp("project"), SOURCE)


def target_of(network: Network, journal: MemoryJournal) -> Network:
    return recorded(network, lambda zone: Recorder(zone, journal, "default"), lambda zone: None)


def test_each_is_a_step_of_its_own_and_happens_once(build: Build) -> None:
    with local(("alpha",)) as network:
        network.artifacts.add(build)
        journal = MemoryJournal()
        for _ in range(2):
            zone = target_of(network, journal).default_zone
            with zone.step("the first"):  # type: ignore[attr-defined]
                first = zone.deploy("First")
            second = zone.deploy("Second")
            assert (first.get(), second.get()) == (3, 20)
            assert list(zone.recorder.steps) == ["Inner", "Outer", "the first", "Second"]  # type: ignore[attr-defined]
            assert network.default_zone.nonce(network.accounts[0]) == 4


def test_one_that_is_given_is_used(build: Build) -> None:
    with local(("alpha",)) as network:
        network.artifacts.add(build)
        zone = target_of(network, MemoryJournal()).default_zone
        inner = zone.deploy("Inner")
        outer = zone.deploy("Outer", libraries={"Inner": inner})
        before = zone.nonce(network.accounts[0])
        assert zone.deploy("First", libraries={"Inner": inner, "Outer": outer}).get() == 3
        assert zone.nonce(network.accounts[0]) == before + 1


def test_one_of_zero_toml_is_linked_by_the_compiler(tmp_path: Path, build: Build) -> None:
    with local(("alpha",)) as network:
        network.artifacts.add(build)
        zone = network.default_zone
        inner = zone.deploy("Inner")
        project = project_in(tmp_path, SOURCE)
        names = f'[solidity.libraries]\n"contracts/Contracts.sol:Inner" = "{inner.address}"\n'
        (tmp_path / "zero.toml").write_text(names, encoding="utf-8")
        network.artifacts.add(compile_project(type(project).open(tmp_path)))
        target = target_of(network, MemoryJournal()).default_zone
        assert target.deploy("First").get() == 3
        assert list(target.recorder.steps) == ["Outer", "First"]  # type: ignore[attr-defined]
