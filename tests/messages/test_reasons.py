"""Reasons: what a receiver said is read, also where the executor told only its beginning."""

from __future__ import annotations

from eth_abi.abi import encode

from devnet.artifacts.registry import ArtifactRegistry
from devnet.artifacts.reverts import ERROR_SELECTOR
from devnet.chain.keccak import keccak256
from devnet.messages.reasons import MOST_TOLD, explain


def test_a_whole_reason_is_told_whole() -> None:
    revert = ERROR_SELECTOR + encode(["string"], ["no"])
    assert explain(ArtifactRegistry(), revert).text == "no"


def test_of_a_long_text_the_beginning_is_told() -> None:
    text = "ä" + "long " * 100
    revert = (ERROR_SELECTOR + encode(["string"], [text]))[:MOST_TOLD]
    told = explain(ArtifactRegistry(), revert).text
    assert told.endswith("…")
    assert len(told) > 150
    assert text.startswith(told[:-1])


def test_of_a_long_known_error_the_name_is_told() -> None:
    selector = keccak256(b"LzTooLong(bytes)")[:4]
    registry = ArtifactRegistry()
    registry.add_document(
        {
            "contractName": "Long",
            "abi": [{"type": "error", "name": "LzTooLong", "inputs": [{"name": "data", "type": "bytes"}]}],
        }
    )
    reason = explain(registry, (selector + encode(["bytes"], [bytes(1000)]))[:MOST_TOLD])
    assert (reason.text, reason.error) == ("LzTooLong(…)", "LzTooLong")


def test_of_an_unknown_error_the_bytes_are_told() -> None:
    assert explain(ArtifactRegistry(), b"\xff" * MOST_TOLD).text == "0x" + "ff" * MOST_TOLD
