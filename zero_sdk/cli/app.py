"""Puts the commands together, and turns every way a command can end into an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
import typer.main

from zero_sdk.cli import (
    accounts,
    bind,
    bridge,
    chaos,
    compile,
    console,
    contract_call,
    convert,
    courier,
    data,
    decode,
    deploy,
    devnet,
    doctor,
    dump,
    export,
    force,
    fund,
    init,
    inspect,
    install,
    message,
    profile,
    proof,
    rpc,
    send,
    snapshot,
    supply,
    test,
    trace,
    validator,
    validators,
    verify,
    verify_source,
)
from zero_sdk.cli.help import CONTEXT
from zero_sdk.cli.output import Ending, report, say
from zero_sdk.errors import Problem, ZeroError

UsageError: type[Exception] = typer.BadParameter.__mro__[1]
"""Base of every complaint about arguments; typer has no public name for it."""

EPILOG = "`zero COMMAND --help` explains a command. Errors have codes that docs/errors.md lists."


def _version(is_asked: bool) -> None:
    if is_asked:
        from zero_sdk.cli.version import version_line

        print(version_line())
        raise typer.Exit()


def _zero(
    version: Annotated[
        bool,
        typer.Option("--version", "-V", help="Print the version and exit.", callback=_version, is_eager=True),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show Python tracebacks of errors (or ZERO_DEBUG=1).")
    ] = False,
) -> None:
    """A local Zero network: many EVM zones behind one JSON-RPC port."""
    # `debug` is taken out of the arguments by `run`, so that it may stand anywhere.


def build() -> Any:
    """The command tree."""
    app = typer.Typer(
        name="zero",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings=CONTEXT,
        epilog=EPILOG,
    )
    app.callback()(_zero)
    for command in (
        init,
        compile,
        inspect,
        export,
        install,
        test,
        deploy,
        verify_source,
        console,
        contract_call,
        send,
        force,
        fund,
        decode,
        convert,
        bind,
        devnet,
        accounts,
        rpc,
        dump,
        data,
        snapshot,
        message,
        courier,
        bridge,
        supply,
        proof,
        verify,
        trace,
        profile,
        validator,
        validators,
        chaos,
        doctor,
    ):
        command.register(app)
    return typer.main.get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Runs one command; gives its exit code. Errors are reported here and nowhere else."""
    own, rest = _split_at_dashes(arguments or ["--help"])
    is_debug = "--debug" in own or os.environ.get("ZERO_DEBUG", "") not in ("", "0")
    try:
        code = build().main(
            args=[*(word for word in own if word != "--debug"), *rest],
            prog_name="zero",
            standalone_mode=False,
        )
        sys.stdout.flush()
        if code == Problem.INTERRUPTED.exit_code:
            # Typer makes this of Ctrl-C; commands that end with a code of their own raise Ending.
            return _fail(ZeroError(Problem.INTERRUPTED, "interrupted"), is_debug)
        return code if isinstance(code, int) else 0
    except Ending as ending:
        return ending.code
    except ZeroError as error:
        return _fail(error, is_debug)
    except UsageError as error:
        return _fail(_usage_error(error), is_debug)
    except (KeyboardInterrupt, typer.Abort):
        return _fail(ZeroError(Problem.INTERRUPTED, "interrupted"), is_debug)
    except BrokenPipeError:
        # Whoever read the result has enough of it; the interpreter must not complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ImportError as error:
        hint = "run `zero doctor`; installing the project again usually repairs it (--debug shows where)"
        problem = ZeroError(Problem.BROKEN_INSTALLATION, f"{type(error).__name__}: {error}", hint)
        return _fail(problem, is_debug, error)
    except Exception as error:
        hint = "this is a bug in Zero SDK; `--debug` shows the traceback to report"
        problem = ZeroError(Problem.INTERNAL, f"{type(error).__name__}: {error}", hint)
        return _fail(problem, is_debug, error)


def _split_at_dashes(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """--debug may stand before or after the command's name; words after `--` are not ours."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    return words[:end], words[end:]


def _usage_error(error: Any) -> ZeroError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "zero"
    name = getattr(error, "option_name", None)
    if path == "zero devnet" and name is not None:
        from zero_sdk.cli.devnet.foreign import HINTS

        if name in HINTS:
            return ZeroError(Problem.USAGE, f"No such option: {name}", HINTS[name])
    return ZeroError(
        Problem.USAGE, error.format_message().rstrip("."), f"`{path} --help` shows what there is"
    )


def _fail(error: ZeroError, is_debug: bool, cause: BaseException | None = None) -> int:
    if is_debug:
        import traceback

        say("".join(traceback.format_exception(cause or error)).rstrip())
    report(error)
    return error.problem.exit_code
