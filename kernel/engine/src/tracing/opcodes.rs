//! Opcodes: their names as geth prints them, and how many stack items each takes and gives.

use revm::primitives::hardfork::SpecId;

/// The name of an opcode up to Osaka, whatever the fork; `None` where there is none. geth keeps the name
/// DIFFICULTY for PREVRANDAO.
pub const fn mnemonic(opcode: u8) -> Option<&'static str> {
    match EFFECTS[opcode as usize] {
        Some((name, _, _)) => Some(name),
        None => None,
    }
}

/// (stack items that must be there, items that are there afterwards instead) of an opcode that `spec` has;
/// (0, 0) of any other.
pub fn stack_effect(opcode: u8, spec: SpecId) -> (usize, usize) {
    match EFFECTS[opcode as usize] {
        Some((_, takes, gives)) if is_defined(opcode, spec) => (takes as usize, gives as usize),
        _ => (0, 0),
    }
}

/// Whether the fork has the opcode; INVALID counts as one.
pub fn is_defined(opcode: u8, spec: SpecId) -> bool {
    let since = match opcode {
        0x1E => SpecId::OSAKA,
        0x49 | 0x4A | 0x5C | 0x5D | 0x5E => SpecId::CANCUN,
        0x5F => SpecId::SHANGHAI,
        _ => return EFFECTS[opcode as usize].is_some(),
    };
    spec.is_enabled_in(since)
}

