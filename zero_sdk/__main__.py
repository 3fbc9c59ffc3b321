"""`python -m zero_sdk` is the `zero` command."""

from zero_sdk.cli import main

main()
