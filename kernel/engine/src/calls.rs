//! Frames: how they begin, run, end and give their results back: `devnet.execution.pyevm.calls` and its loop.
//!
//! Nothing here recurses, so that 1024 frames deep costs no stack.

use revm::bytecode::Bytecode;
use revm::interpreter::interpreter::{EthInterpreter, ExtBytecode};
use revm::interpreter::interpreter_types::{Jumps, LegacyBytecode, ReturnData};
use revm::interpreter::{CallInput, InputsImpl, InstructionResult, Interpreter, SharedMemory};
use revm::precompile::PrecompileId;
use revm::primitives::hardfork::SpecId;
use zero_primitives::{Address, Bytes, U256};

use crate::brief;
use crate::failures::{Failure, FailureKind};
use crate::machine::{CONSOLE_ADDRESS, Machine, Stopped};
use crate::opcodes::{Opcodes, opcodes, take_detail};
use crate::precompiles;
use crate::tracing::{
    FrameEnd, FrameFacts, FrameKind, FrameStart, Place, Watcher, invalid_opcode, show_step,
    stack_effect, stack_overflow, stack_underflow,
};
use crate::transaction::Words;
use crate::world::Checkpoint;

const CALL_DEPTH_LIMIT: usize = 1024;
const CODE_BYTE_GAS: u64 = 200;
const STACK_LIMIT: usize = 1024;
const STEPS_BETWEEN_CHECKS: u32 = 4_096;
/// Gas that only a large memory can have cost.
const LARGE_MEMORY_GAS: u64 = 1_000_000;

/// A frame that is to begin.
pub struct Child {
    pub kind: FrameKind,
    /// 0 for the transaction's own frame.
    pub depth: usize,
    pub caller: Address,
    /// Whose storage and balance it works on.
    pub address: Address,
    /// Where the code is from; the called address also when its code is delegated.
    pub code_address: Address,
    pub code: Bytecode,
    pub input: CallInput,
    pub value: U256,
    pub gas: u64,
    pub is_static: bool,
    pub is_delegated: bool,
    /// Where in the caller's memory the output goes, and at most how much of it.
    pub return_offset: usize,
    pub return_size: usize,
}

/// What a caller gets of a frame that ended.
#[derive(Clone, Copy)]
struct Reply {
    is_create: bool,
    address: Address,
    offset: usize,
    size: usize,
}

/// How a frame ended.
pub struct Outcome {
    pub failure: Option<Failure>,
    pub output: Bytes,
    /// What is left.
    pub gas: u64,
}

/// One call or creation while it runs.
struct Frame {
    interpreter: Interpreter<EthInterpreter>,
    depth: usize,
    checkpoint: Checkpoint,
    start_gas: u64,
    reply: Reply,
}

/// The frames of a machine's transaction. Those that ended are kept for the next ones.
pub struct Frames {
    stack: Vec<Frame>,
    active: usize,
    memory: SharedMemory,
}

