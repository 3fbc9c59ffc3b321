"""Coverage in lcov's format (the "tracefile" of geninfo(1)), which editors and services read."""

from __future__ import annotations

from zero_sdk.debugging.coverage import Coverage, FileCoverage


def lcov(coverage: Coverage) -> str:
    """The whole tracefile."""
    return "".join(_file(file) for file in coverage.files)


def _file(file: FileCoverage) -> str:
    lines = ["TN:", f"SF:{file.file.name}"]
    functions = [covered for covered in file.covered if covered.item.kind == "function"]
    lines += [f"FN:{covered.line},{covered.item.name}" for covered in functions]
    lines += [f"FNDA:{covered.count},{covered.item.name}" for covered in functions]
    share = file.share("function")
    lines += [f"FNF:{share.all}", f"FNH:{share.hit}"]
    ways: dict[int, list[tuple[int, int]]] = {}
    for covered in file.covered:
        if covered.item.kind == "branch":
            ways.setdefault(covered.item.number, []).append((covered.line, covered.count))
    for number, counts in ways.items():
        # "-" says that not even the decision was reached.
        is_reached = any(count for _, count in counts)
        lines += [
            f"BRDA:{line},{number},{way},{count if is_reached else '-'}"
            for way, (line, count) in enumerate(counts)
        ]
    share = file.share("branch")
    lines += [f"BRF:{share.all}", f"BRH:{share.hit}"]
    lines += [f"DA:{line},{count}" for line, count in file.lines.items()]
    share = file.share("line")
    lines += [f"LF:{share.all}", f"LH:{share.hit}", "end_of_record"]
    return "\n".join(lines) + "\n"
