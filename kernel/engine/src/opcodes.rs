//! The opcodes that reach the state, start frames or end them, with the reference's order of checks; the others
//! are revm's.
//!
//! What an opcode checks first decides how a frame fails, what it counts as touched and what it reads of the
//! view. That is told to clients, so it is the reference's (`devnet.execution.pyevm.opcodes` and `calls`).

use std::mem;

use revm::bytecode::Bytecode;
use revm::bytecode::opcode::{
    BALANCE, BLOCKHASH, CALL, CALLCODE, CLZ, CREATE, CREATE2, DELEGATECALL, EXTCODECOPY,
    EXTCODEHASH, EXTCODESIZE, LOG0, LOG1, LOG2, LOG3, LOG4, MCOPY, PUSH0, RETURN, RETURNDATACOPY,
    REVERT, SELFBALANCE, SELFDESTRUCT, SLOAD, SSTORE, STATICCALL, TLOAD, TSTORE,
};
use revm::interpreter::instructions::{GasTable, gas_table_spec, instruction_table};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::{MemoryTr, ReturnData, RuntimeFlag};
use revm::interpreter::{
    CallInput, Instruction, InstructionContext, InstructionExecResult, InstructionResult,
    InstructionTable, Interpreter,
};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Log, keccak256};
use zero_primitives::{Address, Bytes, EMPTY_CODE_HASH, ReadError, U256};

use crate::calls::Child;
use crate::failures::FailureKind;
use crate::machine::{Destruction, Machine, Stopped};
use crate::rules::Fork;
use crate::tracing::FrameKind;
use crate::transaction::Words;
use crate::world::Id;

type Table = InstructionTable<EthInterpreter, Machine>;
type Context<'a> = InstructionContext<'a, Machine, EthInterpreter>;
type Running = Interpreter<EthInterpreter>;
type Done = InstructionExecResult;

pub const COLD_ACCOUNT_GAS: u64 = 2_600;
pub const COLD_SLOT_GAS: u64 = 2_100;
pub const WARM_GAS: u64 = 100;
pub const CALL_VALUE_GAS: u64 = 9_000;
pub const CALL_STIPEND: u64 = 2_300;
pub const NEW_ACCOUNT_GAS: u64 = 25_000;
const KECCAK_WORD_GAS: u64 = 6;
const COPY_WORD_GAS: u64 = 3;
const INITCODE_WORD_GAS: u64 = 2;
const LOG_TOPIC_GAS: u64 = 375;
const LOG_BYTE_GAS: u64 = 8;
const SSTORE_SENTRY: u64 = 2_300;
const SSTORE_SET_GAS: u64 = 20_000;
const SSTORE_RESET_GAS: u64 = 2_900;
const SSTORE_CLEAR_REFUND: i64 = 4_800;

/// One fork's opcodes.
pub struct Opcodes {
    pub table: Table,
    pub gas: GasTable,
}

/// The opcodes of the fork.
pub fn opcodes(fork: Fork) -> &'static Opcodes {
    static PARIS: Opcodes = make(SpecId::MERGE);
    static SHANGHAI: Opcodes = make(SpecId::SHANGHAI);
    static CANCUN: Opcodes = make(SpecId::CANCUN);
    static PRAGUE: Opcodes = make(SpecId::PRAGUE);
    static OSAKA: Opcodes = make(SpecId::OSAKA);
    match fork {
        Fork::Paris => &PARIS,
        Fork::Shanghai => &SHANGHAI,
        Fork::Cancun => &CANCUN,
        Fork::Prague => &PRAGUE,
        Fork::Osaka => &OSAKA,
    }
}

