"""Contracts that can be replaced: OpenZeppelin's proxies, of the project's own `@openzeppelin/contracts`.

    token = deploy_proxy(zone, "Token", kind="uups", initializer=("initialize", 1_000))
    token = upgrade_proxy(token, "TokenV2", call=("migrate",))

Both work with any zone; in a deployment every transaction is a step, and the journal keeps the storage layout
of what was deployed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Literal

from devnet.chain.keccak import keccak256
from zero_sdk.client.addresses import checksum
from zero_sdk.client.contract import Contract
from zero_sdk.client.errors import UnknownContract, WrongArguments
from zero_sdk.client.zone import Zone
from zero_sdk.deploy.layouts import Layout, differences
from zero_sdk.deploy.recording import RecordedZone
from zero_sdk.deploy.steps import BEACON, IMPLEMENTATION
from zero_sdk.deploy.unsafe import unsafe_parts
from zero_sdk.errors import Problem, ZeroError

if TYPE_CHECKING:
    from zero_sdk.client.deployable import Deployable

Kind = Literal["uups", "transparent", "beacon"]
Call = Sequence[Any]
"""A function's name and its arguments."""

_SOURCES = {
    "ERC1967Proxy": "proxy/ERC1967/ERC1967Proxy.sol",
    "TransparentUpgradeableProxy": "proxy/transparent/TransparentUpgradeableProxy.sol",
    "ProxyAdmin": "proxy/transparent/ProxyAdmin.sol",
    "BeaconProxy": "proxy/beacon/BeaconProxy.sol",
    "UpgradeableBeacon": "proxy/beacon/UpgradeableBeacon.sol",
}
_UUPS = ("upgradeToAndCall(address,bytes)", "proxiableUUID()")


def deploy_proxy(
    zone: Zone,
    name: str,
    *,
    kind: Kind = "uups",
    initializer: Call | None = ("initialize",),
    constructor: Sequence[Any] = (),
    owner: Any = None,
    sender: Any = None,
    allow: Sequence[str] = (),
) -> Contract:
    """Deploys the contract `name` as an implementation and a proxy in front of it; gives the proxy with the
    implementation's functions. `initializer` is what the proxy calls first; `owner` may upgrade a transparent
    proxy or a beacon, the sender where it is not given (a UUPS contract decides for itself); `allow` names
    findings that are meant. Raises ZeroError for an implementation that a proxy would break."""
    artifacts = _proxy_artifacts(zone, kind)
    known = zone.deployable(name)
    title = known.interface.name
    proxy_step = _take_name(zone, title)
    data = _encoded(known, initializer)
    _check_kind(known, kind)
    _check_parts(known, allow)
    options = {"sender": sender}
    implementation = _implementation(zone, known, constructor, options)
    owner = _owner(zone, owner, sender)
    if kind == "beacon":
        with _step(zone, proxy_step + BEACON):
            beacon = zone.deploy(artifacts["UpgradeableBeacon"], implementation, owner, **options)
        with _step(zone, proxy_step):
            proxy = zone.deploy(artifacts["BeaconProxy"], beacon, data, **options)
    elif kind == "transparent":
        with _step(zone, proxy_step):
            proxy = zone.deploy(
                artifacts["TransparentUpgradeableProxy"], implementation, owner, data, **options
            )
    else:
        with _step(zone, proxy_step):
            proxy = zone.deploy(artifacts["ERC1967Proxy"], implementation, data, **options)
    return zone.contract(proxy.address, known)


