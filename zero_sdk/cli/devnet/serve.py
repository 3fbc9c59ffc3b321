"""Starts the network and its server, says so, waits for the end, stops."""

from __future__ import annotations

import errno
import gc
import logging
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devnet.chain.types import Address, ZoneName
from devnet.config import SYSTEM_ZONE, NetworkConfig
from devnet.network import Network
from devnet.parts import Parts
from devnet.persistence.platform import allow_open_files
from devnet.rpc.context import RpcSettings
from devnet.rpc.observer import Observation, Observer
from devnet.rpc.server import PortInUse, RpcServer, ServerOptions
from devnet.zone.messages import CallRequest
from zero_sdk.cli.devnet.abandoning import end_at_once
from zero_sdk.cli.devnet.banner import banner
from zero_sdk.cli.devnet.command import Command, endpoints_as_variables
from zero_sdk.cli.devnet.description import Description, ShownEngine, ShownFolder, ShownZone, write_whole
from zero_sdk.cli.devnet.dumps import Beginning, beginning, check_dump_on_exit, dump_at_end
from zero_sdk.cli.devnet.engine import chosen_parts
from zero_sdk.cli.devnet.kept import Kept, apply_choices, kept_in_dump, kept_in_folder
from zero_sdk.cli.devnet.keys import Keys, keys_of, mnemonic_of
from zero_sdk.cli.devnet.network import network_clock, network_config
from zero_sdk.cli.devnet.port_owner import owner_of
from zero_sdk.cli.devnet.settings import Settings
from zero_sdk.cli.devnet.verifier import PREFIX, Verifier
from zero_sdk.cli.folder_problems import folder_problems
from zero_sdk.cli.output import YELLOW, Paint, result_json, say
from zero_sdk.cli.version import version
from zero_sdk.errors import Problem, ZeroError

if TYPE_CHECKING:
    from devnet.artifacts.folder import ArtifactFolder

LOOK_AGAIN = 1.0
"""Seconds between looks at the server's health and at the artifact folders."""

WARM_UP_AFTER = 0.3
"""Seconds of quiet after the start, so that the first requests are not slowed down by loading the engine."""

OPEN_FILES = 10_240
"""Connections, and some files for each zone in a data folder. Many systems begin with 256 or 1024."""

_OPEN_HOSTS = ("0.0.0.0", "::", "")


def serve(settings: Settings) -> int:
    """Runs until a signal or the end of --exec's command; gives the exit code. Raises ZeroError."""
    _set_up_logging(settings)
    allow_open_files(OPEN_FILES)
    _check_config_out(settings.config_out)
    dump_path = check_dump_on_exit(settings)
    with _stop_signals() as is_over:
        now = time.time()
        parts, engine = chosen_parts(settings)
        with beginning(settings) as begins:
            config = network_config(settings, mnemonic_of(settings), now, _kept(settings, begins))
            network, data = _network(config, parts, now, settings, begins)
        keys = keys_of(config.mnemonic, config.accounts, config.derivation_path)
        with _closing(network, settings):
            apply_choices(network, settings)
            code, is_given_back = _run(network, data, begins.path, settings, keys, engine, is_over)
            if not is_given_back:
                end_at_once(network, settings, dump_path, code)
            dump_at_end(network, dump_path)
            return code


def _run(
    network: Network,
    data: ShownFolder | None,
    loaded: Path | None,
    settings: Settings,
    keys: Keys,
    engine: ShownEngine,
    is_over: Over,
) -> tuple[int, bool]:
    """The exit code, and whether the network may be used again."""
    folders = _artifact_folders(settings)
    _refresh(folders, network)
    server = _started(network, settings, engine)
    try:
        description = _describe(server, network, data, loaded, keys, engine)
        _announce(description, settings)
        code = _stay(server, network, folders, settings, description, is_over)
    except BaseException:
        if not server.stop():
            end_at_once(network, settings, None, Problem.INTERNAL.exit_code)
        raise
    return code, server.stop()