const fn make(spec: SpecId) -> Opcodes {
    use revm::bytecode::opcode::{BLOBBASEFEE, BLOBHASH, DUPN, EXCHANGE, SLOTNUM, SWAPN};

    let mut table: Table = instruction_table();
    let mut gas = gas_table_spec(spec);
    let own: [(u8, Instruction<EthInterpreter, Machine>, u16); 27] = [
        (BALANCE, Instruction::new(balance), 0),
        (EXTCODESIZE, Instruction::new(ext_code_size), 0),
        (EXTCODECOPY, Instruction::new(ext_code_copy), 0),
        (EXTCODEHASH, Instruction::new(ext_code_hash), 0),
        (RETURNDATACOPY, Instruction::new(return_data_copy), 3),
        (BLOCKHASH, Instruction::new(block_hash), 20),
        (SELFBALANCE, Instruction::new(self_balance), 5),
        (SLOAD, Instruction::new(sload), 0),
        (SSTORE, Instruction::new(sstore), 0),
        (TSTORE, Instruction::new(tstore), 100),
        (TLOAD, Instruction::new(tload), 100),
        (LOG0, Instruction::new(log::<0>), 375),
        (LOG1, Instruction::new(log::<1>), 375),
        (LOG2, Instruction::new(log::<2>), 375),
        (LOG3, Instruction::new(log::<3>), 375),
        (LOG4, Instruction::new(log::<4>), 375),
        (CREATE, Instruction::new(create::<false>), 32_000),
        (CREATE2, Instruction::new(create::<true>), 32_000),
        (CALL, Instruction::new(call::<CALL>), 0),
        (CALLCODE, Instruction::new(call::<CALLCODE>), 0),
        (DELEGATECALL, Instruction::new(call::<DELEGATECALL>), 0),
        (STATICCALL, Instruction::new(call::<STATICCALL>), 0),
        (RETURN, Instruction::new(return_), 0),
        (REVERT, Instruction::new(revert), 0),
        (SELFDESTRUCT, Instruction::new(self_destruct), 5_000),
        (SLOTNUM, Instruction::unknown(), 0),
        (DUPN, Instruction::unknown(), 0),
    ];
    let mut at = 0;
    while at < own.len() {
        table[own[at].0 as usize] = own[at].1;
        gas[own[at].0 as usize] = own[at].2;
        at += 1;
    }
    let later: [(u8, SpecId); 9] = [
        (PUSH0, SpecId::SHANGHAI),
        (BLOBHASH, SpecId::CANCUN),
        (BLOBBASEFEE, SpecId::CANCUN),
        (TLOAD, SpecId::CANCUN),
        (TSTORE, SpecId::CANCUN),
        (MCOPY, SpecId::CANCUN),
        (CLZ, SpecId::OSAKA),
        (SWAPN, SpecId::AMSTERDAM),
        (EXCHANGE, SpecId::AMSTERDAM),
    ];
    at = 0;
    while at < later.len() {
        // An opcode that the fork does not have fails whatever gas there is.
        if !spec.is_enabled_in(later[at].1) {
            table[later[at].0 as usize] = Instruction::unknown();
            gas[later[at].0 as usize] = 0;
        }
        at += 1;
    }
    Opcodes { table, gas }
}

// What opcodes share

fn stop(machine: &mut Machine, stopped: impl Into<Stopped>) -> InstructionResult {
    machine.stopped = Some(stopped.into());
    InstructionResult::FatalExternalError
}

/// The value, or the end of the execution because the view could not be read.
fn read<T>(machine: &mut Machine, value: Result<T, ReadError>) -> Result<T, InstructionResult> {
    value.map_err(|error| stop(machine, error))
}

fn charge(running: &mut Running, amount: u64) -> Done {
    if running.gas.record_regular_cost(amount) {
        Ok(())
    } else {
        Err(InstructionResult::OutOfGas)
    }
}

fn pop<const N: usize>(running: &mut Running) -> Result<[U256; N], InstructionResult> {
    running
        .stack
        .popn::<N>()
        .ok_or(InstructionResult::StackUnderflow)
}

fn top(running: &mut Running) -> Result<U256, InstructionResult> {
    running
        .stack
        .peek(0)
        .map_err(|_| InstructionResult::StackUnderflow)
}

fn set_top(running: &mut Running, value: U256) {
    if let Some(top) = running.stack.top() {
        *top = value;
    }
}

fn push(running: &mut Running, value: U256) -> Done {
    if running.stack.push(value) {
        Ok(())
    } else {
        Err(InstructionResult::StackOverflow)
    }
}

fn refuse_static(running: &Running) -> Done {
    if running.runtime_flag.is_static() {
        return Err(InstructionResult::StateChangeDuringStaticCall);
    }
    Ok(())
}

