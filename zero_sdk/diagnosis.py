"""What can be wrong with an installation, found without importing what might be broken."""

from __future__ import annotations

import enum
import importlib.metadata
import importlib.util
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zero_sdk.cli.version import DISTRIBUTION, version
from zero_sdk.command_output import output_of

OLDEST_PYTHON = (3, 11)
OLDEST_NODE = (22, 13)
"""What Hardhat 3 needs."""
OWN_MODULES = ("devnet", "zero_sdk")
ENGINES = {"pyevm": "py-evm"}
"""Engines and the distribution that each needs."""


class Verdict(enum.StrEnum):
    """How a finding is meant."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    subject: str
    verdict: Verdict
    message: str


def diagnose() -> tuple[Finding, ...]:
    """Looks at everything; nothing is changed and nothing is asked over a network."""
    return (
        Finding("zero", Verdict.OK, f"{version()} in {Path(__file__).resolve().parent.parent}"),
        _python(),
        *_engines(),
        *_packages(),
        *_modules(),
        _node(),
        _solc(),
    )


def _python() -> Finding:
    text = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info[:2] < OLDEST_PYTHON:
        return Finding(
            "python", Verdict.BROKEN, f"{text}: {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed"
        )
    return Finding("python", Verdict.OK, text)


def _engines() -> Iterator[Finding]:
    yield _native_engine()
    for name, distribution in ENGINES.items():
        if (found := _installed_version(distribution)) is None:
            yield Finding(f"engine {name}", Verdict.BROKEN, f"{distribution} is not installed")
        else:
            yield Finding(f"engine {name}", Verdict.OK, f"{distribution} {found}")


def _native_engine() -> Finding:
    home = Path(__file__).resolve().parent.parent
    spec = importlib.util.find_spec("devnet")
    if spec is None or spec.origin is None or not Path(spec.origin).resolve().is_relative_to(home):
        return Finding("engine native", Verdict.WARNING, "not looked at: `import devnet` finds another one")
    from devnet.kernel import absence, load

    missing = absence()
    if missing is not None:
        return Finding("engine native", Verdict.WARNING, f"not there: {missing}")
    return Finding("engine native", Verdict.OK, f"{Path(str(load().__file__)).name}")


def _packages() -> Iterator[Finding]:
    """The packages that this distribution asks for, as far as this platform needs them."""
    try:
        required = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        yield Finding("packages", Verdict.WARNING, "this project runs without being installed")
        return
    missing = []
    for requirement in required:
        name, marker = re.match(r"[A-Za-z0-9._-]+", requirement), requirement.partition(";")[2]
        if name and _is_for_here(marker) and _installed_version(name[0]) is None:
            missing.append(requirement)
    if missing:
        yield Finding("packages", Verdict.BROKEN, f"missing: {', '.join(missing)}")
    else:
        yield Finding("packages", Verdict.OK, "everything that is required is installed")


def _is_for_here(marker: str) -> bool:
    """Whether a requirement's marker means this platform; those of extras are never needed."""
    if "extra" in marker:
        return False
    platforms = re.findall(r"""sys_platform (==|!=) ["'](\w+)["']""", marker)
    return all((sys.platform == name) == (operator == "==") for operator, name in platforms)


def _modules() -> Iterator[Finding]:
    """`devnet` and `zero_sdk` must come from here: others have published packages with these modules."""
    owners = importlib.metadata.packages_distributions()
    home = Path(__file__).resolve().parent.parent
    for module in OWN_MODULES:
        strangers = sorted({owner for owner in owners.get(module, []) if owner != DISTRIBUTION})
        spec = importlib.util.find_spec(module)
        origin = None if spec is None or spec.origin is None else Path(spec.origin).resolve()
        local = [
            path
            for path in (Path.cwd() / f"{module}.py", Path.cwd() / module / "__init__.py")
            if path.exists()
        ]
        if strangers:
            yield Finding(
                f"module {module}",
                Verdict.WARNING,
                f"also installed by {', '.join(strangers)}: uninstall it, then install this project again",
            )
        elif origin is None or not origin.is_relative_to(home / module):
            yield Finding(
                f"module {module}", Verdict.BROKEN, f"`import {module}` finds {origin or 'nothing'}"
            )
        elif shadows := [path for path in local if not path.resolve().is_relative_to(home)]:
            yield Finding(
                f"module {module}",
                Verdict.WARNING,
                f"{shadows[0]} hides it from Python programs started here (pytest too): rename that file",
            )
        else:
            yield Finding(f"module {module}", Verdict.OK, str(origin.parent))


def _node() -> Finding:
    path = shutil.which("node")
    if path is None:
        words = (
            "not on PATH; JavaScript tools need it, and npm's solc where the extra `node` is not installed"
        )
        return Finding("node", Verdict.WARNING, words)
    text = _first_line([path, "--version"])
    found = re.match(r"v(\d+)\.(\d+)", text)
    if found and (int(found[1]), int(found[2])) < OLDEST_NODE:
        oldest = ".".join(map(str, OLDEST_NODE))
        return Finding("node", Verdict.WARNING, f"{text} ({path}); Hardhat 3 needs {oldest} or newer")
    return Finding("node", Verdict.OK, f"{text} ({path})")


def _solc() -> Finding:
    from zero_sdk.compile.solc.installed import installed_solcs

    versions = sorted((solc.version for solc in installed_solcs()), reverse=True)
    if not versions:
        return Finding("solc", Verdict.OK, "none here; `zero compile` gets the version that it needs")
    return Finding("solc", Verdict.OK, ", ".join(map(str, versions)))


def _first_line(command: list[str]) -> str:
    return (_output(command).splitlines() or [""])[0]


def _output(command: list[str]) -> str:
    return output_of(command, seconds=20).strip()


def _installed_version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
