"""A zone in which something of every kind has happened: what the schema checks ask about."""

from __future__ import annotations

from dataclasses import dataclass

from devnet.chain.block_codec import encode_block
from devnet.chain.transaction_codec import encode_with_sidecar, sign_authorization
from devnet.network import Network
from devnet.rpc.codec.calls import read_call
from tests.rpc import contracts
from tests.rpc.asking import Asker

EMIT = "0x" + "e1" * 20
FAIL = "0x" + "f1" * 20
TOKEN = "0x" + "70" * 20
LOOP = "0x" + "10" * 20
NOBODY = "0x" + "0b" * 20
BLOB = "0x" + "00" * 131_072


@dataclass(frozen=True, slots=True)
class World:
    """Hashes are those of transactions in blocks, unless they say otherwise."""

    ask: Asker
    legacy: str
    with_logs: str
    failed: str
    blob: str
    set_code: str
    waiting: str
    """In the mempool."""
    block_hash: str
    """Of the block with the log."""
    block_encoded: str
    versioned_hash: str
    raw: str
    """A signed transaction that was not sent."""
    log_filter: str
    block_filter: str
    snapshot: str
    network_snapshot: str

    @property
    def sender(self) -> str:
        return self.ask.accounts[0]


def build_world(network: Network | None = None) -> World:
    ask = Asker(network or Network())
    sender, other = ask.accounts[:2]
    for address, code in ((EMIT, contracts.EMIT), (FAIL, contracts.FAIL), (LOOP, contracts.LOOP)):
        ask.place(address, code)
    ask.place(TOKEN, contracts.TOKEN)
    log_filter, block_filter = ask("eth_newFilter", {}), ask("eth_newBlockFilter")
    send = "eth_sendTransaction"
    legacy = ask(send, {"from": sender, "to": other, "value": "0x1", "gasPrice": "0x77359400", "type": "0x0"})
    slots = [{"address": EMIT, "storageKeys": ["0x" + "00" * 32]}]
    ask(send, {"from": sender, "to": EMIT, "type": "0x1", "accessList": slots, "gasPrice": "0x77359400"})
    with_logs = ask(send, {"from": sender, "to": EMIT, "type": "0x2"})
    block_hash = ask("eth_getBlockByNumber", "latest", False)["hash"]
    failed = ask(send, {"from": sender, "to": FAIL, "gas": "0x186a0"})
    ask(send, {"from": sender, "data": "0x602a5ff3", "gas": "0x186a0"})
    blob = ask(send, {"from": sender, "to": other, "type": "0x3", "blobs": [BLOB]})
    set_code = ask(send, {"from": sender, "to": other, "authorizationList": [_authorization(ask)]})
    snapshot, network_snapshot = ask("evm_snapshot"), ask("zero_snapshot")
    ask("zero_snapshot", "named")
    ask("anvil_setAutomine", False)
    waiting = ask(send, {"from": sender, "to": other, "gas": "0x5208"})
    ask(send, {"from": ask.accounts[2], "to": other, "gas": "0x5208", "nonce": "0x5"})
    block = ask.network.zone("alpha").block(bytes.fromhex(block_hash[2:]))
    assert block is not None
    return World(
        ask=ask,
        legacy=legacy,
        with_logs=with_logs,
        failed=failed,
        blob=blob,
        set_code=set_code,
        waiting=waiting,
        block_hash=block_hash,
        block_encoded="0x" + encode_block(block.header, block.transactions).hex(),
        versioned_hash=ask("eth_getTransactionByHash", blob)["blobVersionedHashes"][0],
        raw=signed(ask),
        log_filter=log_filter,
        block_filter=block_filter,
        snapshot=snapshot,
        network_snapshot=network_snapshot,
    )


def signed(ask: Asker, index: int = 3, **changes: str) -> str:
    """A transfer by the account with this index, signed and encoded and not sent."""
    fields = {"from": ask.accounts[index], "to": ask.accounts[1], "value": "0x1", "gas": "0x5208"}
    raw: str = ask("eth_signTransaction", {**fields, **changes})["raw"]
    return raw


def signed_blob(ask: Asker) -> str:
    """A blob transaction with its sidecar, encoded for eth_sendRawTransaction."""
    filled = ask(
        "eth_fillTransaction", {"from": ask.accounts[3], "to": NOBODY, "type": "0x3", "blobs": [BLOB]}
    )["tx"]
    request = read_call({**filled, "gasPrice": None, "from": ask.accounts[3]})
    transaction = ask.network.sign(ask.network.zone(ask.zone), request)
    assert request.sidecar is not None
    return "0x" + encode_with_sidecar(transaction, request.sidecar).hex()


def _authorization(ask: Asker) -> dict[str, str]:
    keys = ask.network.keys
    authority = keys.addresses[5]
    chain_id = ask.network.zone("alpha").config.chain_id
    made = sign_authorization(chain_id, bytes.fromhex(EMIT[2:]), 0, keys.key(authority))  # type: ignore[arg-type]
    return {
        "chainId": hex(chain_id),
        "address": EMIT,
        "nonce": "0x0",
        "yParity": hex(made.y_parity),
        "r": hex(made.r),
        "s": hex(made.s),
    }
