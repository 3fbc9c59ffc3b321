"""The list of methods in docs/rpc.md, made from the registry (`python -m devnet.rpc.openrpc.reference`)."""

from __future__ import annotations

from devnet.rpc.methods import Method, Param
from devnet.rpc.registry import methods


def build_reference() -> str:
    """One line of Markdown per method, under its namespace; aliases beside it."""
    sections: dict[str, list[str]] = {}
    for method in methods():
        namespace = method.name.replace(".", "_").partition("_")[0]
        sections.setdefault(namespace, []).append(_line(method))
    return "\n".join(
        f"### {namespace}\n\n" + "\n".join(sorted(lines)) + "\n"
        for namespace, lines in sorted(sections.items())
    )


def _line(method: Method) -> str:
    params = ", ".join(_param(param) for param in method.params)
    also = f" Also {', '.join(f'`{alias}`' for alias in method.aliases)}." if method.aliases else ""
    return f"- `{method.name}({params})` {method.summary}{also}"


def _param(param: Param) -> str:
    return param.name if param.is_required else f"{param.name}?"


if __name__ == "__main__":
    print(build_reference(), end="")
