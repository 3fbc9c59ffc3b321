"""Runs inside the Python that has a Vyper installed: one standard JSON a line in, one a line out.

It is started by its path and imports nothing of this project, for that Python may know nothing of it.
"""

import json
import os
import sys
import threading
from typing import Any

IDLE_SECONDS = 60
"""After so long without work it ends itself: it holds some 60 MB."""


def main() -> None:
    answers = sys.stdout
    sys.stdout = sys.stderr  # whatever the compiler prints is no answer
    import vyper
    from vyper.cli import vyper_json

    def answer(document: Any) -> None:
        # Some values of syntax trees are Python objects; vyper-json prints them the same way.
        print(json.dumps(document, default=str), file=answers, flush=True)

    bundles: list[Any] = []
    bundle = getattr(vyper_json, "JSONInputBundle", None)
    if bundle is not None:  # since 0.4, where modules can be imported

        class Remembered(bundle):  # type: ignore[misc, valid-type]
            """Knows the numbers that source maps call files by, which vyper-json does not pass on."""

            def __init__(self, *arguments: Any, **options: Any) -> None:
                super().__init__(*arguments, **options)
                bundles.append(self)

        vyper_json.JSONInputBundle = Remembered

    original = vyper_json.format_to_output_dict

    def with_layouts(data: Any) -> Any:
        """0.3 makes layouts and does not pass them on."""
        output = original(data)
        for path, found in data.items():
            for contract in output["contracts"].get(str(path), {}).values():
                if "layout" in found:
                    contract.setdefault("layout", found["layout"])
        return output

    vyper_json.format_to_output_dict = with_layouts

    commit = getattr(vyper, "__commit__", "") or ""
    answer({"version": f"{vyper.__version__}+commit.{commit}" if commit else vyper.__version__})
    for line in lines():
        bundles.clear()
        try:
            output = vyper_json.compile_json(json.loads(line), vyper_json.exc_handler_to_dict)
            numbers = {
                path.as_posix(): number for made in bundles for path, number in made._source_ids.items()
            }
            answer({**output, "numbers": numbers})
        except Exception as error:
            kind = type(error).__name__
            answer(
                {"errors": [{"severity": "error", "type": kind, "component": "vyper", "message": str(error)}]}
            )


def lines() -> Any:
    """The requests; the process ends where the next one is long in coming."""
    while True:
        timer = threading.Timer(IDLE_SECONDS, os._exit, [0])
        timer.daemon = True
        timer.start()
        line = sys.stdin.readline()
        timer.cancel()
        if not line:
            return
        yield line


if __name__ == "__main__":
    main()
