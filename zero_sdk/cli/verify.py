"""`zero verify`: whether a network is what it says, checked by one who believes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.target import JSON, NETWORK_OR_URL

if TYPE_CHECKING:
    from devnet.parts import Parts
    from devnet.verifying.report import Report
    from devnet.verifying.verify import VerifySettings

    Checking = Callable[[Callable[[str, int, int], None]], Report]

MOST_SAMPLES = 32_768


def verify(
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="[FOLDER|DUMP|URL]", help="What is verified, instead of --network.", show_default=False
        ),
    ] = None,
    network: NETWORK_OR_URL = None,
    config_hash: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="The configuration hash that the network must have, from who is trusted.",
            show_default=False,
        ),
    ] = None,
    from_height: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, help="The settlement height to begin at; the block before is believed."
        ),
    ] = 1,
    samples: Annotated[
        int,
        typer.Option(
            metavar="K",
            min=0,
            max=MOST_SAMPLES,
            help="Columns that are asked for of the data of each update.",
        ),
    ] = 16,
    seed: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Draws the same samples again.", show_default=False),
    ] = None,
    no_proofs: Annotated[
        bool, typer.Option("--no-proofs", help="Do not check proofs, which takes longest.")
    ] = False,
    no_transactions: Annotated[
        bool, typer.Option("--no-transactions", help="Check headers, and not what is in the blocks.")
    ] = False,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.1, help="How long the network may take to answer.")
    ] = 30.0,
    json: JSON = False,
) -> None:
    """Check a running network, a data folder or a dump as an outsider.

    Nothing is believed that is not shown: certificates, roots, updates, headers, transactions, receipts,
    proofs and samples of the data are held against the configuration. What was not checked is said, with the
    reason. Ends with exit code 0 when no lie was found, 1 for a lie, which is named, and 2 when it could not
    look.
    """
    from zero_sdk.cli.bars import shown_progress
    from zero_sdk.cli.output import Ending, result, result_json
    from zero_sdk.cli.verify_words import report_as_json, report_in_words
    from zero_sdk.errors import Problem, ZeroError

    if target is not None and network is not None:
        raise ZeroError(
            Problem.USAGE,
            f"give {target} or --network {network}, not both",
            "a folder and a dump are verified without a network",
        )
    with _as_impossible():
        from devnet.parts import choose_parts
        from devnet.verifying.verify import VerifySettings

        settings = VerifySettings(
            from_height,
            samples,
            None if seed is None else seed.encode(),
            not no_proofs,
            not no_transactions,
            _read_hash(config_hash),
        )
        with _checking(target, network, timeout, settings, choose_parts()) as check, shown_progress() as show:
            report = check(show)
    if json:
        result_json(report_as_json(report))
    else:
        for line in report_in_words(report):
            result(line)
    if not report.is_true:
        raise Ending(1)


@contextmanager
def _checking(
    target: str | None, network: str | None, timeout: float, settings: VerifySettings, parts: Parts
) -> Iterator[Checking]:
    """What does the check of what was named."""
    from devnet.verifying.kept import verify_dump, verify_folder
    from devnet.verifying.verify import verify as look_at
    from zero_sdk.client.outsider import AskingUrl
    from zero_sdk.errors import Problem, ZeroError

    if target is not None and "://" not in target:
        path = Path(target)
        if not path.exists():
            raise ZeroError(Problem.FILE_UNREADABLE, f"{path}: there is nothing", "name a folder or a dump")
        kept = verify_folder if path.is_dir() else verify_dump
        yield lambda progress: kept(path, settings, parts, progress)
        return
    ask = AskingUrl(target or _url_of(network), timeout)
    try:
        yield lambda progress: look_at(ask, settings, parts, progress)
    finally:
        ask.close()


def _url_of(network: str | None) -> str:
    """The URL that --network names, else the one of the devnet here."""
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.target import is_url, project_here
    from zero_sdk.errors import Problem, ZeroError

    if network is None or is_url(network):
        return network or endpoint(None)
    project = project_here()
    if project is None:
        raise ZeroError(Problem.NO_PROJECT, f"--network {network}: there is no zero.toml here", "give a URL")
    url = project.network(network).url
    if url is None:
        raise ZeroError(Problem.BAD_VALUE, f"--network {network} has no URL of its own", "give the URL")
    return url.reveal()


def _read_hash(text: str | None) -> Any:
    from devnet.chain.types import Hash32
    from zero_sdk.errors import Problem, ZeroError

    if text is None:
        return None
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise ZeroError(Problem.BAD_VALUE, f"--config-hash {text}: it has 32 bytes of hex")
    return Hash32(value)


@contextmanager
def _as_impossible() -> Iterator[None]:
    """Turns what keeps from looking into ZERO-1602: a lie is the only thing that ends with 1."""
    from devnet.dump.errors import DumpError
    from devnet.kernel import KernelAbsent
    from devnet.maintenance.looking import NothingThere
    from devnet.persistence.errors import Flaw, FolderError
    from devnet.verifying.asking import Unreachable
    from devnet.verifying.reading import NotARecord
    from devnet.verifying.verify import WentBackMeanwhile
    from zero_sdk.errors import Problem, ZeroError

    try:
        yield
    except ZeroError as error:
        if error.problem.exit_code == 2:
            raise
        raise ZeroError(Problem.CANNOT_VERIFY, error.message, error.hint) from error
    except WentBackMeanwhile as error:
        raise ZeroError(Problem.CANNOT_VERIFY, str(error), "run it again") from error
    except FolderError as error:
        # Two processes must not read and write the same files.
        is_running = error.flaw is Flaw.IN_USE
        hint = "verify the network that runs in it, with --network URL" if is_running else error.advice
        message = f"{error.path}: {error.flaw.value}: {error.detail}"
        raise ZeroError(Problem.CANNOT_VERIFY, message, hint) from error
    except (Unreachable, NotARecord, DumpError, NothingThere, KernelAbsent, ValueError, OSError) as error:
        raise ZeroError(Problem.CANNOT_VERIFY, str(error)) from error
    except Exception as error:
        # Exit code 1 is for lies.
        hint = "this is a bug in Zero SDK; `--debug` shows the traceback to report"
        raise ZeroError(Problem.CANNOT_VERIFY, f"{type(error).__name__}: {error}", hint) from error


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("verify", cls=GroupedCommand, context_settings=CONTEXT)(verify)
