"""What web3.py's provider suite expects to find on a chain, put onto a fresh zone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3._utils.contract_sources.contract_data._custom_contract_data import EMITTER_ENUM
from web3._utils.contract_sources.contract_data.emitter_contract import EMITTER_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.math_contract import MATH_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.offchain_lookup import OFFCHAIN_LOOKUP_DATA
from web3._utils.contract_sources.contract_data.panic_errors_contract import PANIC_ERRORS_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.revert_contract import REVERT_CONTRACT_DATA
from web3._utils.contract_sources.contract_data.storage_contract import STORAGE_CONTRACT_DATA
from web3.types import BlockData, RPCEndpoint

CHAIN_ID = 131277322940537
"""The suite compares with the chain id of web3.py's own geth fixture."""

MNEMONIC = "test test test test test test test test test test test junk"

CONTRACTS = {
    "math": MATH_CONTRACT_DATA,
    "emitter": EMITTER_CONTRACT_DATA,
    "revert": REVERT_CONTRACT_DATA,
    "offchain_lookup": OFFCHAIN_LOOKUP_DATA,
    "panic_errors": PANIC_ERRORS_CONTRACT_DATA,
    "storage": STORAGE_CONTRACT_DATA,
}


@dataclass(frozen=True, slots=True)
class PreparedChain:
    """Where on the chain is what the suite's fixtures name."""

    keyfile_account: LocalAccount
    contracts: dict[str, ChecksumAddress]
    math_deployment: HexStr
    empty_block: BlockData
    block_with_transaction: BlockData
    mined_transaction: HexStr
    block_with_log: BlockData
    transaction_with_log: HexStr


def prepare(w3: Web3) -> PreparedChain:
    """Deploys the suite's contracts and makes the blocks that it looks at."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC)
    sender = {"from": account.address}

    def mine() -> None:
        reply = w3.provider.make_request(RPCEndpoint("evm_mine"), [])
        assert "error" not in reply, reply

    def receipt_of(transaction: Any) -> Any:
        mine()
        receipt = w3.eth.wait_for_transaction_receipt(transaction, timeout=30)
        assert receipt["status"] == 1
        return receipt

    mine()
    empty = w3.eth.get_block("latest")
    assert not empty["transactions"]
    deployments = {
        name: w3.eth.contract(**data).constructor().transact(sender) for name, data in CONTRACTS.items()
    }
    addresses = {name: receipt_of(hash_)["contractAddress"] for name, hash_ in deployments.items()}
    mined = receipt_of(
        w3.eth.send_transaction(
            {**sender, "to": account.address, "value": 1, "gas": 21000, "gasPrice": 10**9 * 5}
        )
    )
    emitter = w3.eth.contract(address=addresses["emitter"], abi=EMITTER_CONTRACT_DATA["abi"])
    logged = receipt_of(
        emitter.functions.logDouble(EMITTER_ENUM["LogDoubleWithIndex"], 12345, 54321).transact(sender)
    )
    return PreparedChain(
        keyfile_account=account,
        contracts=addresses,
        math_deployment=deployments["math"].to_0x_hex(),
        empty_block=empty,
        block_with_transaction=w3.eth.get_block(mined["blockNumber"]),
        mined_transaction=mined["transactionHash"].to_0x_hex(),
        block_with_log=w3.eth.get_block(logged["blockNumber"]),
        transaction_with_log=logged["transactionHash"].to_0x_hex(),
    )