def _kept(settings: Settings, begins: Beginning) -> Kept | None:
    """The network that goes on; None where a new one begins."""
    folder = settings.data_dir
    stored = None
    if folder is not None:
        with folder_problems(folder):
            from devnet.folder import DataFolder

            stored = DataFolder.stored_config(folder)
    if folder is not None and stored is not None:
        if begins.path is not None:
            raise ZeroError(
                Problem.CONTRADICTION,
                f"{folder} holds a network, and {begins.path} would take its place",
                "leave one of them out, or give an empty folder; `zero load` loads into a running network",
            )
        return kept_in_folder(stored, folder)
    if begins.dump is not None and begins.path is not None:
        return kept_in_dump(begins.dump.config, begins.path)
    return None


def _network(
    config: NetworkConfig, parts: Parts, now: float, settings: Settings, begins: Beginning
) -> tuple[Network, ShownFolder | None]:
    """In memory, or in its folder: begun there, as a dump says, or as it was left."""
    clock = network_clock(config, now)
    if settings.data_dir is None:
        return begins.network(lambda content: Network(config, parts, clock, None, content)), None
    from devnet.folder import DataFolder, Fsync

    with folder_problems(settings.data_dir):
        folder = DataFolder.open(settings.data_dir, config, Fsync(settings.fsync))
        is_restored, killed = not folder.is_new, folder.left_by
        network = begins.network(lambda content: Network(config, parts, clock, folder, content))
        path = settings.data_dir.resolve()
        return network, ShownFolder(path, settings.fsync, is_restored, killed)


@contextmanager
def _closing(network: Network, settings: Settings) -> Iterator[None]:
    """Closes the network at the end; with a folder, everything then survives a power cut."""
    try:
        yield
    finally:
        if settings.data_dir is None:
            network.close()
        else:
            with folder_problems(settings.data_dir):
                network.close()


def _started(network: Network, settings: Settings, engine: ShownEngine) -> RpcServer:
    verifier = Verifier()
    options = ServerOptions(
        hosts=settings.host,
        port=settings.port,
        zone_ports=_zone_ports(network, settings),
        allow_hosts=settings.allow_host,
        allow_origins=settings.allow_origin,
        beside={PREFIX: verifier},
        rpc=RpcSettings(client_version=settings.client_version or f"Zero/v{version()}/{engine.name}"),
    )
    server = RpcServer(network, options, _observer(network, settings))
    try:
        server.start()
    except PortInUse as error:
        owner = owner_of(error.port)
        by = f" by {owner}" if owner else ""
        hint = "stop it, choose another with --port, or let a free one be found with --port 0"
        raise ZeroError(Problem.PORT_IN_USE, f"port {error.port} is in use{by}", hint) from None
    except OSError as error:
        where = f"{', '.join(settings.host)} port {settings.port}"
        rights = "ports below 1024 need special rights" if error.errno == errno.EACCES else None
        raise ZeroError(Problem.CANNOT_LISTEN, f"{where}: {error.strerror or error}", rights) from None
    verifier.url = server.url()
    return server


def _zone_ports(network: Network, settings: Settings) -> dict[str, int]:
    """With --ports: the application zones in their order, then the system zone."""
    if not settings.ports:
        return {}
    names = [*network.config.zones, SYSTEM_ZONE]
    if settings.port + len(names) > 65_535:
        raise ZeroError(
            Problem.BAD_VALUE,
            f"--ports: there are not {len(names)} ports after {settings.port}",
            "lower --port",
        )
    return {name: settings.port + index if settings.port else 0 for index, name in enumerate(names, 1)}


def _observer(network: Network, settings: Settings) -> Observer | None:
    """Writes the log lines; none where nobody wants them, which spares the server the work."""
    level = settings.effective_log_level
    if level in ("error", "warn"):
        return None
    from zero_sdk.cli.devnet.lines import Lines

    def code_of(zone: ZoneName, address: Address) -> bytes:
        # Without artifacts the code would tell nothing, and asking for it costs time.
        return network.zones[zone].account(address).code if len(network.artifacts) else b""

    paint = Paint.for_stream(sys.stderr)
    lines = Lines(tuple(network.zones), network.artifacts, code_of, paint, with_requests=level == "debug")

    def observe(observation: Observation) -> None:
        text = "".join(f"{line}\n" for line in lines.of(observation))
        if text:
            # A network goes on when nobody reads its log any more.
            with suppress(BrokenPipeError):
                sys.stderr.write(text)
                sys.stderr.flush()

    return observe


