"""Code that is fixed elsewhere, byte for byte, with its source. Nothing here is compiled by this project."""

from __future__ import annotations

BEACON_ROOTS = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff81069081"
    "5414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500"
)
"""Runtime code of EIP-4788, section "Bytecode"."""

HISTORY_STORAGE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff8143031160"
    "4257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
"""Runtime code of EIP-2935, section "Bytecode"."""

DEPLOYMENT_PROXY = bytes.fromhex(
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe036016000816020823780358282"
    "34f58015156039578182fd5b8082525050506014600cf3"
)
"""Runtime code of the deterministic deployment proxy (github.com/Arachnid/deterministic-deployment-proxy,
v1.0.0). Tools that deploy through it check the hash of this code first: keccak256 is
2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989."""