/// Who watches; nobody, mostly.
pub type Watching<'a> = Option<&'a mut (dyn Watcher + 'static)>;

impl Default for Frames {
    fn default() -> Self {
        Self {
            stack: Vec::new(),
            active: 0,
            memory: SharedMemory::new(),
        }
    }
}

impl Frames {
    /// Runs a frame, and all that it calls, to the end.
    pub fn run(
        &mut self,
        machine: &mut Machine,
        first: Child,
        mut watching: Watching<'_>,
    ) -> Result<Outcome, Stopped> {
        let gas = first.gas;
        self.active = 0;
        self.memory.free_child_context();
        let ended = self.run_all(machine, first, &mut watching);
        if gas > LARGE_MEMORY_GAS
            && ended.as_ref().map_or(0, |ended| ended.gas) < gas - LARGE_MEMORY_GAS
        {
            self.memory = SharedMemory::new();
        }
        ended
    }

    fn run_all(
        &mut self,
        machine: &mut Machine,
        first: Child,
        watching: &mut Watching<'_>,
    ) -> Result<Outcome, Stopped> {
        let opcodes = opcodes(machine.fork);
        let wants_steps = watching
            .as_ref()
            .is_some_and(|watcher| watcher.wants_steps() || watcher.wants_places());
        if let Some(ended) = self.begin(machine, first, watching)? {
            return Ok(ended);
        }
        loop {
            let frame = &mut self.stack[self.active - 1];
            let (result, failure) = if wants_steps {
                run_steps(frame, machine, opcodes, watching)?
            } else {
                let result = run_fast(&mut frame.interpreter, machine, opcodes)?;
                if result == InstructionResult::Suspend {
                    (result, None)
                } else {
                    (result, failure_of(result, &frame.interpreter, machine))
                }
            };
            show_events(machine, frame.depth, watching);
            if result == InstructionResult::Suspend {
                let child = machine.child.take().ok_or_else(lost_child)?;
                let reply = reply_of(&child);
                if let Some(ended) = self.begin(machine, *child, watching)? {
                    let caller = &mut self.stack[self.active - 1];
                    resume(&mut caller.interpreter, reply, ended);
                }
                continue;
            }
            let ended = end(frame, machine, failure, watching)?;
            let reply = frame.reply;
            self.active -= 1;
            let Some(caller) = self.active.checked_sub(1) else {
                self.memory.free_child_context();
                return Ok(ended);
            };
            let caller = &mut self.stack[caller];
            caller.interpreter.memory.free_child_context();
            resume(&mut caller.interpreter, reply, ended);
        }
    }

    /// Starts a frame: its end where it is over at once.
    fn begin(
        &mut self,
        machine: &mut Machine,
        child: Child,
        watching: &mut Watching<'_>,
    ) -> Result<Option<Outcome>, Stopped> {
        if let Some(watcher) = watching {
            watcher.enter(&self.start_of(&child));
        }
        if child.kind.is_create() {
            self.begin_create(machine, child, watching)
        } else {
            self.begin_call(machine, child, watching)
        }
    }

    fn begin_call(
        &mut self,
        machine: &mut Machine,
        child: Child,
        watching: &mut Watching<'_>,
    ) -> Result<Option<Outcome>, Stopped> {
        let checkpoint = machine.world.checkpoint();
        let value = child.value;
        let mut refusal = None;
        if child.depth > CALL_DEPTH_LIMIT {
            refusal = Some(FailureKind::CallDepth);
        } else if !value.is_zero() && child.kind != FrameKind::DelegateCall {
            let caller = machine.world.id(&child.caller);
            if machine.world.get(caller)?.balance < value {
                refusal = Some(FailureKind::InsufficientBalance);
            } else {
                if child.kind == FrameKind::Call {
                    let address = machine.world.id(&child.address);
                    machine.world.transfer(caller, address, value)?;
                }
                if machine.transfer_logs {
                    machine.log_transfer(child.caller, child.code_address, value);
                }
            }
        }
        if let Some(kind) = refusal {
            return Ok(Some(refuse(machine, &child, checkpoint, kind, watching)));
        }
        let mut ended = Outcome {
            failure: None,
            output: Bytes::new(),
            gas: child.gas,
        };
        let precompile = if child.is_delegated {
            None
        } else {
            machine.precompiles.get(&child.code_address)
        };
        if let Some(precompile) = precompile {
            machine.check_deadline()?;
            if let Some(allowance) = &mut machine.allowance {
                let rounds = match (precompile.id(), &child.input) {
                    (PrecompileId::Blake2F, CallInput::SharedBuffer(range)) => {
                        brief::rounds(&self.memory.global_slice_range(range.clone()))
                    }
                    (PrecompileId::Blake2F, CallInput::Bytes(input)) => brief::rounds(input),
                    _ => 0,
                };
                allowance.precompile(precompile.id(), child.input.len(), rounds)?;
            }
            let (fork, gas) = (machine.fork, child.gas);
            let check = || machine.check_deadline();
            let result = match &child.input {
                CallInput::Bytes(input) => precompiles::run(precompile, fork, input, gas, check)?,
                CallInput::SharedBuffer(range) => {
                    let input = self.memory.global_slice_range(range.clone());
                    precompiles::run(precompile, fork, &input, gas, check)?
                }
            };
            match result {
                Ok((output, gas)) => (ended.output, ended.gas) = (output, gas),
                Err(failure) => {
                    machine.world.revert(checkpoint);
                    ended.failure = Some(failure);
                    ended.gas = 0;
                }
            }
        } else if !child.code.is_empty() {
            self.push(machine, child, checkpoint);
            return Ok(None);
        } else if child.code_address == CONSOLE_ADDRESS {
            let size = match &child.input {
                CallInput::Bytes(input) => input.len(),
                CallInput::SharedBuffer(range) => range.len(),
            };
            if machine.takes_console(size) {
                let input = self.bytes_of(&child.input);
                machine.console.push(input);
            }
        }
        if let Some(watcher) = watching {
            watcher.exit(&FrameEnd {
                depth: child.depth,
                output: ended.output.clone(),
                gas_used: child.gas - ended.gas,
                failure: ended.failure.clone(),
            });
        }
        Ok(Some(ended))
    }

    fn begin_create(
        &mut self,
        machine: &mut Machine,
        child: Child,
        watching: &mut Watching<'_>,
    ) -> Result<Option<Outcome>, Stopped> {
        let world = &mut machine.world;
        let mut checkpoint = world.checkpoint();
        let creator = world.id(&child.caller);
        let account = world.get(creator)?;
        let refusal = if child.depth > CALL_DEPTH_LIMIT {
            Some(FailureKind::CallDepth)
        } else if account.balance < child.value {
            Some(FailureKind::InsufficientBalance)
        } else if child.depth > 0 && account.nonce == u64::MAX {
            Some(FailureKind::NonceOverflow)
        } else {
            None
        };
        if let Some(kind) = refusal {
            return Ok(Some(refuse(machine, &child, checkpoint, kind, watching)));
        }
        if child.depth > 0 {
            world.increment_nonce(creator)?;
        }
        let address = world.id(&child.address);
        world.warm_account(address);
        world.involve(address);
        // The nonce and the warm address outlive a failure.
        checkpoint = world.checkpoint();
        let mut existing = world.get(address)?;
        if existing.nonce != 0 || existing.code_hash != zero_primitives::EMPTY_CODE_HASH {
            let failure = Failure::of(FailureKind::AddressCollision);
            return Ok(Some(leave_at_once(
                machine, &child, checkpoint, failure, 0, watching,
            )));
        }
        world.mark_created(address);
        existing.nonce = 1;
        world.put(address, existing)?;
        if !child.value.is_zero() {
            world.transfer(creator, address, child.value)?;
            if machine.transfer_logs {
                machine.log_transfer(child.caller, child.address, child.value);
            }
        }
        if child.code.is_empty() {
            let ended = Outcome {
                failure: None,
                output: Bytes::new(),
                gas: child.gas,
            };
            if let Some(watcher) = watching {
                watcher.exit(&FrameEnd {
                    depth: child.depth,
                    output: Bytes::new(),
                    gas_used: 0,
                    failure: None,
                });
            }
            return Ok(Some(ended));
        }
        self.push(machine, child, checkpoint);
        Ok(None)
    }

    fn push(&mut self, machine: &Machine, child: Child, checkpoint: Checkpoint) {
        let memory = match self.active.checked_sub(1) {
            Some(caller) => self.stack[caller].interpreter.memory.new_child_context(),
            None => self.memory.new_child_context(),
        };
        let reply = reply_of(&child);
        let input = InputsImpl {
            target_address: child.address,
            bytecode_address: Some(child.code_address),
            caller_address: child.caller,
            input: child.input,
            call_value: child.value,
            depth: child.depth,
        };
        if self.active == self.stack.len() {
            self.stack.push(Frame {
                interpreter: Interpreter::invalid(),
                depth: 0,
                checkpoint,
                start_gas: 0,
                reply,
            });
        }
        let frame = &mut self.stack[self.active];
        let code = ExtBytecode::new(child.code);
        let is_static = child.is_static;
        frame
            .interpreter
            .clear(memory, code, input, is_static, machine.spec, child.gas, 0);
        frame.depth = child.depth;
        frame.checkpoint = checkpoint;
        frame.start_gas = child.gas;
        frame.reply = reply;
        self.active += 1;
    }

    fn bytes_of(&self, input: &CallInput) -> Bytes {
        match input {
            CallInput::Bytes(input) => input.clone(),
            CallInput::SharedBuffer(range) => {
                Bytes::copy_from_slice(&self.memory.global_slice_range(range.clone()))
            }
        }
    }

    fn start_of(&self, child: &Child) -> FrameStart {
        let is_delegate_call = child.kind == FrameKind::DelegateCall;
        FrameStart {
            kind: child.kind,
            depth: child.depth,
            sender: if is_delegate_call {
                child.address
            } else {
                child.caller
            },
            to: child.code_address,
            value: (child.kind != FrameKind::StaticCall).then_some(child.value),
            input: if child.kind.is_create() {
                child.code.original_bytes()
            } else {
                self.bytes_of(&child.input)
            },
            gas: child.gas,
        }
    }
}

fn lost_child() -> Stopped {
    Stopped::Fault("an opcode suspended its frame for nothing".into())
}

fn reply_of(child: &Child) -> Reply {
    Reply {
        is_create: child.kind.is_create(),
        address: child.address,
        offset: child.return_offset,
        size: child.return_size,
    }
}

/// Ends a frame that was refused before it began: its gas comes back.
fn refuse(
    machine: &mut Machine,
    child: &Child,
    checkpoint: Checkpoint,
    kind: FailureKind,
    watching: &mut Watching<'_>,
) -> Outcome {
    leave_at_once(
        machine,
        child,
        checkpoint,
        Failure::of(kind),
        child.gas,
        watching,
    )
}

fn leave_at_once(
    machine: &mut Machine,
    child: &Child,
    checkpoint: Checkpoint,
    failure: Failure,
    gas: u64,
    watching: &mut Watching<'_>,
) -> Outcome {
    machine.world.revert(checkpoint);
    if let Some(watcher) = watching {
        watcher.exit(&FrameEnd {
            depth: child.depth,
            output: Bytes::new(),
            gas_used: child.gas - gas,
            failure: Some(failure.clone()),
        });
    }
    Outcome {
        failure: Some(failure),
        output: Bytes::new(),
        gas,
    }
}

/// Ends a frame: deposits a contract's code, or undoes what the frame did.
fn end(
    frame: &Frame,
    machine: &mut Machine,
    failure: Option<Failure>,
    watching: &mut Watching<'_>,
) -> Result<Outcome, Stopped> {
    let mut ended = Outcome {
        failure,
        output: std::mem::take(&mut machine.output),
        gas: frame.interpreter.gas.remaining(),
    };
    if ended.failure.is_none() && frame.reply.is_create {
        deposit_code(frame, machine, &mut ended)?;
    }
    if let Some(failure) = &ended.failure {
        machine.world.revert(frame.checkpoint);
        if failure.kind != FailureKind::Revert {
            ended.output = Bytes::new();
            ended.gas = 0;
        }
    }
    if let Some(watcher) = watching {
        watcher.exit(&FrameEnd {
            depth: frame.depth,
            output: ended.output.clone(),
            gas_used: frame.start_gas - ended.gas,
            failure: ended.failure.clone(),
        });
    }
    Ok(ended)
}

/// Charges for and stores what the init code returned; sets the failure where it may not be.
fn deposit_code(frame: &Frame, machine: &mut Machine, ended: &mut Outcome) -> Result<(), Stopped> {
    let size = ended.output.len();
    if machine.code_size_limit.is_some_and(|limit| size > limit) {
        ended.failure = Some(Failure::of(FailureKind::CodeSize));
    } else if ended.output.first() == Some(&0xEF) {
        ended.failure = Some(Failure::of(FailureKind::InvalidCodePrefix));
    } else if let Some(left) = ended.gas.checked_sub(CODE_BYTE_GAS * size as u64) {
        ended.gas = left;
        if size > 0 {
            let id = machine.world.id(&frame.reply.address);
            machine.world.set_code(id, ended.output.clone())?;
        }
    } else {
        ended.failure = Some(Failure::of(FailureKind::CodeStoreOutOfGas));
    }
    Ok(())
}

/// Gives a caller what its ended callee left: success, output, gas.
fn resume(caller: &mut Interpreter<EthInterpreter>, reply: Reply, ended: Outcome) {
    caller.gas.erase_cost(ended.gas);
    let is_success = ended.failure.is_none();
    let word = if !is_success {
        U256::ZERO
    } else if reply.is_create {
        reply.address.into_word().into()
    } else {
        U256::ONE
    };
    // There is room: the opcode took more than this.
    let _ = caller.stack.push(word);
    if reply.is_create && is_success {
        caller.return_data.set_buffer(Bytes::new());
        return;
    }
    if !reply.is_create {
        let size = reply.size.min(ended.output.len());
        if size > 0 {
            caller.memory.set(reply.offset, &ended.output[..size]);
        }
    }
    caller.return_data.set_buffer(ended.output);
}

// The loops

/// Runs a frame until it ends or starts another one.
fn run_fast(
    interpreter: &mut Interpreter<EthInterpreter>,
    machine: &mut Machine,
    opcodes: &'static Opcodes,
) -> Result<InstructionResult, Stopped> {
    let result = if let Some(allowance) = machine.allowance {
        brief::run(interpreter, machine, opcodes, allowance)?
    } else if machine.deadline.is_none() {
        loop {
            if let Err(result) = interpreter.step(&opcodes.table, &opcodes.gas, machine) {
                break result;
            }
        }
    } else {
        // Every frame looks at least once, so that many short ones do as well.
        machine.check_deadline()?;
        let mut steps = 0;
        loop {
            if let Err(result) = interpreter.step(&opcodes.table, &opcodes.gas, machine) {
                break result;
            }
            steps += 1;
            if steps == STEPS_BETWEEN_CHECKS {
                steps = 0;
                machine.check_deadline()?;
            }
        }
    };
    if result == InstructionResult::FatalExternalError {
        return Err(machine
            .stopped
            .take()
            .unwrap_or_else(|| Stopped::Fault("an opcode failed and did not say why".into())));
    }
    Ok(result)
}

/// As `run_fast`, and shows each step.
fn run_steps(
    frame: &mut Frame,
    machine: &mut Machine,
    opcodes: &'static Opcodes,
    watching: &mut Watching<'_>,
) -> Result<(InstructionResult, Option<Failure>), Stopped> {
    let mut steps = 0;
    let (wants_steps, wants_places) = watching.as_ref().map_or((false, false), |watcher| {
        (watcher.wants_steps(), watcher.wants_places())
    });
    loop {
        if steps % STEPS_BETWEEN_CHECKS == 0 {
            machine.check_deadline()?;
        }
        steps += 1;
        let interpreter = &mut frame.interpreter;
        if wants_places && let Some(watcher) = watching {
            watcher.place(&Place {
                pc: interpreter.bytecode.pc(),
                opcode: interpreter.bytecode.opcode(),
                code: interpreter.bytecode.bytecode_slice(),
            });
        }
        let facts = FrameFacts {
            depth: frame.depth,
            address: interpreter.input.target_address,
            refund: machine.world.refund,
            init_code_limit: machine.init_code_size_limit,
        };
        let failure = match watching {
            Some(watcher) if wants_steps => {
                show_step(*watcher, &facts, interpreter, &machine.world)?
            }
            _ => None,
        };
        if failure.is_some() {
            return Ok((InstructionResult::OutOfGas, failure));
        }
        let Err(result) = interpreter.step(&opcodes.table, &opcodes.gas, machine) else {
            show_events(machine, frame.depth, watching);
            continue;
        };
        if result == InstructionResult::FatalExternalError {
            return Err(machine.stopped.take().unwrap_or_else(lost_child));
        }
        let failure = if result == InstructionResult::Suspend {
            None
        } else {
            failure_of(result, interpreter, machine)
        };
        return Ok((result, failure));
    }
}

/// Shows what opcodes left for the watcher: logs, and a contract's destruction.
fn show_events(machine: &mut Machine, depth: usize, watching: &mut Watching<'_>) {
    let destruction = machine.destruction.take();
    if let Some(watcher) = watching {
        for index in machine.shown_logs.drain(..) {
            if let Some(log) = machine.world.logs.get(index) {
                watcher.log(log, index, depth);
            }
        }
        if let Some(destruction) = destruction {
            watcher.enter(&FrameStart {
                kind: FrameKind::SelfDestruct,
                depth: depth + 1,
                sender: destruction.contract,
                to: destruction.beneficiary,
                value: Some(destruction.value),
                input: Bytes::new(),
                gas: 0,
            });
            watcher.exit(&FrameEnd {
                depth: depth + 1,
                output: Bytes::new(),
                gas_used: 0,
                failure: None,
            });
        }
    } else {
        machine.shown_logs.clear();
    }
}

/// Why the opcode that ran last ended its frame; None for a success.
fn failure_of(
    result: InstructionResult,
    interpreter: &Interpreter<EthInterpreter>,
    machine: &mut Machine,
) -> Option<Failure> {
    use InstructionResult as Result;
    let kind = match result {
        Result::Stop | Result::Return | Result::SelfDestruct => return None,
        Result::Revert => FailureKind::Revert,
        Result::OpcodeNotFound | Result::InvalidFEOpcode | Result::NotActivated => {
            return Some(invalid_opcode(last_opcode(interpreter)));
        }
        Result::StackUnderflow | Result::StackOverflow => {
            return stack_failure(interpreter, machine.spec).or(Some(stack_overflow()));
        }
        Result::InvalidJump => FailureKind::InvalidJump,
        Result::StateChangeDuringStaticCall | Result::CallNotAllowedInsideStatic => {
            FailureKind::WriteProtection
        }
        Result::OutOfOffset => FailureKind::ReturnDataOutOfBounds,
        Result::OutOfGas => {
            // Where the constant gas is not there the opcode did not run, and what revm counts has wrapped;
            // the stack is then looked at first, as in geth.
            if interpreter.gas.remaining() > interpreter.gas.limit()
                && let Some(failure) = stack_failure(interpreter, machine.spec)
            {
                return Some(failure);
            }
            FailureKind::OutOfGas
        }
        _ => FailureKind::OutOfGas,
    };
    let detail: Words = take_detail(machine);
    Some(Failure { kind, detail })
}

fn last_opcode(interpreter: &Interpreter<EthInterpreter>) -> u8 {
    let code = interpreter.bytecode.bytecode_slice();
    let padded = interpreter.bytecode.bytes_ref();
    let at = interpreter.bytecode.pc().saturating_sub(1);
    code.get(at)
        .or_else(|| padded.get(at))
        .copied()
        .unwrap_or_default()
}

fn stack_failure(interpreter: &Interpreter<EthInterpreter>, spec: SpecId) -> Option<Failure> {
    let (takes, gives) = stack_effect(last_opcode(interpreter), spec);
    let size = interpreter.stack.len();
    if size < takes {
        Some(stack_underflow(size, takes))
    } else if size - takes + gives > STACK_LIMIT {
        Some(stack_overflow())
    } else {
        None
    }
}