pub fn address_of(word: U256) -> Address {
    Address::from_word(word.into())
}

/// The size, where any gas could pay for so much.
fn payable(size: U256) -> Result<usize, InstructionResult> {
    usize::try_from(size)
        .ok()
        .filter(|size| *size <= 1 << 40)
        .ok_or(InstructionResult::InvalidOperandOOG)
}

fn words(size: usize) -> u64 {
    size.div_ceil(32) as u64
}

/// Charges for and makes the memory reach to `start + size`, which a size of 0 never does; gives the place.
fn extend(
    running: &mut Running,
    machine: &Machine,
    start: U256,
    size: usize,
) -> Result<usize, InstructionResult> {
    if size == 0 {
        return Ok(0);
    }
    let start = payable(start)?;
    running.resize_memory(revm::interpreter::Host::gas_params(machine), start, size)?;
    Ok(start)
}

fn memory_bytes(running: &Running, start: usize, size: usize) -> Bytes {
    if size == 0 {
        return Bytes::new();
    }
    Bytes::copy_from_slice(&running.memory.slice_len(start, size))
}

/// EIP-2929: charges for reaching an account and marks it.
fn access(
    running: &mut Running,
    machine: &mut Machine,
    address: &Address,
) -> Result<Id, InstructionResult> {
    let id = machine.world.id(address);
    let is_cold = machine.world.warm_account(id);
    charge(running, if is_cold { COLD_ACCOUNT_GAS } else { WARM_GAS })?;
    machine.world.touch(id);
    Ok(id)
}

fn own(running: &Running, machine: &mut Machine) -> Id {
    machine.world.id(&running.input.target_address)
}

// Other accounts

fn balance(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let address = address_of(top(interpreter)?);
    let id = access(interpreter, host, &address)?;
    let account = host.world.get(id);
    let account = read(host, account)?;
    set_top(interpreter, account.balance);
    Ok(())
}

fn self_balance(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    if interpreter.stack.len() >= 1024 {
        return Err(InstructionResult::StackOverflow);
    }
    let id = own(interpreter, host);
    let account = host.world.get(id);
    let account = read(host, account)?;
    push(interpreter, account.balance)
}

fn ext_code_size(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let address = address_of(top(interpreter)?);
    let id = access(interpreter, host, &address)?;
    let code = host.world.code_of(id);
    let code = read(host, code)?;
    set_top(interpreter, U256::from(code.len()));
    Ok(())
}

fn ext_code_hash(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let address = address_of(top(interpreter)?);
    let id = access(interpreter, host, &address)?;
    let account = host.world.get(id);
    let account = read(host, account)?;
    let hash = if account.is_empty() {
        U256::ZERO
    } else {
        account.code_hash.into()
    };
    set_top(interpreter, hash);
    Ok(())
}

fn ext_code_copy(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let [account, destination, start, size] = pop(interpreter)?;
    let address = address_of(account);
    let id = access(interpreter, host, &address)?;
    let size = payable(size)?;
    charge(interpreter, COPY_WORD_GAS * words(size))?;
    let destination = extend(interpreter, host, destination, size)?;
    let code = host.world.code_of(id);
    let code = read(host, code)?;
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    if size > 0 {
        let code = code.original_byte_slice();
        interpreter
            .memory
            .set_data(destination, start.min(code.len()), size, code);
    }
    Ok(())
}

fn block_hash(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let number = top(interpreter)?;
    let hash = host.recent_hash(number);
    set_top(interpreter, hash);
    Ok(())
}

fn return_data_copy(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let [destination, start, size] = pop(interpreter)?;
    let size = payable(size)?;
    charge(interpreter, COPY_WORD_GAS * words(size))?;
    let destination = extend(interpreter, host, destination, size)?;
    let known = interpreter.return_data.buffer().len();
    let start = usize::try_from(start)
        .ok()
        .filter(|start| start.checked_add(size).is_some_and(|end| end <= known))
        .ok_or(InstructionResult::OutOfOffset)?;
    if size > 0 {
        let data = interpreter.return_data.buffer().clone();
        interpreter.memory.set_data(destination, start, size, &data);
    }
    Ok(())
}

