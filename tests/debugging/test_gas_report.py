"""Gas: what functions cost by zone, kept and compared."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.debugging.chain import LocalZone
from tests.debugging.shop import SHOP_TESTS, collected, shop_build, transactions
from zero_sdk.debugging.collector import Collector
from zero_sdk.debugging.gas_report import changed, gas_report, gas_table, load_gas, save_gas
from zero_sdk.debugging.sources import Sources
from zero_sdk.errors import Problem, ZeroError


def test_calls_and_deployments_are_told_by_function() -> None:
    rows = {row.function: row for row in gas_report(collected(shop_build()))}
    buy = rows["buy(uint256,uint256)"]
    # Two sold in testBuy and one in testStock; what failed is left out.
    assert buy.calls == 3
    assert 0 < buy.min <= buy.median <= buy.max
    assert buy.min < buy.mean < buy.max
    assert rows["constructor"].calls == 3
    assert rows["constructor"].size == shop_build().artifact("Shop").runtime.size
    assert {row.contract for row in rows.values()} == {"src/Shop.sol:Shop"}


def test_the_gas_of_a_call_is_what_the_node_says() -> None:
    build, zone = shop_build(), LocalZone()
    collector = Collector(Sources.of(build))
    for sent in transactions(zone, build, SHOP_TESTS[1]):
        collector.add_transaction(zone, sent)
    tree = zone.rpc("debug_traceTransaction", sent, {"tracer": "callTracer"})
    stock = next(call for call in tree["calls"] if call["input"].startswith("0x" + _stock()))
    row = next(row for row in gas_report(collector) if row.function.startswith("stock("))
    assert row.mean == int(stock["gasUsed"], 16)


def _stock() -> str:
    return shop_build().artifact("Shop").method_identifiers["stock(uint256,uint256,uint256)"]


def test_zones_have_rows_of_their_own() -> None:
    build = shop_build()
    collector = Collector(Sources.of(build))
    for name in ("alpha", "beta"):
        zone = LocalZone()
        zone.name = name
        for sent in transactions(zone, build, SHOP_TESTS[2]):
            collector.add_transaction(zone, sent)
    rows = gas_report(collector)
    assert {row.zone for row in rows} == {"alpha", "beta"}
    assert "close() [alpha]" in gas_table(rows)


def test_a_report_is_kept_and_compared(tmp_path: Path) -> None:
    rows = gas_report(collected(shop_build()))
    path = tmp_path / "gas.json"
    save_gas(rows, path)
    assert load_gas(path) == rows
    before = tuple(replace(row, mean=row.mean * 2) for row in rows if row.function != "close()")
    lines = gas_table(rows, before).splitlines()
    assert next(line for line in lines if "stock(" in line).endswith("-50.0 %")
    assert next(line for line in lines if "close()" in line).endswith("new")
    assert not any("%" in line for line in gas_table(rows, rows).splitlines())


def test_a_file_that_is_no_report_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gas.json"
    path.write_text('{"format": "other"}', encoding="utf-8")
    with pytest.raises(ZeroError) as caught:
        load_gas(path)
    assert caught.value.problem is Problem.COLLECTED_UNREADABLE


@pytest.mark.parametrize(
    ("before", "now", "words"), [(100, 101, "+1.0 %"), (1000, 988, "-1.2 %"), (5, 5, "")]
)
def test_changes_are_told_in_percent(before: int, now: int, words: str) -> None:
    assert changed(before, now) == words
