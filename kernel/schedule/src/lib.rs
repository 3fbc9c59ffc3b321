//! FAFO: which transactions of a block may run at the same time (docs/scheduling.md).