type Effect = Option<(&'static str, u8, u8)>;

static EFFECTS: [Effect; 256] = effects();

const PUSHES: [&str; 32] = [
    "PUSH1", "PUSH2", "PUSH3", "PUSH4", "PUSH5", "PUSH6", "PUSH7", "PUSH8", "PUSH9", "PUSH10",
    "PUSH11", "PUSH12", "PUSH13", "PUSH14", "PUSH15", "PUSH16", "PUSH17", "PUSH18", "PUSH19",
    "PUSH20", "PUSH21", "PUSH22", "PUSH23", "PUSH24", "PUSH25", "PUSH26", "PUSH27", "PUSH28",
    "PUSH29", "PUSH30", "PUSH31", "PUSH32",
];
const DUPS: [&str; 16] = [
    "DUP1", "DUP2", "DUP3", "DUP4", "DUP5", "DUP6", "DUP7", "DUP8", "DUP9", "DUP10", "DUP11",
    "DUP12", "DUP13", "DUP14", "DUP15", "DUP16",
];
const SWAPS: [&str; 16] = [
    "SWAP1", "SWAP2", "SWAP3", "SWAP4", "SWAP5", "SWAP6", "SWAP7", "SWAP8", "SWAP9", "SWAP10",
    "SWAP11", "SWAP12", "SWAP13", "SWAP14", "SWAP15", "SWAP16",
];
const LOGS: [&str; 5] = ["LOG0", "LOG1", "LOG2", "LOG3", "LOG4"];

const fn effects() -> [Effect; 256] {
    let mut found: [Effect; 256] = [None; 256];
    let single = single_effects();
    let mut at = 0;
    while at < single.len() {
        let (number, name, takes, gives) = single[at];
        found[number as usize] = Some((name, takes, gives));
        at += 1;
    }
    at = 0;
    while at < 32 {
        found[0x60 + at] = Some((PUSHES[at], 0, 1));
        at += 1;
    }
    at = 0;
    while at < 16 {
        found[0x80 + at] = Some((DUPS[at], at as u8 + 1, at as u8 + 2));
        found[0x90 + at] = Some((SWAPS[at], at as u8 + 2, at as u8 + 2));
        at += 1;
    }
    at = 0;
    while at < 5 {
        found[0xA0 + at] = Some((LOGS[at], at as u8 + 2, 0));
        at += 1;
    }
    found
}

const fn single_effects() -> [(u8, &'static str, u8, u8); 81] {
    [
        (0x00, "STOP", 0, 0),
        (0x01, "ADD", 2, 1),
        (0x02, "MUL", 2, 1),
        (0x03, "SUB", 2, 1),
        (0x04, "DIV", 2, 1),
        (0x05, "SDIV", 2, 1),
        (0x06, "MOD", 2, 1),
        (0x07, "SMOD", 2, 1),
        (0x08, "ADDMOD", 3, 1),
        (0x09, "MULMOD", 3, 1),
        (0x0A, "EXP", 2, 1),
        (0x0B, "SIGNEXTEND", 2, 1),
        (0x10, "LT", 2, 1),
        (0x11, "GT", 2, 1),
        (0x12, "SLT", 2, 1),
        (0x13, "SGT", 2, 1),
        (0x14, "EQ", 2, 1),
        (0x15, "ISZERO", 1, 1),
        (0x16, "AND", 2, 1),
        (0x17, "OR", 2, 1),
        (0x18, "XOR", 2, 1),
        (0x19, "NOT", 1, 1),
        (0x1A, "BYTE", 2, 1),
        (0x1B, "SHL", 2, 1),
        (0x1C, "SHR", 2, 1),
        (0x1D, "SAR", 2, 1),
        (0x1E, "CLZ", 1, 1),
        (0x20, "KECCAK256", 2, 1),
        (0x30, "ADDRESS", 0, 1),
        (0x31, "BALANCE", 1, 1),
        (0x32, "ORIGIN", 0, 1),
        (0x33, "CALLER", 0, 1),
        (0x34, "CALLVALUE", 0, 1),
        (0x35, "CALLDATALOAD", 1, 1),
        (0x36, "CALLDATASIZE", 0, 1),
        (0x37, "CALLDATACOPY", 3, 0),
        (0x38, "CODESIZE", 0, 1),
        (0x39, "CODECOPY", 3, 0),
        (0x3A, "GASPRICE", 0, 1),
        (0x3B, "EXTCODESIZE", 1, 1),
        (0x3C, "EXTCODECOPY", 4, 0),
        (0x3D, "RETURNDATASIZE", 0, 1),
        (0x3E, "RETURNDATACOPY", 3, 0),
        (0x3F, "EXTCODEHASH", 1, 1),
        (0x40, "BLOCKHASH", 1, 1),
        (0x41, "COINBASE", 0, 1),
        (0x42, "TIMESTAMP", 0, 1),
        (0x43, "NUMBER", 0, 1),
        (0x44, "DIFFICULTY", 0, 1),
        (0x45, "GASLIMIT", 0, 1),
        (0x46, "CHAINID", 0, 1),
        (0x47, "SELFBALANCE", 0, 1),
        (0x48, "BASEFEE", 0, 1),
        (0x49, "BLOBHASH", 1, 1),
        (0x4A, "BLOBBASEFEE", 0, 1),
        (0x50, "POP", 1, 0),
        (0x51, "MLOAD", 1, 1),
        (0x52, "MSTORE", 2, 0),
        (0x53, "MSTORE8", 2, 0),
        (0x54, "SLOAD", 1, 1),
        (0x55, "SSTORE", 2, 0),
        (0x56, "JUMP", 1, 0),
        (0x57, "JUMPI", 2, 0),
        (0x58, "PC", 0, 1),
        (0x59, "MSIZE", 0, 1),
        (0x5A, "GAS", 0, 1),
        (0x5B, "JUMPDEST", 0, 0),
        (0x5C, "TLOAD", 1, 1),
        (0x5D, "TSTORE", 2, 0),
        (0x5E, "MCOPY", 3, 0),
        (0x5F, "PUSH0", 0, 1),
        (0xF0, "CREATE", 3, 1),
        (0xF1, "CALL", 7, 1),
        (0xF2, "CALLCODE", 7, 1),
        (0xF3, "RETURN", 2, 0),
        (0xF4, "DELEGATECALL", 6, 1),
        (0xF5, "CREATE2", 4, 1),
        (0xFA, "STATICCALL", 6, 1),
        (0xFD, "REVERT", 2, 0),
        (0xFE, "INVALID", 0, 0),
        (0xFF, "SELFDESTRUCT", 1, 0),
    ]
}

/// What the opcode costs before anything of its operands is known; 0 where the fork has no such opcode. All
/// that EIP-2929 prices by warmth is left to what follows.
pub fn constant_gas(opcode: u8, spec: SpecId) -> u64 {
    if !is_defined(opcode, spec) {
        return 0;
    }
    match opcode {
        0x5B => 1,
        0x30
        | 0x32..=0x34
        | 0x36
        | 0x38
        | 0x3A
        | 0x3D
        | 0x41..=0x46
        | 0x48
        | 0x4A
        | 0x50
        | 0x58..=0x5A
        | 0x5F => 2,
        0x01
        | 0x03
        | 0x10..=0x1D
        | 0x35
        | 0x37
        | 0x39
        | 0x3E
        | 0x49
        | 0x51..=0x53
        | 0x5E
        | 0x60..=0x9F => 3,
        0x02 | 0x04..=0x07 | 0x0B | 0x1E | 0x47 => 5,
        0x08 | 0x09 | 0x56 => 8,
        0x0A | 0x57 => 10,
        0x40 => 20,
        0x20 => 30,
        0x5C | 0x5D => 100,
        0xA0..=0xA4 => 375,
        0xFF => 5_000,
        0xF0 | 0xF5 => 32_000,
        _ => 0,
    }
}
