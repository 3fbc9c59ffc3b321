"""Folders and dumps: opened without writing anything, then asked as any other network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devnet.dump.errors import DumpError, Fault
from devnet.dump.loading import content_problems
from devnet.dump.reading import Dump
from devnet.maintenance.checking import check_commit
from devnet.maintenance.looking import looking, network_of
from devnet.network import Network
from devnet.parts import Parts
from devnet.verifying.asking import AskingHere
from devnet.verifying.report import Lie, Progress, Report, no_progress
from devnet.verifying.verify import VerifySettings, verify


def verify_folder(
    path: Path, settings: VerifySettings, parts: Parts, progress: Progress = no_progress
) -> Report:
    """The network in a data folder that no process uses: first every byte that counts is read, then the
    network is checked as one that runs. Raises NothingThere, FolderError where another process uses the
    folder or it is none of this version's, and what `verify` raises."""
    with looking(path) as look:
        found = check_commit(look, progress)
        if not found.is_whole:
            report = Report(look.manifest.config.hash)
            for finding in found.findings:
                place = (
                    f"{finding.path}" if finding.offset is None else f"{finding.path}, byte {finding.offset}"
                )
                report.lie(Lie.FILES, f"{place}: {finding.detail}", zone=finding.zone)
            report.gap("the network in the folder", "it is damaged; `zero data check` says more")
            return report
        report = verify(AskingHere(network_of(look)), settings, parts, progress)
        report.counts["state roots made again"] = sum(zone.roots for zone in found.zones)
        return report


def verify_dump(
    path: Path, settings: VerifySettings, parts: Parts, progress: Progress = no_progress
) -> Report:
    """The network in a dump. Raises DumpError where it is none of this version's, OSError, and what `verify`
    raises."""
    try:
        with _network_of_dump(path, parts) as network:
            return verify(AskingHere(network), settings, parts, progress)
    except DumpError as error:
        if error.fault is not Fault.DAMAGED:
            raise
        report = Report()
        report.lie(Lie.FILES, f"{path}: {error}")
        report.gap("the network in the dump", "it is damaged")
        return report


@contextmanager
def _network_of_dump(path: Path, parts: Parts) -> Iterator[Network]:
    with path.open("rb") as file:
        dump = Dump(file)
        with content_problems():
            network = Network(dump.config, parts, content=dump)
    with network:
        yield network