def upgrade_proxy(
    proxy: Contract,
    name: str,
    *,
    call: Call | None = None,
    constructor: Sequence[Any] = (),
    previous: str | None = None,
    sender: Any = None,
    allow: Sequence[str] = (),
) -> Contract:
    """Puts the contract `name` behind a proxy, or behind its beacon and so behind all proxies of that, and
    calls `call` in the same transaction (not with a beacon). `previous` names the contract that is there now,
    where the journal does not know. Raises ZeroError where the new layout does not fit the old one."""
    zone: Zone = proxy.zone
    known = zone.deployable(name)
    beacon, admin = (slot_address(zone, proxy, slot) for slot in ("beacon", "admin"))
    kind: Kind = "beacon" if beacon is not None else "transparent" if admin is not None else "uups"
    artifacts = _proxy_artifacts(zone, kind)
    step = _take_name(zone, f"{known.interface.name}.upgrade")
    if kind == "beacon" and call is not None:
        raise WrongArguments("a beacon's upgrade calls nothing", "call the function afterwards")
    data = _encoded(known, call)
    _check_kind(known, kind)
    _check_parts(known, allow)
    if not _is_done(zone, step):
        current = implementation_of(zone, proxy)
        _check_layout(zone, current, known, previous, allow)
    options = {"sender": sender}
    implementation = _implementation(zone, known, constructor, options)
    with _step(zone, step):
        if beacon is not None:
            zone.contract(beacon, artifacts["UpgradeableBeacon"]).upgradeTo(implementation, **options)
        elif admin is not None:
            manager = zone.contract(admin, artifacts["ProxyAdmin"])
            manager.upgradeAndCall(proxy, implementation, data, **options)
        else:
            zone.contract(proxy.address, known).upgradeToAndCall(implementation, data, **options)
    return zone.contract(proxy.address, known)


def slot_address(zone: Zone, proxy: Any, what: str) -> str | None:
    """The address in a slot of ERC-1967 (`implementation`, `admin`, `beacon`); None where it is empty."""
    slot = int.from_bytes(keccak256(f"eip1967.proxy.{what}".encode())) - 1
    word = zone.storage(proxy, slot)
    return checksum(word[-20:]) if any(word) else None


def implementation_of(zone: Zone, proxy: Any) -> str:
    """What is behind a proxy now. Raises UnknownContract where it is none of ERC-1967's."""
    beacon = slot_address(zone, proxy, "beacon")
    if beacon is not None:
        return checksum(zone.call(beacon, keccak256(b"implementation()")[:4])[-20:])
    found = slot_address(zone, proxy, "implementation")
    if found is None:
        raise UnknownContract(f"{proxy} is no proxy: its ERC-1967 slots are empty")
    return found


# ------------------------------------------------------------ steps of a deployment


def _step(zone: Zone, name: str) -> AbstractContextManager[Any]:
    return zone.step(name) if isinstance(zone, RecordedZone) else nullcontext()


def _take_name(zone: Zone, action: str) -> str:
    return zone.take_name(action) if isinstance(zone, RecordedZone) else action


def _is_done(zone: Zone, step: str) -> bool:
    return isinstance(zone, RecordedZone) and zone.recorder.is_done(step)


def _implementation(zone: Zone, known: Deployable, constructor: Sequence[Any], options: Any) -> Contract:
    with _step(zone, known.interface.name + IMPLEMENTATION):
        contract = zone.deploy(known, *constructor, **options)
    layout = _layout(known)
    if isinstance(zone, RecordedZone) and layout is not None:
        zone.recorder.keep_layout(contract.address, layout.record())
    return contract


def _owner(zone: Zone, owner: Any, sender: Any) -> Any:
    if owner is not None:
        return owner
    if isinstance(zone, RecordedZone):
        return zone.sender(sender)
    return zone.facts.default_sender if sender is None else sender


# ------------------------------------------------------------ checks


def _check_kind(known: Deployable, kind: Kind) -> None:
    missing = [signature for signature in _UUPS if known.interface.function(signature) is None]
    if kind == "uups" and missing:
        raise ZeroError(
            Problem.UNSAFE_UPGRADE,
            f"{known.interface.name} has no {missing[0]}, so it could never be upgraded",
            "inherit from UUPSUpgradeable, or take kind='transparent' or 'beacon'",
        )


