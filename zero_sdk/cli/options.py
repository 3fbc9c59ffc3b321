"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

URL = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The network.  [env: ZERO_RPC_URL; default: http://127.0.0.1:8545]",
        show_default=False,
    ),
]
ZONE = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The zone, by name or chain id.  [env: ZERO_ZONE]", show_default=False),
]
OFFLINE = Annotated[
    bool, typer.Option("--offline", help="Use only what is on this machine; ask no network for anything.")
]
