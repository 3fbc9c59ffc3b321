"""Builds the kernel with the package where that is possible, and adds the templates of `zero init`; all else
is in pyproject.toml.

ZERO_KERNEL says what to do about it: `auto` (the default) goes on without a kernel where it cannot be built
and writes the reason into the package, `require` ends with that reason, `skip` does not try.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.errors import BaseError, CompileError
from setuptools_rust import Binding, RustExtension, Strip, build_rust

MODULE = "devnet.kernel.zero_kernel"
MANIFEST = "kernel/python/Cargo.toml"
CHOICES = ("auto", "require", "skip")
HERE = Path(__file__).parent
LEFT_BEHIND = ("__pycache__", ".*", "node_modules", "build", "dist", "deployments")
"""What running a template in its place leaves there."""


class BuildKernel(build_rust):  # type: ignore[misc]
    """`build_rust` that knows what ZERO_KERNEL asks for and leaves the reason where nothing is built."""

    def run(self) -> None:
        choice = os.environ.get("ZERO_KERNEL", "") or "auto"
        if choice not in CHOICES:
            raise BaseError(f"ZERO_KERNEL is {choice!r}; possible are {', '.join(CHOICES)}")
        [extension] = self.extensions
        library = Path(self.get_dylib_ext_path(extension, MODULE))
        note = library.parent / "absence.txt"
        note.unlink(missing_ok=True)
        if choice == "skip":
            reason = "the installation was told to leave it out (ZERO_KERNEL=skip)"
        else:
            try:
                super().run()
                return
            except (BaseError, CompileError, OSError) as error:
                reason = reason_of(str(error))
                if choice == "require":
                    raise BaseError(f"the kernel was not built: {reason}\n{error}") from error
        # One that was built before would not be the one of these sources.
        library.unlink(missing_ok=True)
        note.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(reason + "\n", encoding="utf-8")
        print(f"the kernel is left out: {reason}")


class BuildWithTemplates(build_py):
    """`build_py` that puts the templates into the package. They lie beside it, because they are no code of
    it; an editable installation finds them there."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            target = Path(self.build_lib) / "zero_sdk" / "templates"
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(HERE / "templates", target, ignore=shutil.ignore_patterns(*LEFT_BEHIND))


def reason_of(output: str) -> str:
    """Why it could not be built and what to do, in one line, from what the tools said."""
    oldest = oldest_rust()
    if "can't find Rust compiler" in output or "Unable to execute 'cargo'" in output:
        return f"no Rust toolchain was found (cargo and rustc on PATH); Rust {oldest} or newer builds it"
    if found := re.search(r"Rust (\S+) does not match extension requirement", output):
        return f"Rust {found[1]} is too old; {oldest} or newer builds it"
    if re.search(r"linker `\S+` not found|failed to find tool|could not execute .*: No such file", output):
        return "there is no C compiler and linker (cc on PATH), which the kernel's libraries need"
    if re.search(r"failed to (?:download|fetch|get)|[Cc]ouldn't connect|[Cc]ould not resolve", output):
        return "its Rust libraries could not be downloaded: the crate registry was not reached"
    errors = [line.strip() for line in output.splitlines() if line.startswith("error")]
    return f"building it failed ({errors[0] if errors else 'cargo gave no reason'})"


def oldest_rust() -> str:
    """The version that the workspace asks for."""
    text = (HERE / "kernel" / "Cargo.toml").read_text(encoding="utf-8")
    [found] = re.findall(r'^rust-version = "(.+)"$', text, re.MULTILINE)
    return str(found)


setup(
    rust_extensions=[
        RustExtension(
            MODULE,
            MANIFEST,
            binding=Binding.PyO3,
            cargo_manifest_args=["--locked"],
            debug=False,
            # So that what cargo says is in the error, where the reason is found.
            quiet=True,
            rust_version=f">={oldest_rust()}",
            strip=Strip.Debug,
            py_limited_api=True,
        )
    ],
    cmdclass={"build_py": BuildWithTemplates, "build_rust": BuildKernel},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
