//! Runs that give up rather than take long: calls that are tried where nothing may wait for them.
//!
//! What is counted is work, in gas: the same call gives up at the same place on every machine. The call's own
//! gas is what it always is, so a run that ends gives what any other run would. No opcode and no precompile
//! that could take long by itself is begun.

use std::sync::Arc;

use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::Jumps;
use revm::interpreter::{InstructionResult, Interpreter};
use revm::precompile::PrecompileId;
use zero_primitives::map::AddressSet;
use zero_primitives::{Account, Address, B256, Bytecode, Bytes, ReadError, StateView, U256};

use crate::machine::{Machine, Stopped};
use crate::opcodes::Opcodes;
use crate::rules::{BlockEnv, Checks, Rules};
use crate::runner::Runner;
use crate::transaction::{DYNAMIC_FEE, Transaction, TransactionResult};

/// Gas that a brief run may use: some tenths of a millisecond.
const ALLOWANCE: u64 = 100_000;
/// Bytes of input, and of memory that an opcode names, beyond which nothing is begun.
const SHORT: usize = 32 * 1024;
/// What an operation on a curve counts for: some ten microseconds, for which little gas may be asked.
const CURVE_OPERATION: u64 = 25_000;
/// Rounds of BLAKE2's F that are still short.
const FEW_ROUNDS: u32 = 4_096;

/// What is left of a brief run's work, in gas.
#[derive(Clone, Copy, Debug)]
pub struct Allowance(u64);

impl Allowance {
    /// Counts a precompile that is about to run. The gas that it takes is counted with its caller's.
    pub fn precompile(
        &mut self,
        id: &PrecompileId,
        size: usize,
        rounds: u32,
    ) -> Result<(), Stopped> {
        use PrecompileId as Id;
        let work = match id {
            Id::Identity | Id::Sha256 => size as u64,
            // Slower by a byte.
            Id::Ripemd160 => 4 * size as u64,
            Id::Blake2F if rounds <= FEW_ROUNDS => u64::from(rounds) * 4,
            Id::EcRec | Id::Bn254Add | Id::Bn254Mul | Id::P256Verify => CURVE_OPERATION,
            _ => return Err(too_long()),
        };
        if size > SHORT {
            return Err(too_long());
        }
        self.0 = self.0.checked_sub(work).ok_or_else(too_long)?;
        Ok(())
    }
}

/// How many rounds BLAKE2's F would take with this input.
pub fn rounds(input: &[u8]) -> u32 {
    input
        .first_chunk()
        .map_or(u32::MAX, |rounds| u32::from_be_bytes(*rounds))
}

fn too_long() -> Stopped {
    Stopped::Timeout("this takes too long to be done at once".into())
}

/// Runs a frame until it ends or starts another one, within what is left of the allowance.
pub fn run(
    interpreter: &mut Interpreter<EthInterpreter>,
    machine: &mut Machine,
    opcodes: &'static Opcodes,
    allowance: Allowance,
) -> Result<InstructionResult, Stopped> {
    let before = interpreter.gas.remaining();
    let floor = before.saturating_sub(allowance.0);
    let result = loop {
        if takes_long(interpreter) {
            return Err(too_long());
        }
        if let Err(result) = interpreter.step(&opcodes.table, &opcodes.gas, machine) {
            break result;
        }
        if interpreter.gas.remaining() < floor {
            return Err(too_long());
        }
    };
    let spent = match result {
        InstructionResult::Suspend => {
            // The callee's gas is not spent yet.
            let handed = machine.child.as_ref().map_or(0, |child| child.gas);
            before.saturating_sub(interpreter.gas.remaining().saturating_add(handed))
        }
        InstructionResult::Stop
        | InstructionResult::Return
        | InstructionResult::Revert
        | InstructionResult::SelfDestruct => before.saturating_sub(interpreter.gas.remaining()),
        // All of it, whatever the interpreter has counted. It matters to nobody where no frame follows.
        _ => before,
    };
    machine.allowance = Some(Allowance(allowance.0.saturating_sub(spent)));
    Ok(result)
}