def _check_parts(known: Deployable, allow: Sequence[str]) -> None:
    for finding, place in unsafe_parts(known.source):
        if finding not in allow:
            raise ZeroError(
                Problem.UNSAFE_UPGRADE,
                f"{known.interface.name}: {place}",
                f"allow=[{finding!r}] where that is meant",
            )


def _check_layout(
    zone: Zone, current: str, known: Deployable, previous: str | None, allow: Sequence[str]
) -> None:
    if "layout" in allow:
        return
    new, old = _layout(known), _layout_at(zone, current, previous)
    if new is None or old is None:
        what = known.interface.name if new is None else f"what is at {current}"
        raise ZeroError(
            Problem.UNSAFE_UPGRADE,
            f"the storage layout of {what} is not known",
            "previous= names the contract that is there; allow=['layout'] goes on without a check",
        )
    found = list(differences(old, new))
    if found:
        raise ZeroError(
            Problem.UNSAFE_UPGRADE,
            f"{known.interface.name} does not fit the storage of what it replaces: {'; '.join(found)}",
            "add variables at the end or in a gap, and leave the others where they are",
        )


def _layout(known: Deployable) -> Layout | None:
    from zero_sdk.compile.artifact import ContractArtifact

    artifact = known.source
    if not isinstance(artifact, ContractArtifact) or "storage" not in artifact.storage_layout:
        return None
    return Layout.of(artifact)


def _layout_at(zone: Zone, address: str, previous: str | None) -> Layout | None:
    if previous is not None:
        return _layout(zone.deployable(previous))
    if isinstance(zone, RecordedZone):
        kept = zone.recorder.layout_at(address)
        if kept is not None:
            return Layout.read(kept)
    return _layout_by_code(zone, address)


def _layout_by_code(zone: Zone, address: str) -> Layout | None:
    """Of the compiled contract whose code is there."""
    from zero_sdk.client.deployable import deployable_from
    from zero_sdk.verifying.comparison import Match, compare

    code = zone.code(address)
    for build in reversed(zone.network.artifacts.builds):
        for artifact in build.artifacts:
            if artifact.is_deployable and compare(artifact, code).match is not Match.NONE:
                return _layout(deployable_from(artifact))
    return None


def _encoded(known: Deployable, call: Call | None) -> bytes:
    if call is None:
        return b""
    name, *arguments = call
    if name not in known.interface.functions:
        raise WrongArguments(
            f"{known.interface.name} has no function {name!r}", "initializer=None and call=None call nothing"
        )
    return known.interface.choose(name, arguments).encode(arguments)


# ------------------------------------------------------------ OpenZeppelin's contracts


def _proxy_artifacts(zone: Zone, kind: Kind) -> dict[str, Any]:
    names = {
        "uups": ("ERC1967Proxy",),
        "transparent": ("TransparentUpgradeableProxy", "ProxyAdmin"),
        "beacon": ("BeaconProxy", "UpgradeableBeacon"),
    }[kind]
    return dict(_found(zone, names))


def _found(zone: Zone, names: Sequence[str]) -> Iterator[tuple[str, Any]]:
    if not all(name in zone.network.artifacts.names for name in names):
        zone.network.artifacts.add(_compiled())
    for name in names:
        yield name, zone.deployable(name)


def _compiled() -> Any:
    from zero_sdk.compile import compile_source
    from zero_sdk.project import find_project

    imports = "".join(f'import "@openzeppelin/contracts/{path}";\n' for path in _SOURCES.values())
    try:
        return compile_source(
            f"// SPDX-License-Identifier: MIT\npragma solidity >=0.8.20;\n{imports}",
            project=find_project(),
            name="zero/Proxies.sol",
        )
    except ZeroError as error:
        if error.problem is not Problem.MISSING_IMPORT:
            raise
        raise ZeroError(
            Problem.NO_PROXIES,
            "the project has no @openzeppelin/contracts, whose proxies are deployed",
            "`zero install @openzeppelin/contracts` brings them",
        ) from None
