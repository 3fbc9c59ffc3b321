//! coverageTracer: how often each instruction ran, and which way jumps went. geth has nothing like it.

use super::value::{Map, Value, put};
use super::watcher::{FrameEnd, FrameStart, Place, TransactionEnd, Watcher};
use super::world::World;
use crate::machine::Stopped;

/// Bytes of all codes in one trace: `devnet.execution.tracer_options`.
const MAX_CODE_BYTES: usize = 16 << 20;
const TOO_LARGE: &str = "the trace is too large: too many contracts with code of their own";
const JUMPI: u8 = 0x57;

/// One code that ran, as deployed or as init code.
struct Ran {
    code: Box<[u8]>,
    is_creation: bool,
    counts: Box<[u32]>,
    /// (jumped, went on) of each JUMPI.
    branches: Box<[(u32, u32)]>,
}

impl Ran {
    fn told(&self) -> Value {
        let mut counts = Vec::new();
        let mut branches = Vec::new();
        for (pc, count) in (0u64..).zip(&self.counts) {
            if *count > 0 {
                counts.extend([Value::Int(pc), Value::Int((*count).into())]);
            }
        }
        for (pc, (jumped, went_on)) in (0u64..).zip(&self.branches) {
            if (*jumped, *went_on) != (0, 0) {
                let sides = [*jumped, *went_on].map(|count| Value::Int(count.into()));
                branches.push(Value::Int(pc));
                branches.extend(sides);
            }
        }
        let mut map = Map::new();
        put(&mut map, "code", Value::data(&self.code));
        put(&mut map, "isCreation", Value::Bool(self.is_creation));
        put(&mut map, "counts", Value::List(counts));
        put(&mut map, "branches", Value::List(branches));
        Value::Map(map)
    }
}

/// A frame that is running.
struct Running {
    is_creation: bool,
    /// Its place in the list, once it ran anything.
    ran: Option<usize>,
    /// The JUMPI that it ran last.
    jump: Option<usize>,
}

/// Counts in the order in which codes ran first.
#[derive(Default)]
pub struct CoverageTracer {
    ran: Vec<Ran>,
    running: Vec<Running>,
    size: usize,
}

impl CoverageTracer {
    fn find(&mut self, code: &[u8], is_creation: bool) -> Option<usize> {
        let known = self
            .ran
            .iter()
            .position(|ran| ran.is_creation == is_creation && *ran.code == *code);
        if known.is_some() {
            return known;
        }
        self.size = self.size.saturating_add(code.len());
        if self.size > MAX_CODE_BYTES {
            return None;
        }
        self.ran.push(Ran {
            code: code.into(),
            is_creation,
            counts: vec![0; code.len()].into(),
            branches: vec![(0, 0); code.len()].into(),
        });
        Some(self.ran.len() - 1)
    }
}

impl Watcher for CoverageTracer {
    fn wants_places(&self) -> bool {
        true
    }

    fn enter(&mut self, frame: &FrameStart) {
        self.running.push(Running {
            is_creation: frame.kind.is_create(),
            ran: None,
            jump: None,
        });
    }

    fn exit(&mut self, _frame: &FrameEnd) {
        self.running.pop();
    }

    fn place(&mut self, place: &Place<'_>) {
        let Some(frame) = self.running.last() else {
            return;
        };
        let number = match frame.ran {
            Some(number) => number,
            None => match self.find(place.code, frame.is_creation) {
                Some(number) => number,
                None => return,
            },
        };
        let Some(frame) = self.running.last_mut() else {
            return;
        };
        frame.ran = Some(number);
        let ran = &mut self.ran[number];
        if let Some(from) = frame.jump.take() {
            let (jumped, went_on) = &mut ran.branches[from];
            let side = if place.pc == from + 1 {
                went_on
            } else {
                jumped
            };
            *side = side.saturating_add(1);
        }
        // The STOP after the end of the code is in no code.
        if let Some(count) = ran.counts.get_mut(place.pc) {
            *count = count.saturating_add(1);
            if place.opcode == JUMPI {
                frame.jump = Some(place.pc);
            }
        }
    }

    fn end(&mut self, _end: &TransactionEnd, _world: &dyn World) -> Result<(), Stopped> {
        if self.size > MAX_CODE_BYTES {
            return Err(Stopped::TraceTooLarge(TOO_LARGE.into()));
        }
        Ok(())
    }

    fn result(self: Box<Self>) -> Value {
        Value::List(self.ran.iter().map(Ran::told).collect())
    }
}
