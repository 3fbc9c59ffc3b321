"""`zero deploy` and `zero deployments`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand
from zero_sdk.cli.options import OFFLINE
from zero_sdk.cli.parameters import parameter_from
from zero_sdk.cli.target import NETWORK_OR_URL, open_named

if TYPE_CHECKING:
    from zero_sdk.cli.steps import Steps
    from zero_sdk.client.network import Network
    from zero_sdk.deploy.rehearsal import Plan, Planned
    from zero_sdk.deploy.steps import Done
    from zero_sdk.project import Project


JSON = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def deploy_command(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCRIPT|CONTRACT] [ARGS]...",
            help="A script, or a contract and what its constructor takes.  [default: scripts/deploy.py]",
            show_default=False,
        ),
    ] = None,
    zones: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES", help="Only in these zones: alpha,beta.  [default: all]", show_default=False
        ),
    ] = None,
    network: NETWORK_OR_URL = None,
    account: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Who sends: an account of zero.toml.  [default: a devnet's first]",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Name of the deployment: several can be beside each other.")
    ] = "default",
    redo: Annotated[
        list[str] | None, typer.Option(metavar="STEP", help="Do this step again. May be repeated.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Do every step again.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done and what it costs; do nothing.")
    ] = False,
    offline: OFFLINE = False,
    json: JSON = False,
) -> None:
    """Deploy the project's contracts, each step once.

    A run that was interrupted is gone on with by the same command. What is done is not done again.
    """
    from zero_sdk.cli.output import say
    from zero_sdk.cli.steps import Steps
    from zero_sdk.compile import compile_project
    from zero_sdk.deploy.deployment import Options, deploy
    from zero_sdk.deploy.rehearsal import rehearse
    from zero_sdk.errors import Problem, ZeroError
    from zero_sdk.project import find_project

    project = find_project()
    _check_name(name)
    words = what or []
    main = _main_of(project, words)
    opened_name, opened = open_named(project, network, zones)
    try:
        sender = _account(project, account)
        with Steps() as steps:
            opened.artifacts.add(compile_project(project, offline=offline, progress=steps.show))
        plan = results = None
        with Steps() as steps:
            watch = _watching(steps, dry_run)
            options = Options(name, sender, frozenset(redo or ()), fresh, say, watch)
            if dry_run:
                plan = rehearse(project, opened_name, opened, main, options)
            else:
                results = deploy(project, opened_name, opened, main, options)
    finally:
        opened.close()
    if plan is not None:
        _print_plan(plan, json)
        if plan.stopped is not None:
            raise plan.stopped
        return
    assert results is not None
    if unknown := frozenset(redo or ()) - {done.step for steps in results.values() for done in steps}:
        raise ZeroError(
            Problem.BAD_VALUE,
            f"--redo {sorted(unknown)[0]}: there is no such step",
            "`zero deployments` lists them",
        )
    _print(results, json)


def deployments_command(json: JSON = False) -> None:
    """List what the project has deployed, and where."""
    from dataclasses import asdict

    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.deploy.listing import deployments
    from zero_sdk.project import find_project

    found = list(deployments(find_project()))
    if json:
        result_json(
            [
                {
                    "network": one.network,
                    "zone": one.head.zone,
                    "chainId": one.head.identity.chain_id,
                    "name": one.head.name,
                    "steps": [asdict(done) for done in one.done],
                    "open": [intent.step for intent in one.open],
                    "journal": str(one.path),
                }
                for one in found
            ]
        )
        return
    if not found:
        say("nothing has been deployed; `zero deploy` does")
    for one in found:
        result(f"{one.network}/{one.head.zone} (chain id {one.head.identity.chain_id}), {one.head.name}")
        for done in one.done:
            result(f"  {done.step:<24} {done.address or done.hash or ''}")
        for intent in one.open:
            result(f"  {intent.step:<24} not finished: run `zero deploy` again")


def _check_name(name: str) -> None:
    from zero_sdk.deploy.deployment import is_deployment_name
    from zero_sdk.errors import Problem, ZeroError

    if not is_deployment_name(name):
        raise ZeroError(
            Problem.BAD_VALUE,
            f"--name: {name!r} is no name",
            "letters, digits, dot, dash and underscore, up to 64",
        )


def _main_of(project: Project, words: list[str]) -> Callable[[Network], Any]:
    from pathlib import Path

    from zero_sdk.deploy.deployment import contracts_script
    from zero_sdk.deploy.script import USUAL, load_script

    if not words:
        return load_script(project.scripts / USUAL)
    if words[0].endswith(".py"):
        return load_script(Path(words[0]).resolve())
    return contracts_script([(words[0], [parameter_from(word) for word in words[1:]])])


def _account(project: Project, name: str | None) -> Any:
    from zero_sdk.client.configured_accounts import open_account

    return None if name is None else open_account(project.account(name), project.root)


def _print(results: dict[str, tuple[Done, ...]] | Any, json: bool) -> None:
    from dataclasses import asdict

    from zero_sdk.cli.output import result, result_json

    if json:
        result_json({zone: [asdict(done) for done in steps] for zone, steps in results.items()})
        return
    for zone, steps in results.items():
        for done in steps:
            if done.address is not None:
                result(f"{zone:<12} {done.step:<24} {done.address}")


def _watching(steps: Steps, is_rehearsal: bool) -> Callable[[str, str, Done | None], None]:
    """Shows each step while it is done, and leaves a line of it: what was deployed comes to stdout in the
    end."""
    from zero_sdk.compile.progress import Step

    def watch(zone: str, step: str, done: Done | None) -> None:
        if done is None:
            steps.show(Step(f"{zone}: {step}"))
        elif not is_rehearsal and done.hash is not None:
            steps.leave(f"{zone}: {step} in block {done.block}, {done.gas:,} gas")
        elif not is_rehearsal:
            steps.leave(f"{zone}: {step} is there already")

    return watch


def _print_plan(plan: Plan, json: bool) -> None:
    from dataclasses import asdict

    from zero_sdk.cli.output import result, result_json, say

    if json:
        result_json({zone: [asdict(planned) for planned in steps] for zone, steps in plan.zones.items()})
        return
    for zone, steps in plan.zones.items():
        for planned in steps:
            result(f"{zone:<12} {planned.step:<24} {planned.address or '':<42}  {_forecast(planned)}")
    every = [planned for steps in plan.zones.values() for planned in steps]
    gas, cost = sum(planned.gas for planned in every), sum(planned.cost for planned in every)
    todo = sum(not planned.is_done for planned in every)
    least = "" if all(planned.is_known for planned in every) and plan.stopped is None else "at least "
    result(f"{todo} of {len(every)} steps to do, {least}{gas:,} gas, {_coins(cost)} at the price of now")
    say("nothing was sent")


def _forecast(planned: Planned) -> str:
    if planned.is_done:
        return "done already"
    if not planned.is_known:
        return f"not known: {planned.doubt}"
    figures = f"{planned.gas:>10,} gas  {_coins(planned.cost)}"
    return figures if planned.doubt is None else f"{figures}  ({planned.doubt})"


def _coins(wei: int) -> str:
    """In the chain's own coin: eight places are enough to compare."""
    return f"{wei / 10**18:.8f}"


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("deploy", cls=GroupedCommand, context_settings=CONTEXT)(deploy_command)
    app.command("deployments", cls=GroupedCommand, context_settings=CONTEXT)(deployments_command)
