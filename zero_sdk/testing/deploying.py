"""The fixture `deploy`."""

from __future__ import annotations

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
        build = self._session.build
        if build not in self._network.artifacts.builds:
            self._network.artifacts.add(build)
        return build

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

    def _zone(self, zone: Zone | str | None) -> Zone:
        if zone is None:
            return next(iter(self._network.zones.values()))
        return self._network.zone(zone) if isinstance(zone, str) else zone