// Storage

fn sload(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let slot = top(interpreter)?;
    let id = own(interpreter, host);
    let is_cold = host.world.warm_slot(id, &slot);
    charge(interpreter, if is_cold { COLD_SLOT_GAS } else { WARM_GAS })?;
    let slot = host.world.slot(id, &slot);
    let slot = read(host, slot)?;
    host.world.touch_slot(slot);
    set_top(interpreter, host.world.slot_value(slot));
    Ok(())
}

/// EIP-2200 with the prices of EIP-2929, without what a cold slot costs beside.
pub fn sstore_cost(original: U256, current: U256, new: U256) -> u64 {
    if current == new || original != current {
        WARM_GAS
    } else if original.is_zero() {
        SSTORE_SET_GAS
    } else {
        SSTORE_RESET_GAS
    }
}

/// What writing `new` adds to the refund counter (EIP-3529); may be negative.
fn sstore_refund(original: U256, current: U256, new: U256) -> i64 {
    if current == new {
        return 0;
    }
    if original == current {
        let is_clear = !original.is_zero() && new.is_zero();
        return if is_clear { SSTORE_CLEAR_REFUND } else { 0 };
    }
    let mut refund = 0;
    if !original.is_zero() {
        if current.is_zero() {
            refund -= SSTORE_CLEAR_REFUND;
        }
        if new.is_zero() {
            refund += SSTORE_CLEAR_REFUND;
        }
    }
    if original == new {
        let first = if original.is_zero() {
            SSTORE_SET_GAS
        } else {
            SSTORE_RESET_GAS
        };
        refund += (first - WARM_GAS) as i64;
    }
    refund
}

fn sstore(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let [slot, value] = pop(interpreter)?;
    refuse_static(interpreter)?;
    if interpreter.gas.remaining() <= SSTORE_SENTRY {
        host.detail = Words::Borrowed(": not enough gas for reentrancy sentry");
        return Err(InstructionResult::ReentrancySentryOOG);
    }
    let id = own(interpreter, host);
    let cold = if host.world.warm_slot(id, &slot) {
        COLD_SLOT_GAS
    } else {
        0
    };
    let slot = host.world.slot(id, &slot);
    let slot = read(host, slot)?;
    let current = host.world.slot_value(slot);
    if value == current {
        charge(interpreter, cold + WARM_GAS)?;
        host.world.touch_slot(slot);
        return Ok(());
    }
    let original = host.world.slot_original(slot);
    charge(interpreter, cold + sstore_cost(original, current, value))?;
    host.world.touch_slot(slot);
    host.world.refund += sstore_refund(original, current, value);
    host.world.put_slot(slot, value);
    Ok(())
}

fn tload(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let slot = top(interpreter)?;
    let value = host
        .world
        .get_transient(interpreter.input.target_address, slot);
    set_top(interpreter, value);
    Ok(())
}

fn tstore(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let [slot, value] = pop(interpreter)?;
    refuse_static(interpreter)?;
    host.world
        .set_transient(interpreter.input.target_address, slot, value);
    Ok(())
}

// Logs

fn log<const TOPICS: usize>(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    if interpreter.stack.len() < 2 + TOPICS {
        return Err(InstructionResult::StackUnderflow);
    }
    let [start, size] = pop(interpreter)?;
    let topics = pop::<TOPICS>(interpreter)?;
    refuse_static(interpreter)?;
    let size = payable(size)?;
    charge(
        interpreter,
        LOG_TOPIC_GAS * TOPICS as u64 + LOG_BYTE_GAS * size as u64,
    )?;
    let start = extend(interpreter, host, start, size)?;
    let topics = topics.iter().map(|topic| (*topic).into()).collect();
    let data = memory_bytes(interpreter, start, size);
    host.shown_logs.push(host.world.logs.len());
    host.world.logs.push(Log::new_unchecked(
        interpreter.input.target_address,
        topics,
        data,
    ));
    Ok(())
}

// The end of a frame by its own opcode

fn leave(context: Context<'_>, result: InstructionResult) -> Done {
    let Context { interpreter, host } = context;
    let [start, size] = pop(interpreter)?;
    let size = payable(size)?;
    let start = extend(interpreter, host, start, size)?;
    host.output = memory_bytes(interpreter, start, size);
    Err(result)
}

