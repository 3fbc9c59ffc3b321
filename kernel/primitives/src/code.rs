use revm::bytecode::Bytecode;
use revm::primitives::Bytes;

/// Code as it stands in the state, ready to run: a delegation (EIP-7702) where it has the form of one.
pub fn analysed(code: Bytes) -> Bytecode {
    Bytecode::new_eip7702_raw(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code))
}
