"""The fixture `deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from zero_sdk.testing.session import Session

if TYPE_CHECKING:
    from zero_sdk.client.contract import Contract
    from zero_sdk.client.network import Network
    from zero_sdk.client.zone import Zone
    from zero_sdk.compile import Build, ContractArtifact


class Deploy:
    """Deploys the project's contracts by their names."""

    def __init__(self, network: Network, config: pytest.Config) -> None:
        self._network = network
        self._session = Session.of(config)

    @property
    def build(self) -> Build:
        """Everything that was compiled; the network knows it from now on, for names and decoding."""
        self._tell_build()
        return self._session.build

    def __call__(
        self,
        contract: str | ContractArtifact,
        *arguments: Any,
        zone: Zone | str | None = None,
        **options: Any,
    ) -> Contract:
        """Deploys and gives the contract. `contract` is a name (`Token`, `contracts/Token.sol:Token`) or an
        artifact; `zone` the first where none is given; options as those of `Zone.deploy` (sender, value,
        libraries, salt). Raises Reverted, and ZeroError where there is no contract of that name."""
        artifact = self.build.artifact(contract) if isinstance(contract, str) else contract
        return self._zone(zone).deploy(artifact, *arguments, **options)

    def script(self, *arguments: Any, path: str | Path | None = None, **named: Any) -> Any:
        """Runs a deployment script as `zero deploy` does, without its journal, and gives what its `main`
        gives. `path` is from the project's folder, the script that `zero deploy` runs where it is not given;
        `main` gets the network, and these arguments after it. Raises ZeroError, for errors of the script with
        its file and line."""
        from zero_sdk.deploy.script import USUAL, load_script

        project = self._session.own_project
        self._tell_build()
        file = project.scripts / USUAL if path is None else project.root / path
        return load_script(file)(self._network, *arguments, **named)

    def _tell_build(self) -> None:
        """The network knows what names of contracts mean from now on."""
        build = self._session.build
        if build not in self._network.artifacts.builds:
            self._network.artifacts.add(build)

    def _zone(self, zone: Zone | str | None) -> Zone:
        if zone is None:
            return next(iter(self._network.zones.values()))
        return self._network.zone(zone) if isinstance(zone, str) else zone
