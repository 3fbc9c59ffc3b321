"""The methods, one file a namespace, `eth` and the development calls by topic.

Each module has a `METHODS` tuple; `devnet.rpc.registry` puts them together. A handler takes the `Context` and
the parsed arguments and gives JSON-ready data.
"""
