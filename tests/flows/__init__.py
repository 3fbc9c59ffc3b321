"""Projects as people have them: contracts of well-known packages, tested with the plugin's fixtures alone."""
