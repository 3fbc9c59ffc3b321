//! QMDB: the verifiable, append-only store of a zone (docs/state.md).
