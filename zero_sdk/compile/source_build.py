"""Compiles one file, or a text that is in no file, without writing anything."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from zero_sdk.compile.artifact import artifact_document, read_artifact
from zero_sdk.compile.build import Build
from zero_sdk.compile.compilation import Compilation, build_info_document
from zero_sdk.compile.languages import named_sources, plan_sources, run_plan
from zero_sdk.compile.project_build import accepted
from zero_sdk.compile.solc.toolchain import Toolchain
from zero_sdk.compile.solidity import Output
from zero_sdk.project.config import ProjectConfig
from zero_sdk.project.project import Project

TEXT_NAME = "Source.sol"
"""What a text without a file is called."""


def compile_source(
    source: str | Path,
    *,
    project: Project | None = None,
    config: ProjectConfig | None = None,
    name: str = TEXT_NAME,
    offline: bool = False,
    toolchain: Toolchain | None = None,
) -> Build:
    """Compiles a text (`str`) or file (`Path`), and what it imports. It is Solidity, or Vyper where the name
    ends in .vy or .vyi.

    Imports, remappings and settings are those of `project`; without one, of a folder with nothing but
    defaults: the file's own, or the current one for a text; `config` gives other settings. A text is called
    `name` in errors and qualified names. Raises ZeroError, CompileError.
    """
    if project is None:
        root = Path.cwd() if isinstance(source, str) else source.resolve().parent
        project = Project(root, config or ProjectConfig())
    elif config is not None:
        project = Project(project.root, config)
    if isinstance(source, str):
        texts, root_name = {name: source}, name
    else:
        texts, [root_name] = {}, named_sources(project, [source])
    plan = plan_sources(project, [root_name], is_offline=offline, texts=texts)
    outputs = run_plan(plan, project, is_offline=offline, toolchain=toolchain)
    return _build(accepted(outputs))


def _build(outputs: list[Output]) -> Build:
    readers = {}
    compilations = []
    for output in outputs:
        compiler = output.compiler
        document = build_info_document(output.id, compiler.version, output.input, output.output)
        compilation = Compilation(output.id, compiler.name, compiler.version, None, document)
        compilations.append(compilation)
        for source, named in output.output.get("contracts", {}).items():
            for name, contract in named.items():
                artifact = artifact_document(name, source, contract, output.id, compiler)
                readers[f"{source}:{name}"] = partial(read_artifact, artifact, compilation)
    warnings = tuple(diagnostic for output in outputs for diagnostic in output.diagnostics)
    return Build(readers, tuple(compilations), warnings, len(outputs))
