"""What crosses zones, as bytes: LayerZero V2's packets and the options that say how one is delivered.

    packet        `Packet`: header, GUID, payload hash; `decode_packet`
    options       `Options`: gas, value, native drops, compose, order; `decode_options`, `combine_options`

Knows no network. `zero_sdk` re-exports it.
"""
