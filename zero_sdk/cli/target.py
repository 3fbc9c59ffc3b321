"""What commands that call and send work on: a network, a zone, an account, a contract's function."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from zero_sdk.client.accounts import Account
    from zero_sdk.client.artifacts import Artifacts
    from zero_sdk.client.interface import Function, Interface
    from zero_sdk.client.network import Network
    from zero_sdk.client.zone import Zone
    from zero_sdk.project.project import Project

NETWORK = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="A network of zero.toml, or a URL, instead of --url.", show_default=False
    ),
]
NETWORK_OR_URL = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="A network of zero.toml, or a URL.  [env: ZERO_NETWORK; default: as in zero.toml]",
        envvar="ZERO_NETWORK",
        show_default=False,
        show_envvar=False,
    ),
]
ABI = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="The contract's name in the project's build, or a JSON file with its ABI.",
        show_default=False,
    ),
]
FROM = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="ACCOUNT",
        help="The sender: a name of zero.toml, a number (of the devnet's accounts) or an address.",
        show_default=False,
    ),
]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def project_here() -> Project | None:
    """The project around the current folder; None where there is none. Raises ZeroError for a wrong
    zero.toml."""
    from zero_sdk.project import Project
    from zero_sdk.project.zero_toml import find_zero_toml

    path = find_zero_toml(Path.cwd())
    return None if path is None else Project.open(path.parent)


def open_target(
    project: Project | None, url: str | None, network: str | None, zone: str | None = None
) -> tuple[Network, Zone]:
    """The network that --url or --network name, else ZERO_RPC_URL, else the project's usual one; and the zone
    in it."""
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.client.connecting import connect
    from zero_sdk.errors import Problem, ZeroError

    if url is not None and network is not None:
        raise ZeroError(Problem.CONTRADICTION, "--url and --network exclude each other", "give one of them")
    if network is not None and is_url(network):
        url, network = network, None
    wanted = zone or os.environ.get("ZERO_ZONE")
    is_told = url is not None or "ZERO_RPC_URL" in os.environ
    if project is None and network is not None:
        raise ZeroError(Problem.NO_PROJECT, f"--network {network}: there is no zero.toml here", "use --url")
    if project is None or (is_told and network is None):
        opened = connect(endpoint(url))
    else:
        from zero_sdk.client.configured import open_network

        opened = open_network(project.network(network))
    add_build(opened.artifacts, project)
    if wanted is not None:
        return opened, opened.zone(int(wanted) if wanted.isdecimal() else wanted)
    return opened, zone_of_url(opened, url)


def is_url(network: str) -> bool:
    """Whether --network is a URL and no name."""
    return "://" in network


def open_named(project: Project, name: str | None, zones: str | None = None) -> tuple[str, Network]:
    """The network of --network, with the zones of --zones (`alpha,beta`), and the name under which its
    deployments are kept."""
    from zero_sdk.client.configured import open_network
    from zero_sdk.client.connecting import connect

    wanted = None if zones is None else [part.strip() for part in zones.split(",") if part.strip()]
    if name is not None and is_url(name):
        return "url", connect(name, zones=wanted)
    config = project.network(name)
    return config.name, open_network(config, wanted)


def zone_of_url(network: Network, url: str | None) -> Zone:
    """The zone that the URL itself names, else the first."""
    last = (url or os.environ.get("ZERO_RPC_URL") or "").rstrip("/").rpartition("/")[2]
    for zone in network.all_zones:
        if last in (zone.name, str(zone.chain_id)):
            return zone
    return network.default_zone


def add_build(artifacts: Artifacts, project: Project | None) -> None:
    """Makes the contracts known that the project has compiled, if any."""
    from zero_sdk.errors import ZeroError

    if project is None:
        return
    from zero_sdk.compile import load_build

    with suppress(ZeroError):
        artifacts.add(load_build(project))


def account_named(network: Network, project: Project | None, name: str | None) -> Account | None:
    """The account of --from; None where it is not given, which is the first of a devnet. Raises ZeroError."""
    from zero_sdk.client.accounts import Account
    from zero_sdk.client.errors import BadAccount

    if name is None:
        return None
    if project is not None and name in project.config.accounts:
        from zero_sdk.client.configured_accounts import open_account

        return open_account(project.config.accounts[name], project.root)
    if name.isdecimal():
        if int(name) < len(network.accounts):
            return network.accounts[int(name)]
        raise BadAccount(f"the network has no account {name}", f"it has {len(network.accounts)}")
    if re.fullmatch(r"0x[0-9a-fA-F]{40}", name):
        account = Account(name)
        return next((known for known in network.accounts if known == account), account)
    if project is not None:
        # It says which accounts there are.
        project.account(name)
    raise BadAccount(f"there is no account {name!r}", "[accounts.NAME] in zero.toml, a number, or an address")


def address_named(network: Network, project: Project | None, text: str) -> str:
    """An address, or the account that a word names as --from does. Raises ZeroError."""
    from zero_sdk.client.addresses import to_address

    if text.startswith(("0x", "0X")):
        return to_address(text)
    account = account_named(network, project, text)
    assert account is not None
    return account.address


def interface_named(artifacts: Artifacts, name: str | None) -> Interface | None:
    """The ABI of --abi: of a JSON file, or of a contract of the build; None where it is not given."""
    if name is None:
        return None
    path = Path(name)
    if path.suffix == ".json" and path.is_file():
        import json

        from zero_sdk.client.deployable import deployable_from

        return deployable_from(json.loads(path.read_text(encoding="utf-8"))).interface
    return artifacts.named(name).interface


def function_named(
    artifacts: Artifacts, interface: Interface | None, text: str, words: Sequence[str] = ()
) -> Function:
    """A function: by name where an ABI is known, by `f(uint256)` anywhere, and what it returns may be said as
    `f(uint256) returns (bool)` or `f(uint256)(bool)`. Raises WrongArguments."""
    from devnet.artifacts.abi import AbiError
    from devnet.artifacts.items import parse_signature
    from devnet.artifacts.standard import standard_items
    from zero_sdk.client.errors import WrongArguments
    from zero_sdk.client.interface import Function

    if "(" not in text:
        return _function_by_name(interface, text, words)
    signature = re.sub(r"\)\s*\(", ") returns (", text, count=1) if " returns " not in text else text
    try:
        item = parse_signature("function", signature)
    except AbiError as error:
        raise WrongArguments(f"{text!r} is no function: {error}", "write name(type,type)") from None
    if item.outputs:
        return Function(item)
    known = None if interface is None else interface.function(item.signature)
    if known is not None:
        return known
    for standard in (artifacts.registry.function(item.selector), *standard_items()):
        if standard is not None and (standard.kind, standard.signature) == ("function", item.signature):
            return Function(standard)
    return Function(item)


def _function_by_name(interface: Interface | None, name: str, words: Sequence[str]) -> Function:
    from zero_sdk.client.errors import UnknownMember, WrongArguments

    if interface is None:
        raise WrongArguments(
            f"{name!r} alone says not which types the function takes", "--abi NAME, or name(type,type)"
        )
    overloads = interface.functions.get(name)
    if overloads is None:
        known = ", ".join(interface.functions) or "none"
        raise UnknownMember(f"{interface.name or 'the ABI'} has no function {name}", f"it has {known}")
    fitting = [function for function in overloads if function.count == len(words)]
    if len(fitting) > 1:
        listed = ", ".join(function.signature for function in fitting)
        raise WrongArguments(f"{name} is one of {listed}", "write the whole signature")
    return fitting[0] if fitting else overloads[0]


def contract_target(text: str, project: Project | None, zone: Zone) -> tuple[str, str | None]:
    """Address and contract's name: of `Token@0x...`, and of `Token` where `zero deploy` has put it in this
    zone; a bare address, or an account, has no name. Raises UnknownContract."""
    from zero_sdk.client.errors import UnknownContract

    name, at, address = text.rpartition("@")
    if at:
        return address, name
    if project is None or text.startswith("0x") or text.isdecimal() or text in project.config.accounts:
        return text, None
    from zero_sdk.deploy.listing import deployed_address

    if (found := deployed_address(project, zone, text)) is not None:
        return found, text
    raise UnknownContract(
        f"there is no {text} in zone {zone.name}: `zero deploy` has put none there",
        "`zero deployments` lists what is where; NAME@ADDRESS names any contract",
    )


def parsed(words: Sequence[str], function: Function, network: Network, project: Any) -> list[Any]:
    """Words as a function's arguments."""
    from zero_sdk.client.words import parse_arguments

    return parse_arguments(
        function.label, function.item.inputs, words, lambda text: address_named(network, project, text)
    )
