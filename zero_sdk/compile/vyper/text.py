"""What has to be known of a Vyper file before it is compiled: its imports and its version pragma."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STRING = "|".join((r'"""(?s:.*?)"""', r"'''(?s:.*?)'''", r'"(?:\\.|[^"\\\n])*"', r"'(?:\\.|[^'\\\n])*'"))
_DIRECTIVE = re.compile(
    r"#[ \t]*(?:@version|pragma[ \t]+version)[ \t]+(?P<pragma>[^\n#]*)"
    rf"|#[^\n]*|{_STRING}"
    r"|^import[ \t]+(?P<module>[\w.]+)"
    r"|^from[ \t]+(?P<dots>\.*)[ \t]*(?P<package>[\w.]*)[ \t]+import[ \t]+"
    r"(?:\((?P<group>[^)]*)\)|(?P<names>[^\n]*))",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Import:
    """`from ..tokens import erc20` is 2 dots and the path `tokens/erc20`."""

    dots: int
    path: str
    line: int

    @property
    def text(self) -> str:
        """As it may be written: `..tokens.erc20`."""
        return "." * self.dots + self.path.replace("/", ".")


@dataclass(frozen=True, slots=True)
class VyperText:
    """What a file says about others and about the compiler."""

    imports: tuple[Import, ...]
    version: str | None
    """The range of its pragma."""
    version_line: int = 0


def read_text(text: str) -> VyperText:
    """The imports and the pragma of a file; what stands in comments and strings is none."""
    imports: list[Import] = []
    version, version_line = None, 0
    for found in _DIRECTIVE.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["pragma"] is not None:
            version, version_line = found["pragma"].strip(), line
        elif found["module"] is not None:
            imports.append(Import(0, found["module"].replace(".", "/"), line))
        elif found["dots"] is not None:
            package = found["package"].replace(".", "/")
            for name in _names(found["group"] if found["group"] is not None else found["names"]):
                path = f"{package}/{name}" if package else name
                imports.append(Import(len(found["dots"]), path, line))
    return VyperText(tuple(imports), version, version_line)


def _names(text: str) -> list[str]:
    """`a as b, c # comment` -> a, c"""
    names = []
    for part in re.sub(r"#[^\n]*", "", text).split(","):
        words = part.split()
        if words:
            names.append(words[0])
    return names
