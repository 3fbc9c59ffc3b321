"""What builders import, and the `zero` command. Nothing heavy is imported here."""
