"""At least one call of every method, for the schema checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devnet.chain.types import Hash32, Wei
from devnet.contracts.addresses import ENDPOINT
from devnet.contracts.calldata import joined, members, octets
from devnet.packets.options import Compose, NativeDrop, Options, Receive
from tests.rpc.world import EMIT, FAIL, NOBODY, TOKEN, World, signed, signed_blob

Params = list[Any]
Make = Callable[[World], Params]

TYPED_DATA = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Mail": [{"name": "contents", "type": "string"}],
    },
    "primaryType": "Mail",
    "domain": {"name": "Zero"},
    "message": {"contents": "hello"},
}

SIMULATION = {
    "blockStateCalls": [
        {
            "blockOverrides": {"baseFeePerGas": "0x9"},
            "stateOverrides": {NOBODY: {"balance": "0xde0b6b3a7640000"}},
            "calls": [
                {"from": NOBODY, "to": EMIT, "gas": "0x186a0"},
                {"from": NOBODY, "to": FAIL, "gas": "0x186a0"},
            ],
        },
        {"calls": []},
    ],
    "traceTransfers": True,
}

TRACERS = ["callTracer", "prestateTracer", "4byteTracer", "flatCallTracer", "noopTracer", "coverageTracer"]


MESSAGE_OPTIONS = (
    "0x"
    + Options(
        (
            Receive(200_000),
            Compose(0, 50_000),
            NativeDrop(Wei(5), Hash32(bytes(12) + b"\7" * 20)),
        )
    ).encoded.hex()
)
_SEND = bytes.fromhex("2637a450")
"""Of the endpoint's `send`."""
_EQUIVOCATE = {"kind": "equivocate", "validator": 0}


def none(_: World) -> Params:
    return []


def fixed(*params: Any) -> Make:
    return lambda _: list(params)


BLOCKS: list[Make] = [fixed("latest"), fixed("0x0"), lambda w: [w.block_hash]]
NUMBERS: list[Make] = [fixed("latest"), fixed("0x0"), fixed("earliest"), fixed("0xffff")]
HASHES: list[Make] = [lambda w: [w.block_hash], fixed("0x" + "77" * 32)]
TRANSACTIONS: list[Make] = [
    lambda w: [w.legacy],
    lambda w: [w.with_logs],
    lambda w: [w.failed],
    lambda w: [w.blob],
    lambda w: [w.set_code],
    fixed("0x" + "77" * 32),
]
CALL: Make = lambda w: [{"from": w.sender, "to": EMIT}]  # noqa: E731
TRACED: list[Make] = [
    lambda w: [w.with_logs],
    *(lambda w, name=name: [w.with_logs, {"tracer": name}] for name in TRACERS),  # type: ignore[misc]
    lambda w: [w.failed, {"tracer": "callTracer"}],
    lambda w: [w.with_logs, {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}],
    lambda w: [w.with_logs, {"tracer": "muxTracer", "tracerConfig": {"callTracer": {}, "4byteTracer": {}}}],
]
ADDRESS: Make = lambda w: [w.sender]  # noqa: E731

