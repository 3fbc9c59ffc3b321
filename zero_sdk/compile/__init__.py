"""Compiling: Solidity and Vyper sources of a project become a `Build`.

    compile_project, load_build     a whole project, and what was compiled before
    compile_source                  one file or one text, as tests have it
    Build, ContractArtifact, LinkableCode, Compilation, CompilerId, CompileError, Diagnostic

Imports point down: project_build, source_build → folder, plan, solidity → solc/, sources → artifact,
diagnostics, versions.
"""

from __future__ import annotations

from zero_sdk.compile.artifact import CompilerId, ContractArtifact
from zero_sdk.compile.build import Build
from zero_sdk.compile.compilation import Compilation
from zero_sdk.compile.diagnostics import Diagnostic
from zero_sdk.compile.errors import CompileError
from zero_sdk.compile.linkable import LinkableCode
from zero_sdk.compile.project_build import compile_project, load_build
from zero_sdk.compile.source_build import compile_source

__all__ = [
    "Build",
    "Compilation",
    "CompileError",
    "CompilerId",
    "ContractArtifact",
    "Diagnostic",
    "LinkableCode",
    "compile_project",
    "compile_source",
    "load_build",
]
