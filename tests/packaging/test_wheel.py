"""The distribution as others get it: built into a wheel, installed into an environment of its own."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.source_copy import PACKAGES, ROOT, copy_source, run
from tests.packaging.toolchain import leave_unoptimized, own_target


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as an ordinary installation does it, but for the time that optimizing takes; here the
    kernel must be part of it."""
    folder = copy_source(tmp_path_factory.mktemp("source"))
    leave_unoptimized(folder)
    command = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", "dist", ".")
    target = own_target(tmp_path_factory.mktemp("target"))
    run(*command, folder=folder, ZERO_KERNEL="require", CARGO_TARGET_DIR=target)
    [built] = (folder / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Iterator[Path]:
    """The scripts of an environment that has the wheel, and this one's packages as its dependencies."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    [site] = folder.glob("Lib/site-packages" if os.name == "nt" else "lib/python*/site-packages")
    run(
        *(
            sys.executable,
            "-m",
            "pip",
            "--python",
            scripts / "python",
            "install",
            "--quiet",
            "--no-deps",
            wheel,
        ),
        folder=folder,
    )
    # Appended to the path, so that what the wheel brings comes first; a .pth in there is not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    yield scripts
    shutil.rmtree(folder)


def test_the_wheel_holds_the_packages_with_their_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert "devnet/kernel/zero_kernel.abi3.so" in names or sys.platform != "linux"
    assert {"devnet/py.typed", "zero_sdk/py.typed"} <= set(names)
    data = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for pattern in ("*.json", "*.sol", "*.html", "*.py", "*.pyi")
        for path in (ROOT / package).rglob(pattern)
        if "node_modules" not in path.parts
    }
    assert data - set(names) == set()


def test_the_wheel_holds_every_file_of_the_templates(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    listed = run("git", "ls-files", "templates", folder=ROOT).splitlines()
    assert len(listed) > 20
    assert {f"zero_sdk/{name}" for name in listed} == {
        name for name in names if name.startswith("zero_sdk/templates/")
    }


def test_an_installed_wheel_makes_projects(bare: Path, tmp_path: Path) -> None:
    run(bare / "zero", "init", "hello", folder=tmp_path)
    assert (tmp_path / "hello" / ".gitignore").is_file()
    # pip compiles every Python file that it installs, those of templates too.
    assert list(tmp_path.rglob("__pycache__")) == []


def test_an_installed_wheel_runs_its_own_code(bare: Path, tmp_path: Path) -> None:
    code = "import devnet, zero_sdk; print(devnet.__file__); print(zero_sdk.__file__)"
    places = run(bare / "python", "-c", code, folder=tmp_path).splitlines()
    assert [Path(place).is_relative_to(bare.parent.resolve()) for place in places] == [True, True]


def test_an_installed_wheel_has_a_kernel_that_fits(bare: Path, tmp_path: Path) -> None:
    code = "from devnet.kernel import load; print(load().__file__)"
    assert Path(run(bare / "python", "-c", code, folder=tmp_path).strip()).is_relative_to(
        bare.parent.resolve()
    )


def test_the_installed_command_answers(bare: Path, tmp_path: Path) -> None:
    assert run(bare / "zero", "--help", folder=tmp_path).startswith("Usage: zero")
    assert run(bare / "zero", "accounts", "-a", "1", folder=tmp_path).startswith("0xf39Fd6e5")
    assert "broken" not in run(bare / "zero", "doctor", folder=tmp_path)


def test_the_installed_command_serves_a_network(bare: Path, tmp_path: Path) -> None:
    path = os.pathsep.join([str(bare), os.environ["PATH"]])
    out = run(
        *(bare / "zero", "devnet", "--port", "0", "--quiet"),
        *("--exec", "zero rpc eth_chainId --zone beta"),
        folder=tmp_path,
        PATH=path,
    )
    assert int(out, 16) == 7_700_002


@pytest.mark.full
def test_the_dependencies_that_are_named_are_enough(wheel: Path, tmp_path: Path) -> None:
    """A fresh environment, everything from the package index."""
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", wheel, folder=tmp_path)
    path = os.pathsep.join([str(scripts), os.environ["PATH"]])
    out = run(
        *(scripts / "zero", "devnet", "--port", "0", "--quiet"),
        *("--exec", "zero rpc eth_getBlockByNumber latest false"),
        folder=tmp_path,
        PATH=path,
    )
    assert '"stateRoot"' in out
