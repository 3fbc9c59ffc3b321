"""How the commands show their help: options in groups, in plain text, without loading a formatter."""

from __future__ import annotations

from typing import Any

import typer.core

WIDTH = 110
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": WIDTH}


class GroupedCommand(typer.core.TyperCommand):
    """A command whose options are listed under the panels that they name."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                fallback = "Options" if parameter.param_type_name == "option" else "Arguments"
                panel = getattr(parameter, "rich_help_panel", None) or fallback
                groups.setdefault(panel, []).append(record)
        for panel, records in groups.items():
            with formatter.section(panel):
                formatter.write_dl(records)