/// Whether the opcode that is next works on so much memory that it could take long by itself.
fn takes_long(interpreter: &Interpreter<EthInterpreter>) -> bool {
    // Where the operands are that say how much, from the top of the stack.
    let operands: &[usize] = match interpreter.bytecode.opcode() {
        // KECCAK256, LOG0 to LOG4, RETURN, REVERT
        0x20 | 0xa0..=0xa4 | 0xf3 | 0xfd => &[0, 1],
        // CALLDATACOPY, CODECOPY, RETURNDATACOPY
        0x37 | 0x39 | 0x3e => &[0, 2],
        // MCOPY
        0x5e => &[0, 1, 2],
        // EXTCODECOPY
        0x3c => &[1, 3],
        // MLOAD, MSTORE, MSTORE8
        0x51..=0x53 => &[0],
        // CREATE, CREATE2
        0xf0 | 0xf5 => &[1, 2],
        // CALL, CALLCODE
        0xf1 | 0xf2 => &[3, 4, 5, 6],
        // DELEGATECALL, STATICCALL
        0xf4 | 0xfa => &[2, 3, 4, 5],
        _ => return false,
    };
    let stack = interpreter.stack.data();
    operands.iter().any(|operand| {
        stack
            .len()
            .checked_sub(operand + 1)
            .and_then(|at| stack.get(at))
            .is_some_and(|word| *word > U256::from(SHORT))
    })
}

/// A call that names no fee.
pub struct BriefCall {
    pub sender: Address,
    pub to: Address,
    pub gas: u64,
    pub value: U256,
    pub data: Bytes,
}

/// Where calls are tried: a block and the state that they start from.
pub struct BriefCalls {
    rules: Rules,
    env: BlockEnv,
    view: Arc<dyn StateView>,
}

impl BriefCalls {
    /// Calls that read the storage of an `unknown` account give up.
    pub fn new(rules: Rules, env: BlockEnv, base: Arc<dyn StateView>, unknown: AddressSet) -> Self {
        Self {
            rules,
            env,
            view: Arc::new(Known { base, unknown }),
        }
    }

    /// What `run` may be given again and again.
    pub fn runner(&self) -> Runner {
        Runner::new(&self.rules, &self.env, &self.view)
    }

    /// Makes a runner of another block one of this.
    pub fn take_over(&self, runner: &mut Runner) {
        runner.begin_block(&self.rules, &self.env, &self.view);
    }

    /// What `execute` gives with the checks of a free call; None where that would take long, and where such a
    /// call may not be run at all. The runner must be of this block.
    pub fn run(&self, runner: &mut Runner, call: BriefCall) -> Option<TransactionResult> {
        if call.data.len() > SHORT {
            return None;
        }
        let nonce = match self.view.account(&call.sender) {
            Ok(account) => account.map_or(0, |account| account.nonce),
            Err(_) => return None,
        };
        let transaction = Transaction {
            kind: DYNAMIC_FEE,
            chain_id: Some(self.rules.chain_id),
            nonce: U256::from(nonce.min(u64::MAX - 1)),
            gas_limit: U256::from(call.gas),
            max_fee_per_gas: Some(U256::ZERO),
            max_priority_fee_per_gas: Some(U256::ZERO),
            to: Some(call.to),
            value: Some(call.value),
            data: call.data,
            sender: call.sender,
            hash: B256::ZERO,
            access_list: Vec::new(),
            max_fee_per_blob_gas: U256::ZERO,
            blob_hashes: Vec::new(),
            authorizations: Vec::new(),
            is_impersonated: true,
        };
        runner.machine.world.reset(&self.view);
        runner.machine.allowance = Some(Allowance(ALLOWANCE));
        let ran = runner.run(&transaction, FREE, None, None);
        runner.let_go();
        match ran {
            Ok(Ok(result)) => Some(result),
            _ => None,
        }
    }
}

/// `checks_of` a call without fees.
const FREE: Checks = Checks {
    nonce: false,
    balance: true,
    fees: false,
    base_fee_zero_when_free: true,
    sender_is_not_contract: false,
    gas_cap: false,
};

/// A view of which some accounts' storage is not known.
struct Known {
    base: Arc<dyn StateView>,
    unknown: AddressSet,
}

impl StateView for Known {
    fn account(&self, address: &Address) -> Result<Option<Account>, ReadError> {
        self.base.account(address)
    }

    fn storage(&self, address: &Address, slot: &U256) -> Result<U256, ReadError> {
        if self.unknown.contains(address) {
            return Err(ReadError::Gone("not known without system calls".into()));
        }
        self.base.storage(address, slot)
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        self.base.code(code_hash)
    }

    fn slots(&self, address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        if self.unknown.contains(address) {
            return Err(ReadError::Gone("not known without system calls".into()));
        }
        self.base.slots(address)
    }
}
