//! The struct logger: every step with its stack, memory and storage, as geth's default tracer tells it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use revm::primitives::{Address, AddressMap, Bytes, HashMap, U256};

use super::opcodes::mnemonic;
use super::value::{Map, Value, put};
use super::watcher::{Step, TransactionEnd, Watcher};
use super::world::World;
use crate::failures::{Failure, FailureKind};
use crate::machine::Stopped;

/// What a step takes beside what it shows: `devnet.execution.tracer_options`.
const WORDS_PER_STEP: u64 = 4;
const TOO_LARGE: &str = "the trace is too large; leave out memory, set disableStack, set a limit or use \
     callTracer";

const SLOAD: u8 = 0x54;
const SSTORE: u8 = 0x55;

/// What the struct logger tells beside the step itself.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub with_memory: bool,
    pub with_stack: bool,
    pub with_storage: bool,
    pub with_return_data: bool,
    /// Characters of JSON after which no more steps are told (0: all).
    pub limit: u64,
    /// Stack items, chunks of memory and slots that one trace may have.
    pub max_words: u64,
}

/// The steps of one transaction. The same few words stand on the stack for many steps, so each is kept once and
/// stacks are lists of their places; memory that did not change from step to step is kept once.
#[derive(Debug, Default)]
pub struct StructLogs {
    steps: Vec<StepRecord>,
    words: Vec<U256>,
    stacks: Vec<u32>,
    memories: Vec<Box<[u8]>>,
    with_stack: bool,
}

#[derive(Debug)]
struct StepRecord {
    pc: usize,
    gas: u64,
    cost: u64,
    refund: u64,
    /// Where its stack is in `stacks`.
    stack: (usize, usize),
    memory: Option<usize>,
    more: Option<Box<More>>,
    depth: u16,
    opcode: u8,
}

/// What most steps do not have.
#[derive(Debug, Default)]
struct More {
    failure: Option<Failure>,
    return_data: Bytes,
    storage: Vec<(U256, U256)>,
}

/// One step, as it is shown. What is empty or zero (refund) is left out, but for the stack.
#[derive(Debug)]
pub struct StepView<'a> {
    pub pc: usize,
    pub op: Cow<'static, str>,
    pub gas: u64,
    pub cost: u64,
    pub depth: u16,
    pub error: Option<String>,
    /// Places in `StructLogs::words`.
    pub stack: Option<&'a [u32]>,
    pub return_data: &'a [u8],
    /// Which memory, and its bytes: a step has the same number as another when its memory is the same.
    pub memory: Option<(usize, &'a [u8])>,
    pub storage: &'a [(U256, U256)],
    pub refund: u64,
}

impl StructLogs {
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The words that stand on stacks.
    pub fn words(&self) -> &[U256] {
        &self.words
    }

    pub fn iter(&self) -> impl Iterator<Item = StepView<'_>> {
        self.steps.iter().map(|step| self.view(step))
    }

    fn view<'a>(&'a self, step: &'a StepRecord) -> StepView<'a> {
        let more = step.more.as_deref();
        StepView {
            pc: step.pc,
            op: op_name(step.opcode),
            gas: step.gas,
            cost: step.cost,
            depth: step.depth,
            error: more
                .and_then(|more| more.failure.as_ref())
                .map(ToString::to_string),
            stack: self
                .with_stack
                .then(|| &self.stacks[step.stack.0..step.stack.1]),
            return_data: more.map_or(&[], |more| &more.return_data),
            memory: step.memory.map(|number| (number, &*self.memories[number])),
            storage: more.map_or(&[], |more| &more.storage),
            refund: step.refund,
        }
    }
}

fn op_name(opcode: u8) -> Cow<'static, str> {
    match mnemonic(opcode) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("opcode {opcode:#x} not defined")),
    }
}

pub struct StructLogger {
    options: Options,
    logs: StructLogs,
    storage: AddressMap<BTreeMap<U256, U256>>,
    places: HashMap<U256, u32>,
    /// The last stack that was told, and its places.
    last: (Vec<U256>, Vec<u32>),
    words: u64,
    size: u64,
    end: Option<TransactionEnd>,
}

impl StructLogger {
    pub fn new(options: Options) -> Self {
        Self {
            options,
            logs: StructLogs {
                with_stack: options.with_stack,
                ..StructLogs::default()
            },
            storage: AddressMap::default(),
            places: HashMap::default(),
            last: (Vec::new(), Vec::new()),
            words: 0,
            size: 0,
            end: None,
        }
    }

    fn tell_stack(&mut self, stack: &[U256]) {
        let (last, places) = &mut self.last;
        // Most of a stack is what it was a step before.
        let same = last
            .iter()
            .zip(stack)
            .take_while(|(one, other)| one == other)
            .count();
        last.truncate(same);
        places.truncate(same);
        for word in &stack[same..] {
            let words = &mut self.logs.words;
            last.push(*word);
            places.push(*self.places.entry(*word).or_insert_with(|| {
                words.push(*word);
                words.len() as u32 - 1
            }));
        }
        self.logs.stacks.extend_from_slice(places);
    }