CALLS: dict[str, list[Make]] = {
    "eth_chainId": [none],
    "eth_blockNumber": [none],
    "eth_syncing": [none],
    "eth_coinbase": [none],
    "eth_accounts": [none],
    "eth_protocolVersion": [none],
    "eth_mining": [none],
    "eth_hashrate": [none],
    "eth_config": [none],
    "eth_capabilities": [none],
    "eth_getBalance": [ADDRESS, lambda w: [w.sender, "pending"], lambda w: [w.sender, w.block_hash]],
    "eth_getTransactionCount": [ADDRESS, lambda w: [w.sender, {"blockNumber": "0x1"}]],
    "eth_getCode": [fixed(EMIT), fixed(NOBODY)],
    "eth_getStorageAt": [fixed(EMIT, "0x0"), fixed(EMIT, "0x" + "00" * 32, "latest")],
    "eth_getStorageValues": [fixed({EMIT: ["0x0", "0x" + "00" * 32]})],
    "eth_getAccountInfo": [ADDRESS],
    "eth_getBlockByNumber": [
        *NUMBERS,
        fixed("latest", True),
        *(fixed(hex(number), True) for number in range(8)),
    ],
    "eth_getBlockByHash": [*HASHES, lambda w: [w.block_hash, True]],
    "eth_getHeaderByNumber": NUMBERS,
    "eth_getHeaderByHash": HASHES,
    "eth_getBlockTransactionCountByNumber": [*NUMBERS, fixed("pending")],
    "eth_getBlockTransactionCountByHash": HASHES,
    "eth_getUncleCountByBlockNumber": NUMBERS,
    "eth_getUncleCountByBlockHash": HASHES,
    "eth_getUncleByBlockNumberAndIndex": [fixed("latest", "0x0")],
    "eth_getUncleByBlockHashAndIndex": [lambda w: [w.block_hash, "0x0"]],
    "eth_getBlockReceipts": [*BLOCKS, fixed("0xffff"), *(fixed(hex(number)) for number in range(8))],
    "eth_getTransactionByHash": [*TRANSACTIONS, lambda w: [w.waiting]],
    "eth_getTransactionByBlockHashAndIndex": [
        lambda w: [w.block_hash, "0x0"],
        lambda w: [w.block_hash, "0x9"],
    ],
    "eth_getTransactionByBlockNumberAndIndex": [fixed("latest", "0x0"), fixed("0xffff", "0x0")],
    "eth_getTransactionBySenderAndNonce": [lambda w: [w.sender, "0x0"], lambda w: [w.sender, "0xffff"]],
    "eth_getRawTransactionByHash": TRANSACTIONS,
    "eth_getRawTransactionByBlockHashAndIndex": [lambda w: [w.block_hash, "0x0"]],
    "eth_getRawTransactionByBlockNumberAndIndex": [fixed("latest", "0x0"), fixed("latest", "0x9")],
    "eth_getTransactionReceipt": [*TRANSACTIONS, lambda w: [w.waiting]],
    "eth_pendingTransactions": [none],
    "eth_gasPrice": [none],
    "eth_baseFee": [none],
    "eth_blobBaseFee": [none],
    "eth_maxPriorityFeePerGas": [none],
    "eth_feeHistory": [fixed("0x4", "latest", [5, 50.5]), fixed("0x2", "latest", []), fixed("0x2", "latest")],
    "eth_call": [CALL, lambda w: [{"to": NOBODY}, "latest", {NOBODY: {"code": "0x602a5f5260205ff3"}}]],
    "eth_estimateGas": [CALL, lambda w: [{"from": w.sender, "to": NOBODY, "value": "0x1"}, "latest"]],
    "eth_createAccessList": [CALL, fixed({"to": FAIL})],
    "eth_simulateV1": [fixed(SIMULATION), fixed({**SIMULATION, "returnFullTransactions": True}, "latest")],
    "eth_sendRawTransaction": [lambda w: [w.raw], lambda w: [signed_blob(w.ask)]],
    "eth_sendTransaction": [lambda w: [{"from": w.sender, "to": NOBODY}]],
    "eth_sendUnsignedTransaction": [lambda w: [{"from": _funded(w), "to": NOBODY}]],
    "eth_sendRawTransactionSync": [lambda w: [_mined(w, signed(w.ask)), 1000]],
    "eth_sendTransactionSync": [lambda w: [_mined(w, {"from": w.sender, "to": NOBODY})]],
    "eth_fillTransaction": [
        lambda w: [{"from": w.sender, "to": NOBODY}],
        fixed({"to": NOBODY, "gasPrice": "0x77359400"}),
        lambda w: [{"from": w.sender, "to": NOBODY, "blobs": ["0x" + "00" * 131_072]}],
    ],
    "eth_sign": [lambda w: [w.sender, "0x1234"]],
    "personal_sign": [lambda w: ["0x1234", w.sender]],
    "eth_signTypedData_v4": [lambda w: [w.sender, TYPED_DATA]],
    "eth_signTransaction": [lambda w: [{"from": w.sender, "to": NOBODY}]],
    "eth_getLogs": [fixed({"fromBlock": "0x0"}), lambda w: [{"blockHash": w.block_hash}], fixed({})],
    "eth_newFilter": [fixed({"address": EMIT})],
    "eth_newBlockFilter": [none],
    "eth_newPendingTransactionFilter": [none],
    "eth_getFilterChanges": [lambda w: [w.log_filter], lambda w: [w.block_filter]],
    "eth_getFilterLogs": [lambda w: [w.log_filter]],
    "eth_uninstallFilter": [lambda w: [w.log_filter], fixed("0xffff")],
    "net_version": [none],
    "net_listening": [none],
    "net_peerCount": [none],
    "web3_clientVersion": [none],
    "web3_sha3": [fixed("0x1234")],
    "debug_traceTransaction": TRACED,
    "debug_traceCall": [
        CALL,
        lambda w: [{"to": EMIT}, "latest", {"tracer": "callTracer", "tracerConfig": {"withLog": True}}],
        lambda w: [{"to": NOBODY}, "latest", {"stateOverrides": {NOBODY: {"code": "0x602a5f5260205ff3"}}}],
    ],
    "debug_traceBlockByNumber": [fixed("latest"), fixed("0x3", {"tracer": "callTracer"})],
    "debug_traceBlockByHash": [lambda w: [w.block_hash]],
    "debug_traceBlock": [lambda w: [w.block_encoded, {"tracer": "callTracer"}]],
    "debug_getRawHeader": BLOCKS,
    "debug_getRawBlock": BLOCKS,
    "debug_getRawReceipts": BLOCKS,
    "debug_getRawTransactions": BLOCKS,
    "debug_getRawTransaction": TRANSACTIONS,
    "debug_getBadBlocks": [none],
    "debug_executionWitness": [fixed("0x3")],
    "debug_clearTxpool": [none],
    "txpool_status": [none],
    "txpool_content": [none],
    "txpool_contentFrom": [ADDRESS, fixed(NOBODY)],
    "txpool_inspect": [none],
    "anvil_mine": [none, fixed("0x3", "0xa"), fixed(1000)],
    "evm_mine": [none, fixed({"blocks": 2}), fixed(hex(1_900_000_000))],
    "anvil_mine_detailed": [none],
    "anvil_setAutomine": [fixed(True)],
    "anvil_getAutomine": [none],
    "anvil_setIntervalMining": [fixed(5), fixed("0x5"), fixed(0)],
    "anvil_getIntervalMining": [none],
    "anvil_setBlockGasLimit": [fixed("0x1c9c380")],
    "anvil_setNextBlockBaseFeePerGas": [fixed("0x64")],
    "anvil_setMinGasPrice": [fixed("0x1")],
    "anvil_setCoinbase": [fixed(NOBODY)],
    "anvil_setNextBlockPrevRandao": [fixed("0x" + "12" * 32), fixed("0x12")],
    "anvil_setChainId": [fixed(7_700_001)],
    "evm_increaseTime": [fixed(10), fixed("0xa")],
    "evm_setTime": [fixed(2_000_000_000)],
    "evm_setNextBlockTimestamp": [fixed("0x77359400")],
    "anvil_setBlockTimestampInterval": [fixed(12)],
    "anvil_removeBlockTimestampInterval": [none],
    "anvil_getGenesisTime": [none],
    "anvil_setBalance": [fixed(NOBODY, "0x64"), fixed(NOBODY, 100)],
    "anvil_addBalance": [fixed(NOBODY, "0x64")],
    "anvil_setCode": [fixed(NOBODY, "0x00")],
    "anvil_setNonce": [fixed(NOBODY, "0x7")],
    "anvil_setStorageAt": [fixed(EMIT, "0x5", "0x" + "00" * 31 + "07")],
    "anvil_impersonateAccount": [fixed(NOBODY)],
    "anvil_stopImpersonatingAccount": [fixed(NOBODY)],
    "anvil_autoImpersonateAccount": [fixed(True)],
    "anvil_dealERC20": [fixed(NOBODY, TOKEN, "0x64")],
    "tenderly_setErc20Balance": [fixed(TOKEN, NOBODY, "0x64")],
    "anvil_setERC20Allowance": [lambda w: [w.sender, NOBODY, TOKEN, "0x64"]],
    "anvil_dumpState": [none],
    "anvil_loadState": [fixed("0x" + b'{"accounts":{}}'.hex())],
    "evm_snapshot": [none],
    "evm_revert": [lambda w: [w.snapshot]],
    "anvil_reset": [none, fixed({})],
    "anvil_rollback": [none, fixed(2)],
    "anvil_reorg": [fixed(2), lambda w: [2, [[w.raw, 0]]]],
    "hardhat_dropTransaction": [lambda w: [w.waiting], fixed("0x" + "77" * 32)],
    "anvil_dropTransaction": [lambda w: [w.waiting], fixed("0x" + "77" * 32)],
    "anvil_dropAllTransactions": [none],
    "anvil_removePoolTransactions": [ADDRESS],
    "hardhat_metadata": [none],
    "anvil_metadata": [none],
    "anvil_nodeInfo": [none],
    "anvil_setLoggingEnabled": [fixed(False)],
    "anvil_getBlobsByTransactionHash": [lambda w: [w.blob], lambda w: [w.legacy]],
    "anvil_getBlobByHash": [lambda w: [w.versioned_hash], fixed("0x" + "77" * 32)],
    "hardhat_addCompilationResult": [
        fixed("0.8.30", {"language": "Solidity", "sources": {}}, {"contracts": {}, "sources": {}})
    ],
    "zero_zones": [none],
    "zero_status": [none],
    "zero_network": [none],
    "zero_clock": [none],
    "zero_durableHeight": [none],
    "zero_history": [none],
    "zero_getSupply": [none],
    "zero_getZoneSupply": [none, fixed("0x0"), fixed("earliest")],
    "zero_snapshot": [none, fixed("base"), fixed("base", True)],
    "zero_revert": [lambda w: [w.network_snapshot], fixed("named")],
    "zero_snapshots": [none],
    "zero_deleteSnapshot": [
        lambda w: [w.ask("zero_snapshot")],
        lambda w: ["doomed", w.ask("zero_snapshot", "doomed")][:1],
    ],
    "zero_getSettlementBlock": [
        none,
        fixed("latest"),
        fixed("0x0"),
        fixed("0xffff"),
        lambda w: [w.ask("zero_settle")[0]["root"]],
        fixed("0x" + "77" * 32),
    ],
    "zero_getForcedTransactions": [none, fixed("0x0", "0x1"), fixed("0xffff")],
    "zero_getZoneUpdate": [fixed("0x1"), lambda w: ["0x1"] if w.ask("zero_settle") else [], fixed("0x0")],
    "zero_getCertificate": [none, lambda w: [w.ask("zero_settle")[0]["height"]], fixed("0x0")],
    "zero_getValidators": [none, fixed("0x0"), fixed("0xffff")],
    "zero_getConfiguration": [none],
    "zero_getDataHeader": [lambda w: [_settled(w)], fixed("0x" + "77" * 32)],
    "zero_getColumns": [
        lambda w: [_settled(w), [0, "0x7f"]],
        lambda w: [_settled(w), {"holder": 1}],
        lambda w: [_settled(w), [3], True],
    ],
    "zero_getUpdateProof": [lambda w: [_settled(w)], lambda w: [_settled(w), "0x5", 7]],
    "zero_getBatch": [lambda w: [_settled(w)], lambda w: [_settled(w), 1_000_000_000, 7]],
    "zero_sampleAvailability": [lambda w: [_settled(w)], lambda w: [_settled(w), 3, "0x1234"]],
    "zero_dataStatus": [none, lambda w: [] if _settled(w) else [0]],
    "zero_getValidatorGenesis": [none],
    "zero_getValidatorSeats": [none],
    "zero_getDecisions": [fixed("0x1"), lambda w: ["0x1"] if w.ask("zero_settle") else [], fixed("0xffff")],
    "zero_settle": [none],
    "zero_settlementStatus": [none, lambda w: [] if w.ask("zero_settle") else [0]],
    "zero_injectFault": [
        fixed({"kind": "stop-producer", "zone": "alpha"}),
        fixed({"kind": "lying-producer", "zone": "beta", "lie": "proof", "producer": 1, "seed": "0x5"}),
        fixed({"kind": "partition", "groups": [[0, 1, 2], [3]], "heals": 500, "until": {"slots": 2}}),
        fixed({"kind": "lose-messages", "rate": 0.25, "seed": 7, "until": {"heights": 1}}),
        fixed({"kind": "withhold-columns", "validators": [1]}),
        fixed({"kind": "slow-validator", "validator": 2, "delay": 300}),
    ],
    "zero_listFaults": [none, lambda w: [] if w.ask("zero_injectFault", _EQUIVOCATE) else [0]],
    "zero_clearFault": [
        none,
        lambda w: [w.ask("zero_injectFault", _EQUIVOCATE)["id"]],
        fixed(12345),
    ],
    "zero_getEvidence": [
        none,
        lambda w: [1] if w.ask("zero_injectFault", _EQUIVOCATE) and w.ask("zero_settle") else [],
    ],
    "zero_getTransactionFinality": [
        *TRANSACTIONS,
        lambda w: [w.waiting],
        lambda w: [w.legacy] if w.ask("zero_settle") else [],
    ],
    "zero_addArtifacts": [
        fixed({"contractName": "Nothing", "abi": [], "bytecode": "0x", "deployedBytecode": "0x"})
    ],
    "zero_getProof": [
        ADDRESS,
        fixed(EMIT, ["0x0", "0x1", "0x" + "ff" * 32], "latest"),
        fixed(NOBODY, ["0x0"], "0x0"),
        lambda w: [w.sender, [], w.block_hash],
        lambda w: [w.sender, ["0x0"], None, {"knownBy": "system"}] if w.ask("zero_settle") else [],
    ],
    "zero_getScheduleProfile": [
        none,
        fixed("0x1", "latest"),
        lambda w: [w.block_hash],
        lambda w: [w.with_logs],
    ],
    "zero_getTransactionProof": [*TRANSACTIONS[:-1], lambda w: [w.legacy, _known(w)]],
    "zero_getReceiptProof": [*TRANSACTIONS[:-1], lambda w: [w.legacy, _known(w)]],
    "zero_getLogProof": [
        lambda w: [w.with_logs, "0x0"],
        lambda w: [w.with_logs, "0x0", {"height": _known(w) and "0x1"}],
    ],
    "zero_getMessage": [
        lambda w: [_sent(w)],
        lambda w: [_sent(w), {"proof": True, "traces": True}],
        fixed("0x" + "77" * 32),
    ],
    "zero_getMessages": [
        none,
        lambda w: [{"source": "alpha", "status": ["sent", "failed"]}, {"limit": 1}] if _sent(w) else [0],
        lambda w: [{"source": "alpha", "fromBlock": "earliest", "toBlock": "safe"}] if _sent(w) else [0],
        lambda w: [{}, {"cursor": w.ask("zero_getMessages", {}, {"limit": 1})["cursor"]}] if _two(w) else [0],
    ],
    "zero_getMessageProof": [
        lambda w: [_settled_message(w)],
        lambda w: [_settled_message(w), w.ask("zero_settlementStatus")["height"]],
    ],
    "zero_retryMessage": [
        lambda w: [_failed_message(w)],
        lambda w: [_failed_message(w), {"gas": "0x30d40", "value": 5, "from": w.sender}],
    ],
    "zero_simulateDelivery": [
        lambda w: [_sent(w)],
        lambda w: [_sent(w), {"gas": "0x30d40", "value": 5}],
        lambda w: [
            {
                "source": "alpha",
                "destination": "beta",
                "sender": w.sender,
                "receiver": "0x" + "00" * 12 + NOBODY[2:],
                "message": "0x1234",
                "options": MESSAGE_OPTIONS,
            }
        ],
    ],
    "zero_getCourier": [none, lambda w: [] if w.ask("zero_injectCourierFault", {"kind": "drop"}) else [0]],
    "zero_setCourier": [fixed({"mode": "manual"}), fixed({"mode": "delayed", "delay": 3})],
    "zero_courierStep": [none, lambda w: [5] if _sent(w) and w.ask("zero_settle") else []],
    "zero_pauseCourier": [none],
    "zero_resumeCourier": [none],
    "zero_injectCourierFault": [
        fixed({"kind": "drop", "source": "alpha", "rate": 0.5}),
        fixed({"kind": "corrupt", "part": "payload-hash", "guid": "0x" + "77" * 32, "seed": "0x5"}),
        fixed({"kind": "delay", "slots": 3, "destination": "beta"}),
        fixed({"kind": "duplicate"}),
        fixed({"kind": "reorder"}),
    ],
    "zero_clearCourierFault": [
        none,
        lambda w: [w.ask("zero_injectCourierFault", {"kind": "corrupt"})["id"]],
        fixed(12345),
    ],
    "rpc_modules": [none],
    "rpc.discover": [none],
}
"""By the first name of a method; its aliases are asked the same."""