fn return_(context: Context<'_>) -> Done {
    leave(context, InstructionResult::Return)
}

fn revert(context: Context<'_>) -> Done {
    leave(context, InstructionResult::Revert)
}

fn self_destruct(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let [word] = pop(interpreter)?;
    refuse_static(interpreter)?;
    let contract = interpreter.input.target_address;
    let beneficiary = address_of(word);
    let from = host.world.id(&contract);
    let to = host.world.id(&beneficiary);
    let cost = self_destruct_cost(host, from, to);
    let cost = read(host, cost)?;
    host.world.warm_account(to);
    charge(interpreter, cost)?;
    host.world.touch(to);
    let done = destroy(host, from, to, contract, beneficiary);
    let value = read(host, done)?;
    host.destruction = Some(Destruction {
        contract,
        beneficiary,
        value,
    });
    Err(InstructionResult::SelfDestruct)
}

/// What SELFDESTRUCT costs beside its constant gas.
pub fn self_destruct_cost(machine: &mut Machine, from: Id, to: Id) -> Result<u64, ReadError> {
    let world = &mut machine.world;
    let mut cost = if world.is_warm(to) {
        0
    } else {
        COLD_ACCOUNT_GAS
    };
    if !world.get(from)?.balance.is_zero() && world.get(to)?.is_empty() {
        cost += NEW_ACCOUNT_GAS;
    }
    Ok(cost)
}

fn destroy(
    machine: &mut Machine,
    from: Id,
    to: Id,
    contract: Address,
    beneficiary: Address,
) -> Result<U256, ReadError> {
    let balance = machine.world.get(from)?.balance;
    if machine.transfer_logs && !balance.is_zero() {
        machine.log_transfer(contract, beneficiary, balance);
    }
    let world = &mut machine.world;
    if machine.fork < Fork::Cancun || world.is_created(from) {
        // The account goes, and with it what it sends to itself.
        if !balance.is_zero() {
            world.transfer(from, to, balance)?;
        }
        let mut account = world.get(from)?;
        account.balance = U256::ZERO;
        world.put(from, account)?;
        world.mark_destroyed(from);
    } else if !balance.is_zero() {
        world.transfer(from, to, balance)?;
    }
    Ok(balance)
}

// Calls

fn call<const KIND: u8>(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    let has_value = KIND == CALL || KIND == CALLCODE;
    if interpreter.stack.len() < if has_value { 7 } else { 6 } {
        return Err(InstructionResult::StackUnderflow);
    }
    let [requested, target] = pop(interpreter)?;
    let value = if has_value {
        let [value] = pop(interpreter)?;
        value
    } else {
        U256::ZERO
    };
    let [input_start, input_size, output_start, output_size] = pop(interpreter)?;
    let target = address_of(target);
    if KIND == CALL && !value.is_zero() {
        refuse_static(interpreter)?;
    }
    let input_size = payable(input_size)?;
    let input_start = extend(interpreter, host, input_start, input_size)?;
    let output_size = payable(output_size)?;
    let return_offset = extend(interpreter, host, output_start, output_size)?;

    let id = host.world.id(&target);
    let mut cost = if host.world.warm_account(id) {
        COLD_ACCOUNT_GAS
    } else {
        WARM_GAS
    };
    let account = host.world.get(id);
    let account = read(host, account)?;
    let mut code = Bytecode::default();
    if account.code_hash != EMPTY_CODE_HASH {
        let found = host.world.code(&account.code_hash);
        code = read(host, found)?;
    }
    let delegate = if host.delegates {
        code.eip7702_address()
            .map(|delegate| host.world.id(&delegate))
    } else {
        None
    };
    if let Some(delegate) = delegate {
        cost += if host.world.warm_account(delegate) {
            COLD_ACCOUNT_GAS
        } else {
            WARM_GAS
        };
    }
    if !value.is_zero() {
        cost += CALL_VALUE_GAS;
        if KIND == CALL && account.is_empty() {
            cost += NEW_ACCOUNT_GAS;
        }
    }
    charge(interpreter, cost)?;
    let available = interpreter.gas.remaining();
    let most = available - available / 64;
    let given = u64::try_from(requested).map_or(most, |requested| requested.min(most));
    charge(interpreter, given)?;
    host.world.touch(id);
    if let Some(delegate) = delegate {
        host.world.touch(delegate);
        let found = host.world.code_of(delegate);
        code = read(host, found)?;
    }

    let own = interpreter.input.target_address;
    let (kind, caller, address, value_shown) = match KIND {
        CALL => (FrameKind::Call, own, target, value),
        STATICCALL => (FrameKind::StaticCall, own, target, value),
        CALLCODE => (FrameKind::CallCode, own, own, value),
        _ => {
            let input = &interpreter.input;
            (
                FrameKind::DelegateCall,
                input.caller_address,
                own,
                input.call_value,
            )
        }
    };
    let offset = interpreter.memory.local_memory_offset();
    host.child = Some(Box::new(Child {
        kind,
        depth: interpreter.input.depth + 1,
        caller,
        address,
        code_address: target,
        code,
        input: if input_size == 0 {
            CallInput::Bytes(Bytes::new())
        } else {
            CallInput::SharedBuffer(offset + input_start..offset + input_start + input_size)
        },
        value: value_shown,
        gas: if value.is_zero() {
            given
        } else {
            given.saturating_add(CALL_STIPEND)
        },
        is_static: interpreter.runtime_flag.is_static() || KIND == STATICCALL,
        is_delegated: delegate.is_some(),
        return_offset,
        return_size: output_size,
    }));
    Err(InstructionResult::Suspend)
}