def _describe(
    server: RpcServer,
    network: Network,
    data: ShownFolder | None,
    loaded: Path | None,
    keys: Keys,
    engine: ShownEngine,
) -> Description:
    own = server.zone_ports
    base = server.url().removesuffix(f":{server.port}")
    zones = tuple(
        ShownZone(
            name=name,
            index=zone.config.index,
            chain_id=zone.config.chain_id,
            url=server.url(name),
            own_url=f"{base}:{own[name]}" if name in own else None,
            number=zone.number(),
            hash=zone.status().block_hash.hex(),
            genesis=zone.config.genesis_number,
            oldest=zone.history().oldest,
            mining=zone.status().mining,
        )
        for name, zone in network.zones.items()
    )
    return Description(
        zones=zones,
        default_zone=network.default_zone.config.name,
        default_url=server.url(),
        keys=keys,
        balance=network.config.balance,
        engine=engine,
        hardfork=network.config.fork.name.lower(),
        version=version(),
        history=network.config.history,
        memory_limit=network.config.memory_limit,
        slot_time=network.config.slot_time,
        loaded=loaded,
        data=data,
    )


def _announce(description: Description, settings: Settings) -> None:
    paint = Paint.for_stream(sys.stderr)
    level = settings.effective_log_level
    if level in ("info", "debug"):
        for line in banner(description, paint):
            say(line)
    if level != "error" and any(host in _OPEN_HOSTS for host in settings.host):
        words = "other machines can reach this network and spend its accounts' funds"
        say(f"{paint(YELLOW, 'warning')}: {words}")
    if settings.json:
        result_json(description.as_json())
    if settings.config_out is not None:
        write_whole(settings.config_out, description)


def _stay(
    server: RpcServer,
    network: Network,
    folders: Sequence[ArtifactFolder],
    settings: Settings,
    description: Description,
    is_over: Over,
) -> int:
    command: Command | None = None
    if settings.exec is not None:
        variables = endpoints_as_variables(description.urls, description.default_url)
        command = Command(settings.exec, variables)
        command.on_end(is_over.set)
    if not is_over.wait(WARM_UP_AFTER):
        threading.Thread(target=_warm_up, args=[network], name="warm-up", daemon=True).start()
    while not is_over.wait(LOOK_AGAIN):
        _refresh(folders, network)
        if server.wait(0):
            raise ZeroError(
                Problem.INTERNAL, "the server ended by itself", "the log above says why; report it"
            )
    return 0 if command is None else command.stop(was_told=is_over.by_ctrl_c)


def _warm_up(network: Network) -> None:
    """Loads the engine, which takes most of a second, before somebody waits for it; and exempts what is there
    by then, code for the most part, from the garbage collector's rounds."""
    network.default_zone.call(CallRequest(gas=100_000))
    gc.collect()
    gc.freeze()


def _artifact_folders(settings: Settings) -> list[ArtifactFolder]:
    if not settings.artifacts:
        return []
    from devnet.artifacts.folder import ArtifactFolder

    return [ArtifactFolder(path) for path in settings.artifacts]


def _refresh(folders: Sequence[ArtifactFolder], network: Network) -> None:
    for folder in folders:
        for problem in folder.refresh(network.artifacts).problems:
            logging.getLogger("zero").warning("artifacts: %s", problem)


def _check_config_out(path: Path | None) -> None:
    """Takes away what an earlier network left there, so that the file means this one."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise ZeroError(Problem.FILE_UNWRITABLE, f"--config-out {path}: the folder does not exist")
    with suppress(OSError):
        path.unlink()


def _set_up_logging(settings: Settings) -> None:
    level = logging.ERROR if settings.effective_log_level == "error" else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)


class Over(threading.Event):
    """Set when the network has run long enough."""

    by_ctrl_c = False


@contextmanager
def _stop_signals() -> Iterator[Over]:
    """An event that Ctrl-C and SIGTERM set. A second one ends the process at once."""
    is_over = Over()

    def stop(number: int, _: object) -> None:
        if is_over.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        is_over.by_ctrl_c = number == signal.SIGINT
        is_over.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop) for number in numbers]
    try:
        yield is_over
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
