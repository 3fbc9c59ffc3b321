"""A network as one file: written and read as a stream, whole or not at all. `docs/formats.md` has the bytes.

writing        a network into a dump
reading        a dump as what a network is made of
loading        a dump into a network that is there
succession     what watchers see when a zone takes another's place
accounts       accounts of another chain into a zone
container      header, sections of checksummed records, digest
plain          what a configuration's hash does not cover, as JSON
errors         what can be wrong with a dump
"""
