"""What a zone keeps, as records in files: blocks in one log, everything else in another (`docs/formats.md`).

Parts import `devnet.zone.storing.block_codec` (blocks as bytes) and `devnet.zone.storing.checking`; nothing
further inside.
"""
