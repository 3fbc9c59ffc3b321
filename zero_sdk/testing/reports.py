"""The gas report and coverage at the end of a run, over all of its processes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from zero_sdk.errors import ZeroError
from zero_sdk.testing.session import COVERAGE_BUILD, STATE, Session

GAS_FILE = "gas.json"
RUN = "zero_run"
"""What xdist's controller tells its workers: which run they work for."""


def keep(config: pytest.Config) -> None:
    """Writes what this process collected, where any fixture of the plugin was used."""
    session = config.stash.get(STATE, None)
    if session is None or session.collector is None or session.project is None:
        return
    session.collector.save(_folder(config, session) / f"{os.getpid()}.json")


def summarize(config: pytest.Config, reporter: pytest.TerminalReporter) -> None:
    """Prints and writes the reports, by the process that the others worked for."""
    if hasattr(config, "workerinput"):
        return
    session = Session.of(config)
    if session.project is None:
        return
    folder = _folder(config, session)
    files = sorted(folder.glob("*.json"))
    if not files:
        return
    try:
        collector = session.collector
        assert collector is not None
        own = folder / f"{os.getpid()}.json"
        collector.merge(file for file in files if file != own)
        build = session.project.build
        if config.getoption("--zero-gas") or config.getoption("--zero-gas-compare"):
            _print_gas(config, reporter, session, build)
        if config.getoption("--zero-coverage"):
            _print_coverage(reporter, session, build / COVERAGE_BUILD)
    except ZeroError as error:
        reporter.write_line(f"{error.problem.code}: {error.message}", red=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _print_gas(
    config: pytest.Config, reporter: pytest.TerminalReporter, session: Session, build: Path
) -> None:
    from zero_sdk.debugging.gas_report import gas_report, gas_table, load_gas, save_gas

    assert session.collector is not None
    rows = gas_report(session.collector)
    compared = config.getoption("--zero-gas-compare")
    before = load_gas(Path(compared)) if compared else ()
    reporter.section("gas")
    reporter.write_line(gas_table(rows, before) or "no function of the project's own contracts was called")
    if config.getoption("--zero-gas"):
        save_gas(rows, build / GAS_FILE)


def _print_coverage(reporter: pytest.TerminalReporter, session: Session, folder: Path) -> None:
    from zero_sdk.debugging.coverage import coverage
    from zero_sdk.debugging.coverage_html import write_pages
    from zero_sdk.debugging.coverage_table import coverage_table
    from zero_sdk.debugging.lcov import lcov

    assert session.collector is not None
    found = coverage(session.collector)
    reporter.section("coverage")
    reporter.write_line(coverage_table(found))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lcov.info").write_text(lcov(found), encoding="utf-8")
    page = write_pages(found, folder / "html")
    reporter.write_line(f"\nlcov: {folder / 'lcov.info'}\npages: {page}")


def _folder(config: pytest.Config, session: Session) -> Path:
    """Of this run, alike in all of its processes."""
    assert session.project is not None
    run = getattr(config, "workerinput", {}).get(RUN) or os.getpid()
    return session.project.build / ".collected" / str(run)
