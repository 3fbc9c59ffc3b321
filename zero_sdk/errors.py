"""Every error that the `zero` command reports, with its stable code.

    ZeroError       what is wrong, where, and what to do about it
    Problem         one kind of it: code, title, exit code (`docs/errors.md` lists them all)

Codes never change their meaning and are never used again. 10xx the command itself, 11xx options and files,
12xx starting a network, 13xx talking to one, 14xx folders that keep one,
15xx dumps, 16xx proofs, 17xx projects and zero.toml,
18xx compiling and installing, 20xx the library's networks, contracts and accounts,
21xx messages between zones, 22xx traces and coverage.
"""

from __future__ import annotations

import enum


class Problem(enum.Enum):
    """The kinds of `ZeroError`: (code, what it means, exit code)."""

    INTERNAL = (1001, "The command failed in a way that its authors did not foresee", 1)
    USAGE = (1002, "A command, option or argument that does not exist, or lacks its value", 2)
    INTERRUPTED = (1003, "The command was interrupted before it was done", 130)
    BROKEN_INSTALLATION = (
        1004,
        "A package that the command needs is missing, broken or hidden by another",
        1,
    )

    BAD_VALUE = (1101, "The value of an option or environment variable is not acceptable", 2)
    CONTRADICTION = (1102, "Options that exclude each other were given together", 2)
    CONFIG_SYNTAX = (1103, "zero.toml is not valid TOML", 2)
    CONFIG_UNKNOWN_KEY = (1104, "zero.toml has a key that means nothing", 2)
    CONFIG_BAD_VALUE = (1105, "A value in zero.toml is not acceptable", 2)
    FILE_UNREADABLE = (1106, "A file or folder that was named cannot be read", 2)
    BAD_GENESIS = (1107, "The genesis file is not what --genesis expects", 2)
    FILE_UNWRITABLE = (1108, "A file that was named cannot be written", 1)

    PORT_IN_USE = (1201, "Another process listens on the port", 1)
    CANNOT_LISTEN = (1202, "The server cannot listen on the host and port", 1)
    EXEC_FAILED = (1203, "The command given to --exec cannot be started", 1)
    REFUSED_NETWORK = (1204, "The options do not describe a network that can exist", 2)
    ENGINE_ABSENT = (1205, "The native engine was asked for, and this installation has none", 1)

    NO_NETWORK = (1301, "No network answers at the URL", 1)
    NOT_JSON_RPC = (1302, "Something answers at the URL, but not in JSON-RPC", 1)
    RPC_ERROR = (1303, "The network answered with an error", 1)
    UNKNOWN_ZONE = (1304, "The network has no zone of that name", 1)

    OTHER_CHAIN = (1305, "The network's settlement chain is not the one that the validator knows", 1)
    VOTE_NOT_KEPT = (1306, "A validator's vote could not be written, so it was not sent", 1)

    FOLDER_IN_USE = (1401, "Another process has the data folder open", 1)
    FOLDER_NEWER = (1402, "The data folder was written by a newer version", 1)
    FOLDER_OTHER_NETWORK = (1403, "The data folder holds a network that the options contradict", 2)
    FOLDER_DAMAGED = (1404, "A file of the data folder is damaged", 1)
    FOLDER_INCOMPLETE = (1405, "A file of the data folder is missing", 1)
    FOLDER_FOREIGN = (1406, "The folder holds something else than a network", 2)
    FOLDER_UNUSABLE = (1407, "The data folder cannot be made, read or written", 1)
    FOLDER_FULL = (1408, "There is no space for the data folder", 1)
    FOLDER_EMPTY = (1409, "The folder holds no network", 2)

    DUMP_FOREIGN = (1501, "The file is no dump of a network", 2)
    DUMP_NEWER = (1502, "The dump was written by a newer version", 1)
    DUMP_DAMAGED = (1503, "The dump is damaged", 1)
    DUMP_OTHER_NETWORK = (1504, "The dump is of another network", 2)
    DUMP_TOO_LARGE = (1505, "The dump is larger than what the network accepts", 1)
    DUMP_NO_SPACE = (1506, "There is no space for the dump", 1)

    INVALID_PROOF = (1601, "What was given proves nothing", 1)
    CANNOT_VERIFY = (1602, "A network could not be verified", 2)

    NO_PROJECT = (1701, "There is no zero.toml here, nor in a folder above", 2)
    VARIABLE_NOT_SET = (1702, "zero.toml names an environment variable that is not set", 1)
    UNKNOWN_NAME = (1703, "zero.toml has no network or account of that name", 2)

    COMPILE_FAILED = (1801, "The compiler refused the sources", 1)
    MISSING_IMPORT = (1802, "A file that is imported does not exist", 1)
    NO_VERSION_FITS = (1803, "No version of the compiler satisfies everything that is asked for", 1)
    COMPILER_ABSENT = (1804, "A compiler is needed that is not here and cannot be got", 1)
    COMPILER_BROKEN = (1805, "The compiler itself failed", 1)
    UNKNOWN_CONTRACT = (1806, "The build has no contract of that name", 1)
    AMBIGUOUS_CONTRACT = (1807, "Several contracts of the build have that name", 1)
    UNLINKED_LIBRARY = (1808, "The code needs a library whose address is not given", 1)
    NOTHING_TO_COMPILE = (1809, "There is nothing to compile", 2)
    NO_BUILD = (1810, "The project has not been compiled", 1)
    INSTALL_FAILED = (1811, "A package or compiler could not be installed", 1)
    NO_NODE = (1812, "Node is needed and not there", 1)
    NO_INTERMEDIATE_CODE = (1813, "The compiler gives no intermediate code of the contract", 1)

    JOURNAL_UNUSABLE = (1901, "The journal of a deployment cannot be read or written", 1)
    DEPLOYMENT_RUNS = (1902, "Another process deploys with the same journal", 1)
    STEP_CHANGED = (1903, "A step that is done would be another one now", 1)
    DEPLOYMENT_GONE = (1904, "What the journal says is deployed is not on the chain", 1)
    NONCE_CONTENDED = (1905, "Others keep using the account that deploys", 1)
    NO_CODE_DEPLOYED = (1906, "A transaction succeeded and left no contract", 1)
    BAD_SCRIPT = (1907, "The deployment script cannot be run", 2)
    NO_SIMULATION = (1908, "The node cannot simulate a deployment", 1)
    UNSAFE_UPGRADE = (1909, "An implementation does not fit behind its proxy", 1)
    NO_PROXIES = (1910, "OpenZeppelin's proxies are not installed", 1)

    REVERTED = (2001, "A call or transaction reverted", 1)
    OUT_OF_GAS = (2002, "A call or transaction ran out of gas", 1)
    REFUSED = (2003, "The node refused a request", 1)
    NO_ANSWER = (2004, "The node did not answer", 1)
    TIMEOUT = (2005, "What was waited for did not happen in time", 1)
    NO_CONTRACT = (2006, "There is no such contract, or no code at the address", 1)
    WRONG_ARGUMENTS = (2007, "The arguments do not fit what is called", 2)
    BAD_ACCOUNT = (2008, "An account cannot be loaded, or cannot sign", 2)
    PUBLIC_KEY = (2009, "A well-known test key was about to be used on a network that is not a devnet", 2)
    BAD_RETURN_DATA = (2010, "What was returned does not decode to the types of the ABI", 1)
    NOT_A_DEVNET = (2011, "A development call was made on a network that is not a devnet", 1)

    UNKNOWN_MESSAGE = (2101, "The network knows no message of that GUID", 1)
    UNDELIVERED_MESSAGE = (2102, "A message was not delivered", 1)

    TRACE_UNKNOWN_TRANSACTION = (2201, "The transaction to trace is not known, or not mined yet", 1)
    TRACE_UNAVAILABLE = (2202, "The node gives no trace that can be read", 1)
    TRACE_NOTHING_FAILED = (2203, "A stack trace was asked for of something that did not fail", 2)
    COLLECTED_UNREADABLE = (2204, "A file of collected coverage or gas cannot be read", 1)
    SOURCE_DIFFERS = (2205, "The code on the chain is not what the source compiles to", 1)

    NO_FOREIGN_PROJECT = (2301, "There is no project of Foundry, Hardhat or Ape to make a zero.toml from", 2)
    FOREIGN_UNREADABLE = (2302, "The configuration of another tool cannot be read", 1)
    WOULD_OVERWRITE = (2303, "A file is there already, and would be overwritten", 2)
    BAD_PROJECT_NAME = (2304, "A project cannot have that name", 2)
    UNKNOWN_TEMPLATE = (2305, "There is no such template", 2)

    @property
    def code(self) -> str:
        """As printed: `ZERO-1201`."""
        return f"ZERO-{self.value[0]}"

    @property
    def title(self) -> str:
        return self.value[1]

    @property
    def exit_code(self) -> int:
        """1: what was asked for failed; 2: it was asked for wrongly."""
        return self.value[2]


class ZeroError(Exception):
    """An error that is the user's business: `message` says what is wrong and where, `hint` what to do."""

    def __init__(self, problem: Problem, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message
        self.hint = hint
