"""Every answer of every method fits its schema: execution-apis' where it has one, and this project's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jsonschema
import pytest

from devnet.network import Network
from devnet.rpc.openrpc.document import build_document, execution_apis
from devnet.rpc.registry import method_table, methods
from tests.rpc.asking import Asker, Refused
from tests.rpc.schema_calls import ALWAYS_REFUSED, CALLS
from tests.rpc.world import World, build_world

UNFIT: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(
        ("eth_getFilterChanges", "eth_getFilterLogs", "eth_getLogs"),
        ("an empty list fits both kinds of its oneOf", lambda result: result == []),
    ),
    "eth_fillTransaction": (
        "a blob transaction with sidecar fits two kinds of its oneOf",
        lambda result: "blobs" in result["tx"],
    ),
    "eth_getTransactionByHash": (
        "it knows no transactions that wait in the mempool",
        lambda result: result is not None and result["blockHash"] is None,
    ),
}
"""Answers that execution-apis' schemas do not allow, and why; they are held against this project's own."""


class Worlds:
    """Gives the same world every time, whatever was done to it meanwhile."""

    def __init__(self) -> None:
        self._build()

    def _build(self) -> None:
        self._world = build_world()
        self._snapshot = self._world.ask("zero_snapshot")

    def fresh(self) -> World:
        try:
            self._world.ask("zero_revert", self._snapshot)
        except Refused:
            # A reset or a rollback went back behind the snapshot.
            self._build()
        return self._world


@pytest.fixture(scope="module")
def worlds() -> Worlds:
    return Worlds()


def test_every_method_is_asked() -> None:
    assert CALLS.keys() | ALWAYS_REFUSED == {method.name for method in methods()}


@pytest.mark.parametrize("name", sorted(name for name in method_table()))
def test_answers_fit_the_schema(worlds: Worlds, name: str) -> None:
    method = method_table()[name]
    if method.name in ALWAYS_REFUSED:
        pytest.skip("has no result in process")
    for make in CALLS[method.name]:
        world = worlds.fresh()
        params = make(world)
        result = world.ask(name, *params)
        check(result, method.result)
        official = execution_apis()["results"].get(name)
        if official is not None and not (name in UNFIT and UNFIT[name][1](result)):
            check(result, official)


def test_the_pending_block_fits_but_for_what_is_not_known_yet(worlds: Worlds) -> None:
    world = worlds.fresh()
    for full in (False, True):
        block = world.ask("eth_getBlockByNumber", "pending", full)
        unknown = {name for name, value in block.items() if value is None}
        assert unknown == {"hash", "nonce", "miner"}
        filled = {**block, "hash": "0x" + "00" * 32, "nonce": "0x" + "00" * 8, "miner": "0x" + "00" * 20}
        check({**filled, "transactions": []}, {"$ref": "#/components/schemas/Block"})
        assert len(block["transactions"]) == 1


def test_a_wrong_answer_does_not_fit() -> None:
    with pytest.raises(AssertionError):
        check("0x01", method_table()["eth_chainId"].result)
    with pytest.raises(AssertionError):
        check({"hash": "0x"}, method_table()["eth_getBlockByNumber"].result)


def test_the_document_describes_every_name_once() -> None:
    described = [method["name"] for method in build_document()["methods"]]
    assert sorted(described) == sorted(method_table())
    assert len(set(described)) == len(described)


def test_the_documents_references_lead_somewhere() -> None:
    document = build_document()
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= known


def test_the_documents_schemas_are_schemas() -> None:
    for method in build_document()["methods"]:
        jsonschema.Draft7Validator.check_schema(method["result"]["schema"])
        for param in method["params"]:
            jsonschema.Draft7Validator.check_schema(param["schema"])


def test_discovery_gives_the_document() -> None:
    assert Asker(Network())("rpc.discover")["methods"] == build_document()["methods"]


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*(references(entry) for entry in value.values()))
    if isinstance(value, list):
        return set().union(*(references(entry) for entry in value))
    return set()


@cache
def components() -> dict[str, Any]:
    return {"schemas": execution_apis()["schemas"]}


def check(value: Any, schema: Any) -> None:
    error = jsonschema.exceptions.best_match(
        jsonschema.Draft7Validator({**schema, "components": components()}).iter_errors(value)
    )
    # The error's own text holds every schema.
    assert error is None, f"{error.json_path}: {error.message[:500]}"