ALWAYS_REFUSED = {
    "eth_getProof",
    "eth_subscribe",
    "eth_unsubscribe",
    "zero_validatorChallenge",
    "zero_attachValidator",
    "zero_validatorMessage",
    "zero_validatorReady",
}
"""In process these only have errors; subscriptions are checked over WebSocket."""


def _known(world: World) -> Any:
    """A settlement block that shows what was settled just now."""
    world.ask("zero_settle")
    return {"knownBy": "system"}


def _settled(world: World) -> Any:
    """The hash of an update that was just settled: of the system zone, which nothing that other calls
    do to the world keeps from settling."""
    ask = replace(world.ask, zone="system")
    ask("zero_clearFault")
    ask("evm_mine")
    return ask("zero_settle")[-1]["updates"][0]["hash"]


def _sent(world: World) -> str:
    """The GUID of a message that an account just sent from alpha to beta, where nobody takes it."""
    receiver = Hash32(bytes(12) + bytes.fromhex(NOBODY[2:]))
    parameters = members(50_102, receiver, octets(b"hello"), octets(bytes.fromhex(MESSAGE_OPTIONS[2:])), 0)
    data = _SEND + joined(parameters, bytes(12) + bytes.fromhex(world.sender[2:]))
    world.ask("anvil_setAutomine", True)
    transaction = {
        "from": world.sender,
        "to": "0x" + ENDPOINT.hex(),
        "value": hex(10**18),
        "data": "0x" + data.hex(),
        "gas": "0x1e8480",
    }
    sent = world.ask("eth_sendTransaction", transaction)
    assert world.ask("eth_getTransactionReceipt", sent)["status"] == "0x1"
    (message,) = world.ask("zero_getMessages", {"transactionHash": sent})["messages"]
    return str(message["guid"])


