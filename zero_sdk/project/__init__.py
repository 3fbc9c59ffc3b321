"""A builder's project: what its zero.toml says.

    find_project, Project    the folder and its configuration
    ProjectConfig            the sections as frozen dataclasses (`config.py`)
    Secret                   a value that may be kept in an environment variable
    foreign/                 projects of Foundry, Hardhat and Ape

Nothing heavy is imported here.
"""

from zero_sdk.project.config import (
    AccountConfig,
    NetworkConfig,
    PathsConfig,
    ProjectConfig,
    SolidityConfig,
    SolidityOverride,
    VyperConfig,
    ZoneConfig,
)
from zero_sdk.project.project import Project, find_project
from zero_sdk.project.values import Secret

__all__ = [
    "AccountConfig",
    "NetworkConfig",
    "PathsConfig",
    "Project",
    "ProjectConfig",
    "Secret",
    "SolidityConfig",
    "SolidityOverride",
    "VyperConfig",
    "ZoneConfig",
    "find_project",
]
