"""What compiling raises beside plain `ZeroError`s."""

from __future__ import annotations

from collections.abc import Sequence

from zero_sdk.compile.diagnostics import Diagnostic, Painter
from zero_sdk.errors import Problem, ZeroError


class CompileError(ZeroError):
    """The compiler refused the sources; the message holds its errors with place and excerpt."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        """Everything that was said, warnings too."""
        super().__init__(Problem.COMPILE_FAILED, self.render(), self._advice())

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.severity == "error")

    @property
    def summary(self) -> str:
        """`2 errors in contracts/Token.sol`."""
        files = sorted({error.source for error in self.errors if error.source})
        count = f"{len(self.errors)} error{'s' if len(self.errors) != 1 else ''}"
        return f"{count} in {', '.join(files)}" if files else count

    def _advice(self) -> str | None:
        if any("Stack too deep" in error.message for error in self.errors):
            return (
                "`optimizer = true` in [solidity] of zero.toml may do, and `via-ir = true` with it does more"
            )
        return None

    def render(self, paint: Painter | None = None) -> str:
        """The summary, and every error."""
        return "\n\n".join([self.summary, *(error.render(paint) for error in self.errors)])