// Creates

fn create<const IS_CREATE2: bool>(context: Context<'_>) -> Done {
    let Context { interpreter, host } = context;
    if interpreter.stack.len() < if IS_CREATE2 { 4 } else { 3 } {
        return Err(InstructionResult::StackUnderflow);
    }
    let [value, start, size] = pop(interpreter)?;
    let salt = if IS_CREATE2 {
        let [salt] = pop(interpreter)?;
        salt
    } else {
        U256::ZERO
    };
    refuse_static(interpreter)?;
    if let Some(limit) = host.init_code_size_limit
        && size > U256::from(limit)
    {
        let words = FailureKind::InitcodeSize.words();
        host.detail = format!(": {words}: size {size}").into();
        return Err(InstructionResult::CreateInitCodeSizeLimit);
    }
    let size = payable(size)?;
    charge(
        interpreter,
        create_word_gas(IS_CREATE2, host.fork) * words(size),
    )?;
    let start = extend(interpreter, host, start, size)?;
    let available = interpreter.gas.remaining();
    let given = available - available / 64;
    charge(interpreter, given)?;
    let init_code = memory_bytes(interpreter, start, size);
    let caller = interpreter.input.target_address;
    let (kind, address) = if IS_CREATE2 {
        let hash = keccak256(&init_code);
        (
            FrameKind::Create2,
            caller.create2(salt.to_be_bytes::<32>(), hash),
        )
    } else {
        let id = host.world.id(&caller);
        let account = host.world.get(id);
        (FrameKind::Create, caller.create(read(host, account)?.nonce))
    };
    host.child = Some(Box::new(Child {
        kind,
        depth: interpreter.input.depth + 1,
        caller,
        address,
        code_address: address,
        code: Bytecode::new_legacy(init_code),
        input: CallInput::Bytes(Bytes::new()),
        value,
        gas: given,
        is_static: false,
        is_delegated: false,
        return_offset: 0,
        return_size: 0,
    }));
    Err(InstructionResult::Suspend)
}

/// Gas per word of init code: hashing it for CREATE2, EIP-3860 from Shanghai.
pub const fn create_word_gas(is_create2: bool, fork: Fork) -> u64 {
    let hashing = if is_create2 { KECCAK_WORD_GAS } else { 0 };
    let metering = if fork as u8 >= Fork::Shanghai as u8 {
        INITCODE_WORD_GAS
    } else {
        0
    };
    hashing + metering
}

/// The words that the last opcode left about its failure.
pub fn take_detail(machine: &mut Machine) -> Words {
    mem::take(&mut machine.detail)
}
