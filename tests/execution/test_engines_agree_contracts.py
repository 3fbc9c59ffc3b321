"""Both engines run real contracts alike: OpenZeppelin's, Solady's, Uniswap's V2 and V3."""

from __future__ import annotations

import functools
import json
import random
import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from eth_abi.abi import encode

from devnet.chain.account import EMPTY_ACCOUNT
from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, Wei
from devnet.execution import STRICT, Mode, TransactionResult
from tests.clients import tools
from tests.clients.solc import compile_standard_json
from tests.execution.differential import Case, compare
from tests.execution.engines import needs_kernel
from tests.execution.memory_state import ETHER, SENDER, MemoryState, environment, rules, transaction

pytestmark = needs_kernel

SOURCE = Path(__file__).parent / "contracts" / "Real.sol"
OTHERS = (Address(b"\x61" * 20), Address(b"\x62" * 20))
ONE_TO_ONE = 1 << 96
"""Uniswap V3's price of 1, a square root with 96 bits after the point."""


class Contract:
    """An ABI and the code that creates the contract."""

    def __init__(self, abi: list[dict[str, Any]], code: str) -> None:
        self.functions = [entry for entry in abi if entry["type"] == "function"]
        self.code = bytes.fromhex(code.removeprefix("0x"))

    def call(self, name: str, *arguments: Any) -> bytes:
        """Call data."""
        found = next(
            entry
            for entry in self.functions
            if entry["name"] == name and len(entry["inputs"]) == len(arguments)
        )
        return encode_call(found, arguments)


def encode_call(function: dict[str, Any], arguments: Any) -> bytes:
    types = [parameter["type"] for parameter in function["inputs"]]
    selector = keccak256(f"{function['name']}({','.join(types)})".encode())[:4]
    return selector + encode(types, arguments)


@functools.cache
def compiled() -> dict[str, Contract]:
    """The contracts of Real.sol."""
    sources: dict[str, dict[str, str]] = {}
    waiting = ["Real.sol"]
    while waiting:
        name = waiting.pop()
        path = SOURCE if name == "Real.sol" else tools.node_module(name)
        text = path.read_text(encoding="utf-8")
        sources[name] = {"content": text}
        for target in re.findall(r'^import\s[^;]*?"([^"]+)";', text, re.MULTILINE):
            found = _resolve(name, target)
            if found not in sources:
                waiting.append(found)
    output = compile_standard_json(
        {
            "language": "Solidity",
            "sources": sources,
            "settings": {
                "evmVersion": "cancun",
                "optimizer": {"enabled": True, "runs": 200},
                "outputSelection": {"Real.sol": {"*": ["abi", "evm.bytecode.object"]}},
            },
        },
        are_warnings_errors=False,
    )
    return {
        name: Contract(made["abi"], made["evm"]["bytecode"]["object"])
        for name, made in output["contracts"]["Real.sol"].items()
    }


