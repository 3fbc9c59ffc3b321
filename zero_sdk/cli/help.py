"""How the commands show their help: options in groups, in plain text, without loading a formatter.

The text is made here and not by typer, so that it is the same with every version: `docs/cli.md` holds it.
"""

from __future__ import annotations

from typing import Any

import typer.core

WIDTH = 110
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}


class GroupedCommand(typer.core.TyperCommand):
    """A command whose options are listed under the panels that they name."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        arguments = [item for item in self.get_params(ctx) if item.param_type_name == "argument"]
        pieces = ["[OPTIONS]", *(_argument_record(argument)[0] for argument in arguments)]
        formatter.write_usage(ctx.command_path, " ".join(pieces))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            is_option = parameter.param_type_name == "option"
            panel = getattr(parameter, "rich_help_panel", None) or ("Options" if is_option else "Arguments")
            record = _option_record(parameter) if is_option else _argument_record(parameter)
            groups.setdefault(panel, []).append(record)
        for panel, records in groups.items():
            with formatter.section(panel):
                formatter.write_dl(records)


def _option_record(option: Any) -> tuple[str, str]:
    names = ", ".join(sorted(option.opts, key=len))
    is_flag = getattr(option, "is_flag", False)
    return (names if is_flag else f"{names} {option.metavar or 'VALUE'}"), option.help or ""


def _argument_record(argument: Any) -> tuple[str, str]:
    return argument.metavar or argument.name.upper(), getattr(argument, "help", None) or ""
