"""--load, --dump-on-exit and --state: a network that begins as a file says, and ends in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from devnet.chain.types import Address
from devnet.dump.errors import DumpError, Fault
from devnet.network import Network, NetworkContent
from devnet.zone.messages import GenesisAccount
from zero_sdk.cli.devnet.settings import Settings
from zero_sdk.cli.dump_files import is_anvil_state, write_whole
from zero_sdk.errors import Problem, ZeroError
from zero_sdk.project.zero_toml import reason_of

if TYPE_CHECKING:
    from devnet.dump.reading import Dump

_PROBLEMS = {
    Fault.NOT_A_DUMP: Problem.DUMP_FOREIGN,
    Fault.NEWER_FORMAT: Problem.DUMP_NEWER,
    Fault.DAMAGED: Problem.DUMP_DAMAGED,
    Fault.OTHER_NETWORK: Problem.DUMP_OTHER_NETWORK,
    Fault.TOO_LARGE: Problem.DUMP_TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class Beginning:
    """What --load or --state gave: a dump, or accounts, or nothing."""

    path: Path | None = None
    dump: Dump | None = None
    accounts: Mapping[Address, GenesisAccount] = field(default_factory=dict)

    def network(self, make: Callable[[NetworkContent | None], Network]) -> Network:
        """The network that begins like this. Raises ZeroError where the dump makes no sense."""
        # What only files need is imported when there is one: without, a start is quicker.
        if self.dump is not None:
            from devnet.dump.loading import content_problems

            with content_problems():
                return make(self.dump)
        network = make(None)
        if self.accounts:
            from devnet.dump.accounts import load_accounts

            # Anvil has one chain: its accounts go into the zone that clients find first.
            load_accounts(network.default_zone, self.accounts)
        return network


@contextmanager
def beginning(settings: Settings) -> Iterator[Beginning]:
    """Opens and checks the file. Raises ZeroError."""
    path = settings.load
    if path is None and settings.state is not None and settings.state.exists():
        path = settings.state
    if path is None:
        yield Beginning()
        return
    with dump_problems(path):
        try:
            file = open(path, "rb")  # noqa: SIM115 - closed below
        except OSError as error:
            raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: {reason_of(error)}") from error
        with file:
            if is_anvil_state(file):
                yield Beginning(path, accounts=_anvil_accounts(file, path, settings))
            else:
                from devnet.dump.reading import Dump

                yield Beginning(path, Dump(file))


def _anvil_accounts(file: BinaryIO, path: Path, settings: Settings) -> Mapping[Address, GenesisAccount]:
    from devnet.rpc.codec.anvil_state import read_accounts

    if settings.load is None:
        raise ZeroError(
            Problem.DUMP_FOREIGN,
            f"--state: {path} is a state file of Anvil, and would be overwritten with a dump",
            "--load takes its accounts over, --dump-on-exit names the file for the dump",
        )
    try:
        return read_accounts(file.read())
    except ValueError as error:
        raise ZeroError(Problem.DUMP_FOREIGN, f"{path}: no state of Anvil: {error}") from None


@contextmanager
def dump_problems(path: Path) -> Iterator[None]:
    """Turns what is wrong with a dump into a `ZeroError`."""
    try:
        yield
    except DumpError as error:
        raise ZeroError(
            _PROBLEMS[error.fault], f"{path}: {error.fault.value}: {error.detail}", error.advice or None
        ) from error


def check_dump_on_exit(settings: Settings) -> Path | None:
    """Where the network ends in a file. Raises ZeroError where that cannot be, before anything begins."""
    path = settings.dump_on_exit or settings.state
    if path is not None and (not path.parent.is_dir() or path.is_dir()):
        what = "it is a folder" if path.is_dir() else "the folder does not exist"
        flag = "--dump-on-exit" if settings.dump_on_exit else "--state"
        raise ZeroError(Problem.FILE_UNWRITABLE, f"{flag} {path}: {what}")
    return path


def dump_at_end(network: Network, path: Path | None) -> None:
    """Writes the file, where one was asked for. Raises ZeroError."""
    if path is not None:
        write_whole(path, network.dump)