def _settled_message(world: World) -> str:
    """As `_sent`, settled."""
    guid = _sent(world)
    world.ask("zero_clearFault")
    world.ask("zero_settle")
    return guid


def _failed_message(world: World) -> str:
    """As `_sent`, with somebody there who takes the message's path and not the message."""
    beta = replace(world.ask, zone="beta")
    # Answers 1 to what fits into a few words, as allowInitializePath does; else reverts.
    beta("anvil_setCode", NOBODY, "0x6001600052610100361160125760206000f35b60006000fd")
    beta("evm_mine")
    world.ask("zero_clearCourierFault")
    guid = _settled_message(world)
    for _ in range(4):
        beta("evm_mine")
        beta("zero_settle")
        beta("zero_courierStep")
    assert world.ask("zero_getMessage", guid)["status"] == "failed"
    return guid


def _two(world: World) -> bool:
    """Sends two messages."""
    return _sent(world) != _sent(world)


def _mined(world: World, transaction: Any) -> Any:
    """The transaction, with automining on again."""
    world.ask("anvil_setAutomine", True)
    return transaction


def _funded(world: World) -> str:
    """An address that the network holds no key for and that can pay."""
    world.ask("anvil_setBalance", NOBODY, "0xde0b6b3a7640000")
    return NOBODY
