"""`zero validator`: a validator as a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import URL
from zero_sdk.cli.target import FROM, JSON

if TYPE_CHECKING:
    from devnet.settlement.remote.genesis_facts import GenesisFacts
    from devnet.settlement.remote.vote_file import Votes

KEY_FILE = Annotated[
    Path, typer.Argument(metavar="FILE", help="The keystore (EIP-2335).", show_default=False)
]


def validator(
    ctx: typer.Context,
    network: Annotated[
        str | None,
        typer.Option(
            "--network",
            metavar="URL",
            help="The network.  [env: ZERO_RPC_URL; default: http://127.0.0.1:8545]",
            show_default=False,
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Vote with the key in this keystore.", show_default=False),
    ] = None,
    seat: Annotated[
        int | None,
        typer.Option(
            metavar="INDEX",
            help="Take over the seat of this validator of genesis, whose key everybody knows.",
            show_default=False,
            min=0,
        ),
    ] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Keep what was signed here, so that a restart never contradicts it.  [default: in memory]",
            show_default=False,
        ),
    ] = None,
    genesis: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="Refuse a network whose facts about genesis have another hash.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[
        str,
        typer.Option(metavar="auto|native|pyevm", help="What executes.  [default: auto]", show_default=False),
    ] = "auto",
    threads: Annotated[
        int,
        typer.Option(metavar="NUMBER", help="Of the native engine.  [default: 1]", show_default=False, min=1),
    ] = 1,
    json: JSON = False,
) -> None:
    """Run a validator: check what is to be settled, and vote on it.

    It keeps a settlement chain of its own, from certificates alone, and votes for what it has checked
    itself. It goes on when the network, or itself, was away.
    """
    from urllib.parse import urlsplit

    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.errors import Problem, ZeroError

    if ctx.invoked_subcommand is not None:
        return
    if (key is None) == (seat is None):
        raise ZeroError(
            Problem.USAGE,
            f"give --key FILE or --seat INDEX{'' if key is None else ', not both'}",
            "--seat 0 is the first validator of a devnet; `zero validator key new FILE` makes a key",
        )
    _validate(urlsplit(endpoint(network)), key, seat, data_dir, _hash(genesis), engine, threads, json)


def _validate(
    url: Any,
    key: Path | None,
    seat: int | None,
    data_dir: Path | None,
    genesis: Any,
    engine: str,
    threads: int,
    json: bool,
) -> None:
    import asyncio
    import signal
    import sys
    from contextlib import suppress

    from devnet.chain.types import Hash32
    from devnet.parts import EngineAbsent, EngineChoice, choose_parts
    from devnet.persistence.errors import FolderError
    from devnet.proving.stateless import WitnessVerifier
    from devnet.settlement.genesis_keys import genesis_secret
    from devnet.settlement.remote.catching_up import Forked, TooFarBehind
    from devnet.settlement.remote.process import (
        Lost,
        Machinery,
        OtherGenesis,
        OtherNetwork,
        ValidatorProcess,
    )
    from devnet.settlement.remote.vote_file import VoteFile, VotesInMemory
    from zero_sdk.cli.folder_problems import folder_error, system_error
    from zero_sdk.cli.output import Paint, result, say
    from zero_sdk.cli.validator_keys import secret_in
    from zero_sdk.cli.validator_lines import Shown, as_json, line
    from zero_sdk.errors import Problem, ZeroError

    if url.scheme not in ("http", "https") or not url.hostname:
        raise ZeroError(Problem.BAD_VALUE, f"{url.geturl()!r} is not a URL of a network")
    try:
        parts = choose_parts(EngineChoice(engine), threads)
    except ValueError:
        raise ZeroError(Problem.BAD_VALUE, f"--engine {engine}: auto, native or pyevm") from None
    except EngineAbsent as absent:
        raise ZeroError(Problem.ENGINE_ABSENT, str(absent)) from None
    scheme = parts.signatures()
    own = None if key is None else secret_in(key)
    paint = Paint.for_stream(sys.stdout)
    opened: list[VoteFile] = []
    last: Shown | None = None

    def secret(facts: GenesisFacts) -> bytes:
        if own is not None:
            return own
        assert seat is not None
        found = genesis_secret(scheme, facts.network, seat)
        members = [validator.public_key for validator in facts.validators.validators]
        if seat >= len(members) or scheme.public_key(found) != members[seat]:
            raise ZeroError(
                Problem.BAD_VALUE,
                f"--seat {seat}: there is no such seat whose key follows from the network's configuration",
                f"the network began with {len(members)} validators; --key has a key of its own",
            )
        return found

    def votes(public_key: bytes) -> Votes:
        if data_dir is None:
            say("warning: what is signed is kept in memory; with --data-dir a restart never contradicts it")
            return VotesInMemory()
        opened.append(VoteFile(data_dir, public_key))
        return opened[-1]

    def report(shown: Shown) -> None:
        nonlocal last
        # A network that stays away is told of once.
        is_told = isinstance(shown, Lost) and shown == last
        last = shown
        if json:
            import json as codec

            result(codec.dumps(as_json(shown, process.cost)))
        elif not is_told and (text := line(shown, paint)) is not None:
            result(text)

    verifier = WitnessVerifier(parts.engine(), parts.codec(), open_state=parts.open_state)
    machinery = Machinery(scheme, verifier, parts.coder())
    process = ValidatorProcess(url, secret, votes, machinery, report, genesis and Hash32(genesis))

    async def until_told() -> None:
        loop = asyncio.get_running_loop()
        # Windows has no handlers on its loop; there Ctrl-C raises KeyboardInterrupt.
        with suppress(NotImplementedError):
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, process.stop)
        await process.run()

    try:
        asyncio.run(until_told())
    except FolderError as error:
        raise folder_error(error) from error
    except TooFarBehind as error:
        raise ZeroError(
            Problem.OTHER_CHAIN,
            str(error),
            "a validator must not be away for longer than the network keeps its settlement blocks",
        ) from error
    except OtherGenesis as error:
        raise ZeroError(
            Problem.OTHER_CHAIN, str(error), "--network names another network than the one --genesis is of"
        ) from error
    except (OtherNetwork, Forked) as error:
        raise ZeroError(
            Problem.OTHER_CHAIN,
            str(error),
            "a validator of the network as it is now begins with another --data-dir, or none",
        ) from error
    except OSError as error:
        if data_dir is None:
            raise
        if opened:
            raise ZeroError(Problem.VOTE_NOT_KEPT, str(error), "free some space, then start again") from error
        raise system_error(error, data_dir) from error
    finally:
        for file in opened:
            file.close()


def _hash(text: str | None) -> bytes | None:
    from zero_sdk.errors import Problem, ZeroError

    if text is None:
        return None
    try:
        root = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        root = b""
    if len(root) != 32:
        raise ZeroError(Problem.BAD_VALUE, f"--genesis {text}: 32 bytes in hex are expected")
    return root


# ---------------------------------------------------------------- keys and stakes


def new(file: KEY_FILE, json: JSON = False) -> None:
    """Make a key, and print its public key.

    The password is asked for, or ZERO_VALIDATOR_PASSWORD.
    """
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.cli.validator_keys import make_key

    key = make_key(file)
    if json:
        result_json({"file": str(file), "publicKey": f"0x{key.hex()}"})
    else:
        result(f"0x{key.hex()}")


def show(file: KEY_FILE, json: JSON = False) -> None:
    """Print the public key in a keystore."""
    from zero_sdk.cli.output import result, result_json
    from zero_sdk.cli.validator_keys import public_key_in

    key = public_key_in(file)
    if json:
        result_json({"file": str(file), "publicKey": f"0x{key.hex()}"})
    else:
        result(f"0x{key.hex()}")


def stake(
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="The validator's keystore.", show_default=False)
    ],
    stake: Annotated[
        str, typer.Option("--stake", metavar="AMOUNT", help="ZRO, or with a unit.", show_default=False)
    ],
    sender: FROM = None,
    url: URL = None,
    json: JSON = False,
) -> None:
    """Register a key with Staking, and delegate to it.

    It proves possession of the key, and prints the validator's number. The next epoch takes it in, where
    there is a seat for it.
    """
    from devnet.contracts.addresses import STAKING
    from devnet.contracts.staking import register_call
    from devnet.parts import choose_parts
    from devnet.settlement.bls import uncompressed_key, uncompressed_signature
    from zero_sdk.cli import target
    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.cli.validator_keys import secret_in
    from zero_sdk.client.units import UNITS
    from zero_sdk.client.words import parse_integer

    has_unit = stake.lower().endswith(tuple(UNITS)) or stake.startswith("0x")
    amount = parse_integer(stake if has_unit else f"{stake}ether", is_signed=False)
    secret = secret_in(key)
    scheme = choose_parts().signatures()
    public_key = scheme.public_key(secret)
    data = register_call(
        uncompressed_key(public_key), uncompressed_signature(scheme.prove_possession(secret))
    )
    opened, at = target.open_target(target.project_here(), url, None, "system")
    with opened:
        account = target.account_named(opened, target.project_here(), sender)
        transaction = at.send(f"0x{STAKING.hex()}", value=amount, data=data, sender=account)
        number = int.from_bytes(transaction.receipt.logs[0].topics[1], "big")
        if json:
            result_json({"validator": number, "publicKey": f"0x{public_key.hex()}", "stake": str(amount)})
        else:
            result(str(number))
            say("the next epoch takes it in, where there is a seat; `zero validator --key` votes with it")


def register(app: typer.Typer) -> None:
    """Adds the command and its subcommands."""
    group = typer.Typer(
        name="validator",
        context_settings=CONTEXT,
        invoke_without_command=True,
    )
    group.callback()(validator)
    keys = typer.Typer(name="key", help="Keys of validators.", context_settings=CONTEXT)
    for name, command in (("new", new), ("show", show)):
        keys.command(name, cls=GroupedCommand, context_settings=CONTEXT)(command)
    group.command("register", cls=GroupedCommand, context_settings=CONTEXT)(stake)
    group.add_typer(keys)
    app.add_typer(group)
