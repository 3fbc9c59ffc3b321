"""Coverage: of the same calls it says what forge says, and adds up over processes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.clients import tools
from tests.clients.solc import SHIM
from tests.debugging.chain import LocalZone
from tests.debugging.shop import PROJECT, SHOP_TESTS, collected, shop_build
from zero_sdk.debugging.collector import Collector
from zero_sdk.debugging.coverage import KINDS, Coverage, Share, coverage
from zero_sdk.debugging.coverage_html import write_pages
from zero_sdk.debugging.coverage_table import coverage_table
from zero_sdk.debugging.lcov import lcov
from zero_sdk.debugging.sources import Sources
from zero_sdk.errors import Problem, ZeroError


def line_of(text: str) -> int:
    """The number of the only line of Shop.sol with that text."""
    lines = (PROJECT / "src" / "Shop.sol").read_text(encoding="utf-8").splitlines()
    (number,) = [number for number, line in enumerate(lines, 1) if text in line]
    return number


@pytest.fixture(scope="module")
def ours() -> Coverage:
    return coverage(collected(shop_build()))


@pytest.fixture(scope="module")
def forge_lcov(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What `forge coverage` says of the same tests."""
    folder = tmp_path_factory.mktemp("forge") / "project"
    shutil.copytree(PROJECT, folder)
    compiler = folder / "solc"
    compiler.write_text(f'#!/bin/sh\nexec "{tools.node()}" "{SHIM}" "$@"\n', encoding="utf-8")
    compiler.chmod(0o755)
    command = [str(tools.forge()), "coverage", "--report", "lcov", "--use", str(compiler), "--offline"]
    run = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return (folder / "lcov.info").read_text(encoding="utf-8")


def numbers(text: str, key: str) -> dict[int, int]:
    """DA lines."""
    found = (line.removeprefix(key).split(",") for line in text.splitlines() if line.startswith(key))
    return {int(line): int(count) for line, count in found}


def functions(text: str) -> dict[str, int]:
    """FNDA lines, by name; forge puts a number after constructors."""
    found = {}
    for line in text.splitlines():
        if line.startswith("FNDA:"):
            count, name = line.removeprefix("FNDA:").split(",")
            contract, function = name.split(".")[:2]
            found[f"{contract}.{function}"] = int(count)
    return found


def branches(text: str) -> dict[int, Counter[str]]:
    """BRDA lines: how often the ways of the decisions on a line were taken."""
    found: dict[int, Counter[str]] = {}
    for line in text.splitlines():
        if line.startswith("BRDA:"):
            number, _, _, count = line.removeprefix("BRDA:").split(",")
            found.setdefault(int(number), Counter())[count] += 1
    return found


@pytest.mark.clients
def test_lines_and_functions_ran_as_often_as_forge_says(ours: Coverage, forge_lcov: str) -> None:
    told = lcov(ours)
    lines, forge_lines = numbers(told, "DA:"), numbers(forge_lcov, "DA:")
    # forge counts the line of a `catch`, which has no code of its own.
    assert forge_lines.pop(line_of("} catch {")) == 1
    assert lines == forge_lines
    assert functions(told) == functions(forge_lcov)


@pytest.mark.clients
def test_branches_are_those_of_forge_and_more(ours: Coverage, forge_lcov: str) -> None:
    told, theirs = branches(lcov(ours)), branches(forge_lcov)
    # What docs/coverage.md explains: forge calls both clauses of a `try` taken, at the line of the `try`.
    for line in (line_of("try other.buy"), line_of("} catch {")):
        assert theirs.pop(line) == {"1": 1}
    assert told.pop(line_of("return true;")) == {"0": 1}
    assert told.pop(line_of("return false;")) == {"1": 1}
    # And it counts how often a condition was looked at where what follows is no block.
    unblocked = line_of("continue;")
    assert (theirs.pop(unblocked), told.pop(unblocked)) == ({"3": 1}, {"1": 1, "2": 1})
    assert told.keys() == theirs.keys()
    for line, ways in theirs.items():
        # An `if` without `else` has one way in forge, and two here.
        assert ways <= told[line], line


@pytest.mark.parametrize("is_via_ir", [False, True])
def test_what_ran_is_told_by_line_branch_and_function(is_via_ir: bool) -> None:
    found = coverage(collected(shop_build(is_via_ir)))
    (file,) = found.files
    assert file.file.name == "src/Shop.sol"
    lines = file.lines
    for text in ("never(uint256 a)", "a = a * 2;", "return price + 1;", 'revert("no gifts")', "return true;"):
        assert lines[line_of(text)] == 0, text
    assert lines[line_of('require(isOpen, "closed")')] == 5
    assert lines[line_of("percent = 50;")] == 1
    assert lines[line_of("rounds--;")] == 1
    assert found.share("function") == Share(9, 12)


def test_tests_of_several_processes_add_up(ours: Coverage, tmp_path: Path) -> None:
    build = shop_build()
    paths = []
    for test in SHOP_TESTS:
        path = tmp_path / "collected" / f"{test[:-2]}.json"
        collected(build, (test,)).save(path)
        paths.append(path)
    merged = Collector(Sources.of(build))
    merged.merge(paths)
    assert lcov(coverage(merged)) == lcov(ours)
    assert merged.gas == collected(build).gas


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ZeroError) as caught:
        Collector(Sources()).merge([path])
    assert caught.value.problem is Problem.COLLECTED_UNREADABLE


class WithoutTracer(LocalZone):
    """A zone whose node has geth's tracers and no others."""

    def rpc(self, method: str, *params: Any) -> Any:
        if method.startswith("debug_") and "coverageTracer" in str(params):
            raise RuntimeError("tracer coverageTracer not found")
        return super().rpc(method, *params)


def test_without_the_networks_own_tracer_steps_tell_the_same(ours: Coverage) -> None:
    stepped = collected(shop_build(), make=WithoutTracer)
    assert lcov(coverage(stepped)) == lcov(ours)


def test_calls_count_as_transactions_do() -> None:
    build, zone = shop_build(), LocalZone()
    collector = Collector(Sources.of(build))
    code = build.artifact("Shop").creation.link({}) + bytes(32)
    address = zone.receipt(zone.send(None, "0x" + code.hex(), gas=16_000_000))["contractAddress"]
    data = build.artifact("Shop").method_identifiers["never(uint256)"] + f"{7:064x}"
    collector.add_call(zone, {"to": address, "data": "0x" + data})
    lines = coverage(collector).files[0].lines
    assert lines[line_of("a = a * 2;")] == 1
    assert lines[line_of("percent = 50;")] == 0


def test_pages_show_every_file_and_line(ours: Coverage, tmp_path: Path) -> None:
    index = write_pages(ours, tmp_path)
    page = (tmp_path / "src-Shop-sol.html").read_text(encoding="utf-8")
    for text in (index.read_text(encoding="utf-8"), page):
        parser = HTMLParser()
        parser.feed(text)
        parser.close()
    assert 'href="src-Shop-sol.html"' in index.read_text(encoding="utf-8")
    assert page.count('class="line missed"') == sum(not count for count in ours.files[0].lines.values())
    assert page.count('class="number"') == len(ours.files[0].file.line_starts)


def test_the_table_has_a_row_for_each_file_and_the_total(ours: Coverage) -> None:
    head, row, total = coverage_table(ours).splitlines()
    assert head.split() == ["file", "lines", "statements", "branches", "functions"]
    assert row.startswith("src/Shop.sol ")
    assert "75.0 % (9/12)" in row
    assert total.split()[0] == "total"
    assert [ours.share(kind).all > 0 for kind in KINDS] == [True] * 4
