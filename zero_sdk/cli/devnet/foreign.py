"""What other networks call their options, each with what does the same here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_KEPT = "every kept block keeps its state; --history says how many, all by default"
_FOLDER = "--data-dir keeps a network in a folder"
_NO_FORK = (
    "a zone has no other chain to fork; --load begins with a dump, or with the accounts of a state of Anvil"
)
_GENESIS = "--genesis takes a file in geth's shape"
_NO_LIMIT = "--gas-limit and --transaction-gas-cap say how much gas fits"

HINTS: Mapping[str, str] = MappingProxyType(
    {
        # Anvil
        "--load-state": "--load begins with a dump, or with the accounts of a state of Anvil",
        "--dump-state": "--dump-on-exit writes a dump when the network ends",
        "--state-interval": "--data-dir keeps every change at once; `zero dump` writes a file at any moment",
        "--preserve-historical-states": _KEPT,
        "--prune-history": "--history N keeps N blocks below the newest one, --history 0 only the newest one",
        "--max-persisted-states": _KEPT,
        "--transaction-block-keeper": "--history says how many blocks keep their transactions",
        "--cache-path": _FOLDER,
        "--init": _GENESIS,
        "--block-base-fee-per-gas": "--base-fee sets it",
        "--disable-block-gas-limit": _NO_LIMIT,
        "--enable-tx-gas-limit": _NO_LIMIT,
        "--disable-code-size-limit": "--code-size-limit none lifts it",
        "--disable-min-priority-fee": "--gas-price is 0 by default: nothing to disable",
        "--no-cors": "--allow-origin names the origins that may call",
        "--print-traces": "`zero rpc debug_traceTransaction HASH` shows what a transaction did",
        "--steps-tracing": "`zero rpc debug_traceTransaction HASH` shows every step, without an option",
        "--fork-url": _NO_FORK,
        "--rpc-url": _NO_FORK,
        "--fork-block-number": _NO_FORK,
        # Hardhat
        "--hostname": "--host says where to listen",
        "--fork": _NO_FORK,
        # Ganache
        "--db": _FOLDER,
        "--database.dbPath": _FOLDER,
        "--deterministic": "the accounts are the same at every start, unless --mnemonic-random is given",
        # Geth, Reth
        "--datadir": _FOLDER,
        "--dev": "a network is for development anyway",
        "--dev.period": "--block-time says how often a block is sealed",
        "--networkid": "--chain-id is the chain id of the first zone",
        "--gcmode": _KEPT,
        "--history.state": _KEPT,
    }
)
"""By the option as it is written."""
