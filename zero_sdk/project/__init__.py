"""A builder's project: what its zero.toml says."""
