"""An installation that cannot build the kernel goes on without it, and says why afterwards."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from devnet.kernel import load
from tests.packaging.source_copy import attempt, copy_source, run
from tests.packaging.toolchain import folder_of, own_target, pretend

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the toolchains are taken apart by links")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_source(tmp_path_factory.mktemp("source"))


def build(source: Path, folder: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Builds the wheel as `pip install .` does, with the build's packages from here: only the toolchain is
    what `changes` make it."""
    command = (
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        folder,
        source,
    )
    return attempt(*command, folder=folder, **{"ZERO_KERNEL": "auto", "CARGO_NET_RETRY": "0", **changes})


def absence_in(folder: Path) -> str:
    """What the one wheel in a folder says about its missing kernel, as the installed package tells it."""
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert not [name for name in archive.namelist() if name.endswith((".so", ".pyd"))]
        archive.extractall(folder / "installed")
    code = "from devnet.kernel import absence; print(absence())"
    return run(sys.executable, "-c", code, folder=folder / "installed", PYTHONPATH=str(folder / "installed"))


def test_without_a_toolchain(source: Path, tmp_path: Path) -> None:
    changes = {"PATH": str(folder_of(tmp_path / "bin"))}
    done = build(source, tmp_path, **changes)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no Rust toolchain was found" in absence_in(tmp_path)
    installed = {**changes, "PYTHONPATH": str(tmp_path / "installed")}
    said = run(sys.executable, "-m", "zero_sdk", "doctor", folder=tmp_path, **installed)
    assert "no Rust toolchain was found" in said
    started = attempt(
        *(sys.executable, "-m", "zero_sdk", "devnet", "--port", "0", "--exec", "exit 0"),
        folder=tmp_path,
        **installed,
    )
    assert started.returncode == 0, started.stderr
    assert "engine pyevm" in started.stderr
    assert "no Rust toolchain was found" in started.stderr
    asked = attempt(
        *(sys.executable, "-m", "zero_sdk", "devnet", "--engine", "native"), folder=tmp_path, **installed
    )
    assert asked.returncode == 1
    assert "ZERO-1205" in asked.stderr
    assert "no Rust toolchain was found" in asked.stderr


def test_with_a_toolchain_that_is_too_old(source: Path, tmp_path: Path) -> None:
    tools = folder_of(tmp_path / "bin", "cargo")
    pretend(tools, "rustc", "rustc 1.60.0 (7737e0b5c 2022-04-04)")
    done = build(source, tmp_path, PATH=str(tools))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Rust 1.60.0 is too old" in absence_in(tmp_path)


def test_without_a_linker(source: Path, tmp_path: Path) -> None:
    tools = folder_of(tmp_path / "bin", "cargo", "rustc")
    done = build(source, tmp_path, PATH=str(tools), CARGO_TARGET_DIR=str(tmp_path / "target"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no C compiler and linker" in absence_in(tmp_path)


def test_without_a_registry(source: Path, tmp_path: Path) -> None:
    home = tmp_path / "cargo"
    home.mkdir()
    # Nothing listens on the port of discard, and nothing was downloaded before.
    (home / "config.toml").write_text(
        '[source.crates-io]\nreplace-with = "nowhere"\n'
        '[source.nowhere]\nregistry = "sparse+http://127.0.0.1:9/"\n',
        encoding="utf-8",
    )
    done = build(source, tmp_path, CARGO_HOME=str(home), CARGO_TARGET_DIR=str(tmp_path / "target"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the crate registry was not reached" in absence_in(tmp_path)


def test_it_can_be_left_out(source: Path, tmp_path: Path) -> None:
    assert build(source, tmp_path, ZERO_KERNEL="skip").returncode == 0
    assert "ZERO_KERNEL=skip" in absence_in(tmp_path)


def test_it_can_be_required(source: Path, tmp_path: Path) -> None:
    done = build(source, tmp_path, ZERO_KERNEL="require", PATH=str(folder_of(tmp_path / "bin")))
    assert done.returncode != 0
    assert "the kernel was not built: no Rust toolchain was found" in done.stdout + done.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_a_choice_that_is_none_is_refused(source: Path, tmp_path: Path) -> None:
    done = build(source, tmp_path, ZERO_KERNEL="always")
    assert done.returncode != 0
    assert "possible are auto, require, skip" in done.stdout + done.stderr


def absence_beside(sources: Path) -> str:
    """What the package in a folder of sources says about the kernel that lies there."""
    code = "from devnet.kernel import absence; print(absence())"
    return run(sys.executable, "-c", code, folder=sources, PYTHONPATH=str(sources))


def test_a_kernel_of_other_sources_is_refused(tmp_path: Path) -> None:
    """The kernel that is here, beside an interface that differs by a comment."""
    other = copy_source(tmp_path / "other")
    kernel = load().__file__
    assert kernel is not None
    shutil.copy(kernel, other / "devnet" / "kernel")
    assert absence_beside(other).strip() == "None"
    with (other / "devnet" / "kernel" / "zero_kernel.pyi").open("a", encoding="utf-8") as stub:
        stub.write("# another interface\n")
    assert "it was built for another version of this package" in absence_beside(other)


@pytest.mark.full
def test_a_kernel_that_other_sources_gave_is_refused(tmp_path: Path) -> None:
    """Built from an interface that differs by a comment, and put beside the sources that are here."""
    other = copy_source(tmp_path / "other")
    stub = other / "devnet" / "kernel" / "zero_kernel.pyi"
    original = stub.read_text(encoding="utf-8")
    stub.write_text(original + "# another interface\n", encoding="utf-8")
    command = (sys.executable, "setup.py", "-q", "build_rust", "--inplace")
    run(*command, folder=other, ZERO_KERNEL="require", CARGO_TARGET_DIR=own_target(tmp_path / "target"))
    assert absence_beside(other).strip() == "None"
    stub.write_text(original, encoding="utf-8")
    assert "it was built for another version of this package" in absence_beside(other)
