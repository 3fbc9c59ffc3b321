//! Executes EVM transactions over a state view with revm: the native engine.