    /// All slots of the account that are known after the step.
    fn storage_after(
        &mut self,
        step: &Step<'_>,
        world: &dyn World,
        address: Address,
    ) -> Result<Vec<(U256, U256)>, Stopped> {
        let known = self.storage.entry(address).or_default();
        match (step.opcode, step.stack) {
            (SLOAD, [.., slot]) => {
                known.insert(*slot, world.storage(&address, slot)?);
            }
            (SSTORE, [.., value, slot]) => {
                known.insert(*slot, *value);
            }
            _ => {}
        }
        Ok(known.iter().map(|(slot, value)| (*slot, *value)).collect())
    }
}

impl Watcher for StructLogger {
    fn wants_steps(&self) -> bool {
        true
    }

    fn step(&mut self, step: &Step<'_>, world: &dyn World) -> Result<(), Stopped> {
        let options = self.options;
        if options.limit != 0 && self.size > options.limit {
            return Ok(());
        }
        let mut more = More {
            failure: step.failure.cloned(),
            ..More::default()
        };
        self.words += WORDS_PER_STEP;
        let stack_start = self.logs.stacks.len();
        if options.with_stack {
            self.tell_stack(step.stack);
            self.words += step.stack.len() as u64;
        }
        if options.with_return_data && !step.return_data.is_empty() {
            more.return_data = Bytes::copy_from_slice(step.return_data);
            self.words += step.return_data.len() as u64 / 32;
        }
        let mut memory = None;
        if options.with_memory && !step.memory.is_empty() {
            let memories = &mut self.logs.memories;
            if memories.last().is_none_or(|last| **last != *step.memory) {
                memories.push(step.memory.into());
            }
            memory = Some(memories.len() - 1);
            self.words += step.memory.len() as u64 / 32;
        }
        if options.with_storage && matches!(step.opcode, SLOAD | SSTORE) {
            more.storage = self.storage_after(step, world, step.address)?;
            self.words += 2 * more.storage.len() as u64;
        }
        if self.words > options.max_words {
            return Err(Stopped::TraceTooLarge(TOO_LARGE.into()));
        }
        let has_more =
            more.failure.is_some() || !more.return_data.is_empty() || !more.storage.is_empty();
        self.logs.steps.push(StepRecord {
            pc: step.pc,
            gas: step.gas,
            cost: step.cost,
            refund: step.refund,
            stack: (stack_start, self.logs.stacks.len()),
            memory,
            more: has_more.then(|| Box::new(more)),
            depth: step.depth as u16 + 1,
            opcode: step.opcode,
        });
        if options.limit != 0
            && let Some(last) = self.logs.steps.last()
        {
            self.size += json_size(&self.logs, &self.logs.view(last));
        }
        Ok(())
    }

    fn end(&mut self, end: &TransactionEnd, _world: &dyn World) -> Result<(), Stopped> {
        self.end = Some(end.clone());
        Ok(())
    }

    fn result(self: Box<Self>) -> Value {
        let mut shown = Map::new();
        if let Some(end) = &self.end {
            let has_output = match &end.failure {
                None => true,
                Some(failure) => failure.kind == FailureKind::Revert,
            };
            put(&mut shown, "gas", Value::Int(end.gas_used));
            put(&mut shown, "failed", Value::Bool(end.failure.is_some()));
            put(
                &mut shown,
                "returnValue",
                Value::data(if has_output { &end.output } else { &[] }),
            );
        }
        put(&mut shown, "structLogs", Value::Steps(Box::new(self.logs)));
        Value::Map(shown)
    }
}

/// Characters of the step's JSON without spaces.
fn json_size(logs: &StructLogs, step: &StepView<'_>) -> u64 {
    // `"0x…"` of 32 bytes, and of a number.
    const WORD: usize = 68;
    let quantity = |place: &u32| 4 + logs.words[*place as usize].bit_len().div_ceil(4).max(1);
    // Of a list or an object with so many entries.
    let joined = |entries: usize, size: usize| 2 + size + entries.saturating_sub(1);
    let mut size = r#"{"pc":,"op":"","gas":,"gasCost":,"depth":}"#.len()
        + decimal(step.pc as u64)
        + step.op.len()
        + decimal(step.gas)
        + decimal(step.cost)
        + decimal(u64::from(step.depth));
    if let Some(error) = &step.error {
        size += r#","error":"""#.len() + error.len();
    }
    if let Some(stack) = step.stack {
        let items = stack.iter().map(quantity).sum();
        size += r#","stack":"#.len() + joined(stack.len(), items);
    }
    if !step.return_data.is_empty() {
        size += r#","returnData":"0x""#.len() + 2 * step.return_data.len();
    }
    if let Some((_, memory)) = step.memory {
        let chunks = memory.len() / 32;
        size += r#","memory":"#.len() + joined(chunks, chunks * WORD);
    }
    if !step.storage.is_empty() {
        let slots = step.storage.len();
        size += r#","storage":"#.len() + joined(slots, slots * (2 * WORD + 1));
    }
    if step.refund != 0 {
        size += r#","refund":"#.len() + decimal(step.refund);
    }
    size as u64
}

fn decimal(number: u64) -> usize {
    number
        .checked_ilog10()
        .map_or(1, |digits| digits as usize + 1)
}
