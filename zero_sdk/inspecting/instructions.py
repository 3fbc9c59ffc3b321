"""A contract's deployed code, instruction by instruction, with the source that each was made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zero_sdk.compile.artifact import ContractArtifact

_PLACEHOLDER = "0" * 40


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction."""

    pc: int
    name: str
    argument: str
    """What a PUSH pushes, in hex with 0x; empty otherwise."""
    source: str
    """The file's name, empty where the compiler made the instruction up."""
    line: int
    column: int
    """From 1; 0 where there is no source."""
    jump: str
    """i into a function, o out of one, - otherwise."""
    text: str
    """The first line of the source."""


def instructions(artifact: ContractArtifact) -> Iterator[Instruction]:
    """Those of the deployed code that the source map knows; data behind the code is left out."""
    from devnet.execution.pyevm.mnemonics import MNEMONICS
    from zero_sdk.debugging.source_files import SourceFile
    from zero_sdk.debugging.source_map import read_source_map

    code = bytes.fromhex(_linked(artifact))
    table = read_source_map(code, artifact.runtime.source_map)
    compilation = artifact.compilation
    names = compilation.source_ids
    texts = compilation.source_texts
    files = {number: SourceFile.of(name, texts[name]) for number, name in names.items() if name in texts}
    for pc in table.starts:
        opcode = code[pc]
        width = opcode - 0x5F if 0x60 <= opcode <= 0x7F else 0
        argument = f"0x{code[pc + 1 : pc + 1 + width].hex()}" if width else ""
        name = MNEMONICS.get(opcode, f"INVALID({opcode:#04x})")
        span = table.span(pc)
        file = files.get(span.file) if span is not None else None
        if span is None or file is None:
            yield Instruction(pc, name, argument, "", 0, 0, table.jump(pc), "")
            continue
        line, column = file.position(span.start)
        text = file.text[span.start : span.end].decode(errors="replace").split("\n", 1)[0]
        yield Instruction(pc, name, argument, file.name, line, column, table.jump(pc), text)


def _linked(artifact: ContractArtifact) -> str:
    """The code with zeros for the addresses of libraries, which are no hex."""
    code = artifact.runtime.object
    for libraries in artifact.runtime.link_references.values():
        for places in libraries.values():
            for place in places:
                at = 2 * place["start"]
                code = code[:at] + _PLACEHOLDER + code[at + 40 :]
    return code
