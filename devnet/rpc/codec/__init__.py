"""JSON in and out: the only place where JSON values become this project's data and the other way round.

`shapes` has the reader-with-schema type and the plain values; `blocks`, `calls`, `logs`, `overrides` and
`traces` read the structured parameters; `encode_*` write results in geth's shapes. A reader raises ValueError
that says what was expected; `devnet.rpc.methods` adds which parameter it was.
"""
