"""One folder of TypeScript for a page: ABIs, zones and addresses, with types that know which is where."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from zero_sdk.compile import ContractArtifact
from zero_sdk.exporting.addresses import Deployed
from zero_sdk.exporting.viem import HEADER, constant, refuse_same_names, viem_files

_TYPES = """
export type ZoneName = keyof typeof zones;
export type ContractName = keyof typeof contracts;
/** The zones that a contract is deployed in. */
export type ZoneOf<Name extends ContractName> = keyof (typeof contracts)[Name]["addresses"] & ZoneName;

/** What getContract and readContract take: `{ ...at("Token", "alpha"), functionName: "name" }`. */
export function at<Name extends ContractName, Zone extends ZoneOf<Name>>(name: Name, zone: Zone) {
  const { abi, addresses } = contracts[name] as {
    abi: (typeof contracts)[Name]["abi"];
    addresses: Record<Zone, `0x${string}`>;
  };
  return { abi, address: addresses[zone], chainId: zones[zone].id };
}
"""


def frontend_files(artifacts: Iterable[ContractArtifact], deployed: Deployed) -> dict[str, str]:
    """The modules of `viem_files` in `abis/`, and index.ts."""
    found = sorted(artifacts, key=lambda artifact: artifact.name)
    refuse_same_names(found)
    files = {f"abis/{name}": text for name, text in viem_files(found).items()}
    imports = "".join(
        f'import {{ {constant(artifact.name)}Abi }} from "./abis/{artifact.name}.js";\n' for artifact in found
    )
    zones = {
        name: {
            "id": zone.chain_id,
            "name": name,
            "nativeCurrency": {"name": "ZRO", "symbol": "ZRO", "decimals": 18},
            "rpcUrls": {"default": {"http": [zone.url] if zone.url else []}},
        }
        for name, zone in deployed.zones.items()
    }
    contracts = ",\n".join(
        _contract(artifact, deployed.addresses.get(artifact.name, {})) for artifact in found
    )
    files["index.ts"] = (
        f"{HEADER}{imports}\n"
        'export * from "./abis/index.js";\n\n'
        "/** The zones as viem's chains; `rpcUrls` are the local ones only. */\n"
        f"export const zones = {json.dumps(zones, indent=2)} as const;\n\n"
        f"{_instance(deployed)}"
        f"export const contracts = {{\n{contracts},\n}} as const;\n{_TYPES}"
    )
    return files


def _instance(deployed: Deployed) -> str:
    """Which start of the devnet the addresses are of, and what is left out for being of another."""
    words = (
        "The start of the devnet in memory whose addresses these are (anvil_metadata has it as instanceId)."
    )
    lines = [
        f"/** {words} */",
        f"export const instanceId: string | null = {json.dumps(deployed.instance)};\n",
    ]
    lines += [f"// Zone {zone} has no addresses: {why}." for zone, why in deployed.stale.items()]
    return "\n".join(lines) + "\n"


def _contract(artifact: ContractArtifact, addresses: Mapping[str, str]) -> str:
    return (
        f"  {json.dumps(artifact.name)}: {{ abi: {constant(artifact.name)}Abi, "
        f"addresses: {json.dumps(dict(addresses))} }}"
    )
