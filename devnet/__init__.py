"""A local Zero network: zones, their engines, their state and the JSON-RPC that serves them.

Importing this package imports nothing heavy; parts load on first use. The public face is `devnet.network`
(`Network`, `NetworkConfig`), `devnet.rpc` (`dispatch`) and `devnet.state.verify`.
"""
