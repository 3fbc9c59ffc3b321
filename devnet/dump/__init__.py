"""A network as one file: written and read as a stream, whole or not at all. `docs/formats.md` has the bytes.

container      header, sections of checksummed records, digest
plain          configurations as JSON
errors         what can be wrong with a dump
"""
