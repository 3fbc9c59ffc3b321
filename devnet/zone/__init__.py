"""One Atomicity Zone: its blocks, mempool, producer, history, filters and development overlay.

A zone knows `devnet.chain` and the Protocols of `devnet.state` and `devnet.execution`, and nothing of
servers, threads, sockets or other zones. Every public method of `devnet.zone.port.ZonePort` is a message:
plain data in, plain data out, time and randomness are arguments, so that a proxy may carry it to another
process. Parts import `devnet.zone.port`, `devnet.zone.messages` and `devnet.zone.zone.Zone`; nothing further
inside.
"""
