"""Everything that `zero devnet` can be told, each option once.

The command line, the environment (`ZERO_...`), the `[devnet]` section of zero.toml, the help and the docs
are made from this table. A value is taken from the first of the three that gives it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zero_sdk.cli import kinds
from zero_sdk.cli.kinds import Kind

LOG_LEVELS = ("error", "warn", "info", "debug")
FSYNC = ("block", "slot", "never")
ENGINES = ("auto", "native", "pyevm")
MOST_THREADS = 1_024
FORKS = ("paris", "shanghai", "cancun", "prague", "osaka")
# Spelled out: `zero doctor` reads this table too, and has to run where another `devnet` shadows ours.
DEFAULT_MNEMONIC = "test test test test test test test test test test test junk"


@dataclass(frozen=True, slots=True)
class Option:
    """How one field of `Settings` is given and explained."""

    field: str
    kind: Kind
    default: Any
    help: str
    group: str
    short: str | None = None
    shown_default: str = ""

    @property
    def flag(self) -> str:
        """On the command line: `--block-time`."""
        return f"--{self.key}"

    @property
    def key(self) -> str:
        """In zero.toml: `block-time`."""
        return self.field.replace("_", "-")

    @property
    def variable(self) -> str:
        """In the environment: `ZERO_BLOCK_TIME`."""
        return f"ZERO_{self.field.upper()}"


def option(
    kind: Kind, default: Any, help: str, group: str, *, short: str | None = None, shown: str = ""
) -> Any:
    """A field of `Settings`; `shown` is the default in words where its value would not be understood."""
    return field(
        default=default, metadata={"kind": kind, "help": help, "group": group, "short": short, "shown": shown}
    )


NETWORK, SERVER, ACCOUNTS, MINING, DATA, OUTPUT = (
    *("Network", "Server", "Accounts"),
    *("Mining", "Data", "Output"),
)

SMALLEST_MEMORY_LIMIT = 1_000_000
"""Bytes; a smaller limit would be spent by the newest blocks alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `zero devnet` was told, validated value by value."""

    zones: tuple[str, ...] | int = option(
        kinds.ZONES,
        ("alpha", "beta"),
        "The application zones: their names, or how many (alpha, beta, gamma ...).",
        NETWORK,
        shown="alpha,beta",
    )
    chain_id: int | None = option(
        kinds.integer("NUMBER", 1, (1 << 52) - 1),
        None,
        "Chain id of the first application zone; the following zones have the following ids.",
        NETWORK,
        shown="7700001",
    )
    eid: tuple[tuple[str, int], ...] = option(
        kinds.EIDS,
        (),
        "Endpoint id of a zone, by which LayerZero's packets name it. May be repeated.",
        NETWORK,
        shown="alpha=50121,beta=50102, others 50900 + their index",
    )
    hardfork: str = option(kinds.choice(*FORKS), "osaka", "Ethereum's rules that the zones follow.", NETWORK)
    genesis: Path | None = option(
        kinds.PATH, None, "A geth-style genesis file; its alloc is added to every zone.", NETWORK
    )
    timestamp: int | None = option(
        kinds.MOMENT,
        None,
        "Time of the genesis block: seconds since 1970, or ISO 8601.",
        NETWORK,
        shown="now",
    )
    gas_limit: int | None = option(
        kinds.integer("GAS", 21_000), None, "Gas limit of a block.", NETWORK, shown="1000000000"
    )
    transaction_gas_cap: int | None = option(
        kinds.optional_integer("GAS", 21_000, (1 << 63) - 1),
        16_777_216,
        "Most gas of one transaction, on every hard fork; none lifts the cap.",
        NETWORK,
    )
    code_size_limit: int | None = option(
        kinds.optional_integer("BYTES", 1, 1 << 32),
        24_576,
        "Largest code of a contract; none lifts the limit.",
        NETWORK,
    )
    base_fee: int | None = option(
        kinds.WEI,
        None,
        "Base fee of the genesis block; 0 keeps it at zero.",
        NETWORK,
        shown="1000000000",
    )
    gas_price: int = option(
        kinds.WEI, 0, "Least price of gas, above the base fee, that a transaction must offer.", NETWORK
    )
    strict_timestamps: bool = option(
        kinds.FLAG, False, "Give every block a later timestamp than its parent's.", NETWORK
    )
    artifacts: tuple[Path, ...] = option(
        kinds.PATHS,
        (),
        "A folder of build artifacts (Foundry's, Hardhat's or this project's) to watch, for names, ABIs and "
        "sources in logs and traces. May be repeated.",
        NETWORK,
    )

    host: tuple[str, ...] = option(
        kinds.TEXTS, ("127.0.0.1",), "Address to listen on. May be repeated.", SERVER, shown="127.0.0.1"
    )
    port: int = option(
        kinds.integer("NUMBER", 0, 65_535),
        8545,
        "Port to listen on; 0 takes a free one.",
        SERVER,
        short="-p",
    )
    ports: bool = option(
        kinds.FLAG, False, "Give every zone a port of its own as well: the ones after --port.", SERVER
    )
    allow_host: tuple[str, ...] = option(
        kinds.TEXTS,
        (),
        "A name by which clients may call the server (Host header), beside loopback ones; * allows all. "
        "May be repeated.",
        SERVER,
    )
    allow_origin: tuple[str, ...] = option(
        kinds.TEXTS,
        ("*",),
        "Origin of the web pages that may call the server. May be repeated.",
        SERVER,
        shown="*",
    )
    client_version: str | None = option(
        kinds.TEXT, None, "What web3_clientVersion answers, for tools that look for a name in it.", SERVER
    )
    rpc_gas_cap: int = option(
        kinds.integer("GAS", 21_000), 50_000_000, "Most gas that one call, estimate or trace may use.", SERVER
    )
    rpc_timeout: float | None = option(
        kinds.seconds(0.001, may_be_none=True),
        5.0,
        "Longest time that one call, estimate or trace may take; none lifts the limit.",
        SERVER,
        shown="5",
    )

    accounts: int = option(
        kinds.integer("NUMBER", 0, 100_000), 10, "How many funded accounts.", ACCOUNTS, short="-a"
    )
    balance: int = option(
        kinds.AMOUNT,
        10_000 * kinds.WEI_PER_ZRO,
        "Balance of each account in every zone.",
        ACCOUNTS,
        shown="10000",
    )
    mnemonic: str = option(
        kinds.MNEMONIC,
        DEFAULT_MNEMONIC,
        "Words from which the accounts are derived.",
        ACCOUNTS,
        short="-m",
        shown="the well-known test ... junk",
    )
    mnemonic_random: bool = option(kinds.FLAG, False, "Derive the accounts from new random words.", ACCOUNTS)
    derivation_path: str = option(
        kinds.DERIVATION_PATH, "m/44'/60'/0'/0/", "Path of the accounts; the index is appended.", ACCOUNTS
    )
    fund: tuple[tuple[bytes, int], ...] = option(
        kinds.GRANTS, (), "A balance for another address in every zone. May be repeated.", ACCOUNTS
    )
    auto_impersonate: bool = option(
        kinds.FLAG, False, "Accept transactions of any sender without a key or signature.", ACCOUNTS
    )

    block_time: float | None = option(
        kinds.seconds(0.01), None, "Seal a block every so many seconds.", MINING, short="-b"
    )
    no_mining: bool = option(kinds.FLAG, False, "Seal blocks only when told to (evm_mine).", MINING)
    mixed_mining: bool = option(
        kinds.FLAG, False, "With --block-time: seal on every transaction as well.", MINING
    )
    slot_time: float = option(
        kinds.seconds(0.0),
        1.0,
        "Settle every so many seconds what there is to settle; 0: after every block.",
        MINING,
    )
    settlement: str = option(
        kinds.choice("on", "off"),
        "on",
        "Whether the network settles by itself; off: only when told to (zero_settle).",
        MINING,
    )
    order: str = option(
        kinds.choice("fees", "fifo", "fafo"), "fees", "Order of the transactions in a block.", MINING
    )
    max_transactions: int | None = option(
        kinds.integer("NUMBER", 1), None, "Most transactions in a block.", MINING
    )

    data_dir: Path | None = option(
        kinds.PATH,
        None,
        "A folder that keeps the network: what is in it goes on, what happens is kept.",
        DATA,
        shown="memory only",
    )
    history: int | None = option(
        kinds.HISTORY,
        None,
        "How many blocks below the newest one keep their transactions, receipts and state.",
        DATA,
        shown="all",
    )
    memory_limit: int | None = option(
        kinds.size(SMALLEST_MEMORY_LIMIT),
        None,
        "Memory that history may take, e.g. 500MB or 2GiB; beyond it the oldest blocks are forgotten.",
        DATA,
        shown="none",
    )
    archive: int = option(
        kinds.integer("N", 0, 1 << 20),
        1_024,
        "Of how many of the newest settlement blocks the dispersed data and the proofs are kept.",
        DATA,
    )
    archive_size: int | None = option(
        kinds.size(1_000_000),
        64 * 1024 * 1024,
        "How much that may be, e.g. 500MB or 2GiB; beyond it the oldest goes.",
        DATA,
        shown="64MiB",
    )
    fsync: str = option(
        kinds.choice(*FSYNC),
        "slot",
        "When the folder's bytes are made to survive a power cut: with every reply, every second, or never. "
        "A killed process loses nothing in any case.",
        DATA,
    )

    load: Path | None = option(
        kinds.PATH,
        None,
        "Start as a dump (zero dump) says; or with the accounts of a state file of Anvil.",
        DATA,
    )
    dump_on_exit: Path | None = option(
        kinds.PATH, None, "Write a dump into this file when the network ends.", DATA
    )
    state: Path | None = option(
        kinds.PATH, None, "--load where the file exists, and --dump-on-exit into it.", DATA
    )

    engine: str = option(
        kinds.choice(*ENGINES),
        "auto",
        "What executes transactions and keeps the state: the compiled kernel, or the reference in Python. "
        "auto: the kernel where it is there.",
        NETWORK,
    )
    threads: int | None = option(
        kinds.integer("NUMBER", 1, MOST_THREADS),
        None,
        "Threads of the native engine, shared by all zones.",
        NETWORK,
        shown="one a core",
    )

    log_level: str = option(
        kinds.choice(*LOG_LEVELS),
        "info",
        "What is written to stderr. info: the banner, transactions and blocks; debug: every request too.",
        OUTPUT,
    )
    quiet: bool = option(
        kinds.FLAG, False, "Only warnings and errors on stderr (--log-level warn).", OUTPUT, short="-q"
    )
    silent: bool = option(kinds.FLAG, False, "Only errors on stderr (--log-level error).", OUTPUT)
    json: bool = option(
        kinds.FLAG, False, "Print the network's description as one line of JSON when it is ready.", OUTPUT
    )
    config_out: Path | None = option(
        kinds.PATH, None, "Write the network's description to a JSON file when it is ready.", OUTPUT
    )
    exec: str | None = option(
        kinds.TEXT,
        None,
        "Run a command against the network, with the endpoints in ZERO_RPC_URL_<ZONE>, and end with its exit "
        "code.",
        OUTPUT,
    )

    given: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where the values that are no defaults come from, by field: `--port`, or `ZERO_PORT`, or
    `zero.toml:3: port`."""

    @property
    def effective_log_level(self) -> str:
        """--silent and --quiet are short words for two of the log levels."""
        if self.silent:
            return "error"
        return "warn" if self.quiet else self.log_level


def options() -> Iterator[Option]:
    """Every option in the order of the help."""
    for item in dataclasses.fields(Settings):
        data = item.metadata
        if not data:
            continue
        yield Option(
            item.name, data["kind"], item.default, data["help"], data["group"], data["short"], data["shown"]
        )


def default_in_words(option: Option) -> str:
    """The default as the help shows it, "" where there is nothing to show."""
    if option.shown_default:
        return option.shown_default
    if option.default is None or option.default is False or option.default == ():
        return ""
    return str(option.default)
