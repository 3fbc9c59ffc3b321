"""Two zones of a network that settles, and the library that reads the one from the other."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devnet.contracts import artifacts, sources
from tests.clients.solc import compile_standard_json
from zero_sdk import local
from zero_sdk.client.contract import Contract
from zero_sdk.client.network import Network
from zero_sdk.client.transaction import Transaction
from zero_sdk.client.zone import Zone

SOLIDITY = Path(__file__).parent / "solidity"
MULTICALL = "0xcA11bde05977b3631167028862bE2a173976CA11"
BATCH = 60
"""Calls of one multicall."""


@functools.cache
def compiled(file: str) -> dict[str, Any]:
    """The artifact of a contract of the tests, which may import `@zero/contracts`."""
    return compile_sources({file: (SOLIDITY / file).read_text("utf-8")})[file]


def compile_sources(
    texts: Mapping[str, str], settings: Mapping[str, Any] | None = None
) -> dict[str, dict[str, Any]]:
    """By file, the artifact of the contract that is called like it."""
    given = {path.name: path for path in sources.FOLDER.glob("*.sol")}
    files = {sources.PREFIX + name: {"content": path.read_text("utf-8")} for name, path in given.items()}
    files |= {file: {"content": text} for file, text in texts.items()}
    wanted = {"outputSelection": {file: {"*": ["abi", "evm.bytecode.object"]} for file in texts}}
    request = {"language": "Solidity", "sources": files, "settings": {**wanted, **(settings or {})}}
    output = compile_standard_json(request)["contracts"]
    found = {file: (Path(file).stem, output[file][Path(file).stem]) for file in texts}
    return {
        file: {"contractName": name, "abi": made["abi"], "bytecode": "0x" + made["evm"]["bytecode"]["object"]}
        for file, (name, made) in found.items()
    }


def artifact(name: str) -> dict[str, Any]:
    """That of a contract of this project."""
    found = artifacts.load(name)
    return {"contractName": name, "abi": list(found.abi), "bytecode": "0x" + found.creation.hex()}


@dataclass(frozen=True, slots=True)
class Asked:
    """Calls of one contract, many in one request."""

    contract: Contract

    def outcomes(self, function: str, arguments: Iterable[Sequence[Any]]) -> list[Any]:
        """What each call returns; None for one that reverts."""
        zone, made = self.contract.zone, getattr(self.contract, function)
        multicall = zone.contract(MULTICALL, artifact("Multicall3"))
        calls = [(str(self.contract.address), True, made.encode(*each)) for each in arguments]
        found: list[Any] = []
        for start in range(0, len(calls), BATCH):
            answers = multicall.aggregate3.call(calls[start : start + BATCH], gas=900_000_000)
            found += [made.decode(data) if ok else None for ok, data in answers]
        return found


@dataclass(frozen=True, slots=True)
class TwoZones:
    """Zone alpha, in which something happened and was settled several times, and zone beta, which reads."""

    network: Network
    bell: Contract
    """In alpha."""
    reader: Contract
    """A SettledReader in beta."""
    rings: tuple[Transaction, ...]

    @property
    def alpha(self) -> Zone:
        return self.network["alpha"]

    @property
    def asked(self) -> Asked:
        return Asked(self.reader)


def two_zones(engine: str) -> TwoZones:
    """Alpha has settled one block, then five, then one; beta has a block that knows each of them."""
    network = local(("alpha", "beta"), engine=engine)
    alpha, beta = network["alpha"], network["beta"]
    reader = beta.deploy(artifact("SettledReader"))
    bell = alpha.deploy(compiled("Bell.sol"))
    network.settle()
    beta.mine()
    rings = [bell.ring(words) for words in (b"", b"hello", b"\x80" * 200)]
    # A block of several transactions, whose trie has branches.
    alpha.rpc("evm_setAutomine", False)
    waiting = [
        bell.ring(bytes([number]) * number, sender=network.accounts[number % 5], wait=False)
        for number in range(20)
    ]
    alpha.mine()
    alpha.rpc("evm_setAutomine", True)
    rings += [ring.wait() for ring in waiting]
    alpha.mine()
    network.settle()
    beta.mine()
    rings.append(bell.ring(b"last"))
    network.settle()
    beta.mine()
    return TwoZones(network, bell, reader, tuple(rings))


def mutations(value: Any) -> Iterator[Any]:
    """The value with one thing in it changed: a number, a bit of every byte, a length, an order."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield from (value ^ 1 << bit for bit in range(0, 32, 5))
        if value:
            yield 0
    elif isinstance(value, bytes):
        yield from _of_bytes(value)
    elif isinstance(value, str):
        # An address.
        yield value[:-1].lower() + ("0" if value[-1] != "0" else "1")
    else:
        items = tuple(value)
        for place, item in enumerate(items):
            for changed in mutations(item):
                yield (*items[:place], changed, *items[place + 1 :])


def lists_changed(items: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """A list that is shorter, longer, or in another order."""
    given = tuple(items)
    yield (*given, bytes(32))
    yield (bytes(32), *given)
    for place in range(len(given)):
        yield (*given[:place], *given[place + 1 :])
        yield (*given[: place + 1], *given[place:])
        if place and given[place - 1] != given[place]:
            yield (*given[: place - 1], given[place], given[place - 1], *given[place + 1 :])


def _of_bytes(value: bytes) -> Iterator[bytes]:
    step = max(1, len(value) // 48)
    for place in range(0, len(value), step):
        changed = bytearray(value)
        changed[place] ^= 1 << place % 8
        yield bytes(changed)
    if len(value) != 32:
        yield value[:-1]
        yield value + b"\0"
        yield b""
