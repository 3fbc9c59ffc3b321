"""All methods by name. Built when first asked for, from the namespaces' tuples; nothing registers itself."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from devnet.rpc.methods import Method
from devnet.rpc.namespaces import (
    debug,
    dev_accounts,
    dev_chain,
    dev_info,
    dev_mining,
    dev_state,
    dev_time,
    dev_tokens,
    eth_blocks,
    eth_calls,
    eth_chain,
    eth_fees,
    eth_filters,
    eth_send,
    eth_sign,
    eth_state,
    eth_transactions,
    net,
    rpc,
    txpool,
    web3,
    zero,
    zero_courier,
    zero_data,
    zero_deliveries,
    zero_faults,
    zero_forced,
    zero_history,
    zero_messages,
    zero_profile,
    zero_proofs,
    zero_seats,
    zero_settlement,
    zero_snapshots,
    zero_supply,
)

_NAMESPACES = (
    eth_chain,
    eth_state,
    eth_blocks,
    eth_transactions,
    eth_fees,
    eth_calls,
    eth_send,
    eth_sign,
    eth_filters,
    net,
    web3,
    debug,
    txpool,
    dev_mining,
    dev_time,
    dev_accounts,
    dev_state,
    dev_tokens,
    dev_chain,
    dev_info,
    zero,
    zero_courier,
    zero_data,
    zero_deliveries,
    zero_faults,
    zero_forced,
    zero_history,
    zero_messages,
    zero_profile,
    zero_proofs,
    zero_settlement,
    zero_seats,
    zero_snapshots,
    zero_supply,
    rpc,
)


def methods() -> tuple[Method, ...]:
    """Every method once, under its first name, in the order of the namespaces."""
    return tuple(method for namespace in _NAMESPACES for method in namespace.METHODS)


@cache
def method_table() -> Mapping[str, Method]:
    """Methods by name, aliases included. Raises ValueError where two claim one name."""
    table: dict[str, Method] = {}
    for method in methods():
        for name in (method.name, *method.aliases):
            if name in table:
                raise ValueError(f"two methods are called {name}")
            table[name] = method
    return MappingProxyType(table)