def _resolve(importer: str, target: str) -> str:
    if not target.startswith("."):
        return target
    parts: list[str] = list(PurePosixPath(importer).parent.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def artifact(path: str) -> Contract:
    """A contract as its package ships it."""
    found = json.loads(tools.node_module(path).read_text(encoding="utf-8"))
    return Contract(found["abi"], found["bytecode"])


class Chain:
    """Blocks, each executed on both engines."""

    def __init__(self, fork: Fork) -> None:
        self._rules = rules(fork)
        self.state = MemoryState()
        for account in (SENDER, *OTHERS):
            self.state.put(account, balance=1_000_000 * ETHER)
        self._number = 1_000

    def run(self, *calls: tuple[Address, Address | None, bytes, int]) -> list[TransactionResult]:
        """Executes (sender, recipient, data, value) in one block."""
        nonces: dict[Address, int] = {}
        transactions: list[Transaction] = []
        for sender, to, data, value in calls:
            nonce = nonces.get(sender)
            if nonce is None:
                nonce = (self.state.account(sender) or EMPTY_ACCOUNT).nonce
            nonces[sender] = nonce + 1
            fields = {"sender": sender, "nonce": nonce, "data": data, "value": Wei(value)}
            transactions.append(transaction(to=to, **fields))
        self._number += 1
        env = environment(number=self._number, timestamp=1_700_000_000 + self._number, gas_limit=10**10)
        mode = Mode(checks=STRICT, system_calls=True, credit_fees=True, record_reads=True)
        execution = compare(Case(self._rules, env, transactions, self.state, mode))
        assert execution is not None
        self.state.apply(execution.changes)
        results = [result for result in execution.results if isinstance(result, TransactionResult)]
        assert len(results) == len(calls)
        return results

    def create(self, contract: Contract, types: tuple[str, ...] = (), *arguments: Any) -> Address:
        data = contract.code + encode(types, arguments)
        (result,) = self.run((SENDER, None, data, 0))
        assert result.status, result.failure
        assert result.contract_address is not None
        return result.contract_address

    def send(self, to: Address, data: bytes, value: int = 0) -> TransactionResult:
        """A call that must succeed."""
        (result,) = self.run((SENDER, to, data, value))
        assert result.status, result.failure
        return result

    def fuzz(
        self, rng: random.Random, contract: Contract, at: Address, known: list[Address], count: int
    ) -> None:
        """Calls functions with random arguments, many in a block."""
        calls = []
        for _ in range(count):
            function = rng.choice(contract.functions)
            arguments = [random_argument(rng, item["type"], known) for item in function["inputs"]]
            value = rng.choice((0, 0, 5)) if function["stateMutability"] == "payable" else 0
            calls.append((rng.choice((SENDER, *OTHERS)), at, encode_call(function, arguments), value))
        self.run(*calls)


def random_argument(rng: random.Random, kind: str, known: list[Address]) -> Any:
    if kind.endswith("[]"):
        return [random_argument(rng, kind[:-2], known) for _ in range(rng.randrange(6))]
    if kind == "address":
        return rng.choice((*known, SENDER, *OTHERS, bytes(20)))
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "string":
        return "zero" * rng.randrange(20)
    if kind == "bytes":
        return rng.randbytes(rng.choice((0, 4, 32, 100)))
    if kind.startswith("bytes"):
        return rng.randbytes(int(kind[5:]))
    bits = int(re.sub(r"\D", "", kind) or 256)
    if kind.startswith("int"):
        return rng.choice((0, 1, -1, 60, -60, 10**4, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    return rng.choice((0, 1, 2, 3, 7, 1_000, 10**18, 10**24, 2**bits - 1)) % 2**bits


@pytest.mark.parametrize("fork", [Fork.CANCUN, Fork.OSAKA])
def test_openzeppelins_and_soladys_contracts_agree(fork: Fork) -> None:
    rng = random.Random(f"contracts {fork}")
    chain = Chain(fork)
    made = compiled()
    token = chain.create(made["Token"])
    lean = chain.create(made["LeanToken"])
    places = {"Token": token, "LeanToken": lean, "Vault": chain.create(made["Vault"], ("address",), token)}
    for name in ("Collectible", "Items", "Cloner", "LeanCollectible", "Ether", "Arithmetic"):
        places[name] = chain.create(made[name])
    known = list(places.values())
    for name, spender in (("Token", places["Vault"]), ("LeanToken", OTHERS[0])):
        chain.send(places[name], made[name].call("approve", spender, 10**24))
        chain.send(places[name], made[name].call("transfer", OTHERS[1], 10**20))
    chain.send(places["Vault"], made["Vault"].call("deposit", 10**21, SENDER))
    assert chain.send(places["Cloner"], made["Cloner"].call("clone", token, b"\x01" * 32)).logs
    for name, place in places.items():
        for _ in range(3):
            chain.fuzz(rng, made[name], place, known, 25)


def test_uniswap_v2_agrees() -> None:
    rng = random.Random("v2")
    chain = Chain(Fork.OSAKA)
    made = compiled()
    factory_code = artifact("@uniswap/v2-core/build/UniswapV2Factory.json")
    pair_code = artifact("@uniswap/v2-core/build/UniswapV2Pair.json")
    first, second = chain.create(made["Token"]), chain.create(made["LeanToken"])
    factory = chain.create(factory_code, ("address",), SENDER)
    pair = Address(chain.send(factory, factory_code.call("createPair", first, second)).output[12:])
    for token in (first, second):
        chain.send(token, made["Token"].call("transfer", pair, 10**24))
    chain.send(pair, pair_code.call("mint", SENDER))
    for _ in range(20):
        paid, amount = rng.choice((first, second)), rng.randrange(10**15, 10**22)
        chain.send(paid, made["Token"].call("transfer", pair, amount))
        bought = amount * 98 // 200
        outputs = (0, bought) if paid == min(first, second) else (bought, 0)
        chain.run((SENDER, pair, pair_code.call("swap", *outputs, OTHERS[0], b""), 0))
    chain.send(pair, pair_code.call("transfer", pair, 10**20))
    chain.send(pair, pair_code.call("burn", SENDER))
    for contract, place in ((factory_code, factory), (pair_code, pair)):
        chain.fuzz(rng, contract, place, [first, second, pair], 60)


def test_uniswap_v3_agrees() -> None:
    rng = random.Random("v3")
    chain = Chain(Fork.OSAKA)
    made = compiled()
    folder = "@uniswap/v3-core/artifacts/contracts"
    factory_code = artifact(f"{folder}/UniswapV3Factory.sol/UniswapV3Factory.json")
    pool_code = artifact(f"{folder}/UniswapV3Pool.sol/UniswapV3Pool.json")
    first, second = chain.create(made["Token"]), chain.create(made["LeanToken"])
    trader_code = made["Trader"]
    trader = chain.create(trader_code)
    for token in (first, second):
        chain.send(token, made["Token"].call("transfer", trader, 10**26))
    factory = chain.create(factory_code)
    pool = Address(chain.send(factory, factory_code.call("createPool", first, second, 3_000)).output[12:])
    chain.send(pool, pool_code.call("initialize", ONE_TO_ONE))
    for lower, upper in ((-6_000, 6_000), (-600, 1_200), (-60, 60)):
        chain.send(trader, trader_code.call("provide", pool, lower, upper, 10**21))
    for _ in range(20):
        swap = trader_code.call("swap", pool, rng.random() < 0.5, rng.randrange(1, 10**19))
        assert chain.send(trader, swap).logs
    for contract, place in ((factory_code, factory), (pool_code, pool)):
        chain.fuzz(rng, contract, place, [first, second, pool, trader], 60)
