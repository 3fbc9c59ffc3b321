//! flatCallTracer: the calls as a list in Parity's form, as geth's call_flat.go tells them.

use super::frames::{CallRecord, Recorder};
use super::value::{Map, Value, put};
use super::watcher::{FrameEnd, FrameKind, FrameStart, TransactionEnd, TransactionStart, Watcher};
use super::world::World;
use crate::machine::Stopped;

const REVERTED: &str = "execution reverted";

/// Parity's words by the start of geth's; an error without an entry keeps geth's.
const PARITY_ERRORS: [(&str, &str); 12] = [
    ("contract creation code storage out of gas", "Out of gas"),
    ("out of gas", "Out of gas"),
    ("gas uint64 overflow", "Out of gas"),
    ("max code size exceeded", "Out of gas"),
    ("invalid jump destination", "Bad jump destination"),
    (REVERTED, "Reverted"),
    ("return data out of bounds", "Out of bounds"),
    ("stack limit reached 1024", "Out of stack"),
    ("precompile failed", "Built-in failed"),
    ("invalid input length", "Built-in failed"),
    ("invalid opcode", "Bad instruction"),
    ("stack underflow", "Stack underflow"),
];

/// `with_parity_errors` gives errors in Parity's words, `with_precompiles` shows calls of precompiles.
pub struct FlatCallTracer {
    frames: Recorder,
    with_parity_errors: bool,
    with_precompiles: bool,
}

impl FlatCallTracer {
    pub fn new(with_parity_errors: bool, with_precompiles: bool) -> Self {
        Self {
            frames: Recorder::default(),
            with_parity_errors,
            with_precompiles,
        }
    }

    fn is_left_out(&self, record: &CallRecord) -> bool {
        // A precompile calls nothing, so nothing is below what is left out.
        !self.with_precompiles
            && record.parent.is_some()
            && matches!(record.start.kind, FrameKind::Call | FrameKind::StaticCall)
            && (self.frames.start.as_ref())
                .is_some_and(|start| start.precompiles.contains(&record.start.to))
    }

    fn show(&self, record: &CallRecord, place: &[usize], subtraces: usize) -> Value {
        let error = record.error();
        let start = self.frames.start.as_ref();
        let mut shown = Map::new();
        put(&mut shown, "action", self.action(record));
        put(&mut shown, "blockHash", Value::Null);
        put(
            &mut shown,
            "blockNumber",
            Value::Int(start.map_or(0, |start| start.block_number)),
        );
        if !error.is_empty() {
            let words = if self.with_parity_errors {
                parity_words(&error)
            } else {
                None
            };
            put(
                &mut shown,
                "error",
                words.map_or_else(|| Value::text(error.clone()), Value::text),
            );
        }
        let kind = record.start.kind;
        if kind != FrameKind::SelfDestruct && (error.is_empty() || error == REVERTED) {
            put(&mut shown, "result", self.outcome(record, &error));
        }
        put(&mut shown, "subtraces", Value::Int(subtraces as u64));
        let place = place
            .iter()
            .map(|number| Value::Int(*number as u64))
            .collect();
        put(&mut shown, "traceAddress", Value::List(place));
        let hash = start.map(|start| start.hash).filter(|hash| !hash.is_zero());
        put(
            &mut shown,
            "transactionHash",
            hash.map_or(Value::Null, |hash| Value::data(hash.as_slice())),
        );
        put(&mut shown, "transactionPosition", Value::Int(0));
        put(
            &mut shown,
            "type",
            Value::text(match kind {
                FrameKind::SelfDestruct => "suicide",
                _ if kind.is_create() => "create",
                _ => "call",
            }),
        );
        Value::Map(shown)
    }

    fn action(&self, record: &CallRecord) -> Value {
        let start = &record.start;
        let value = Value::wide_quantity(&start.value.unwrap_or_default());
        let mut shown = Map::new();
        if start.kind == FrameKind::SelfDestruct {
            put(&mut shown, "address", Value::address(&start.sender));
            put(&mut shown, "balance", value);
            put(&mut shown, "refundAddress", Value::address(&start.to));
            return Value::Map(shown);
        }
        let mut gas = start.gas;
        if let (None, Some(transaction)) = (record.parent, &self.frames.start) {
            gas = transaction.gas_limit;
        }
        if !start.kind.is_create() {
            put(&mut shown, "callType", Value::text(start.kind.lower_name()));
        }
        put(&mut shown, "from", Value::address(&start.sender));
        put(&mut shown, "gas", Value::quantity(gas));
        if start.kind.is_create() {
            put(&mut shown, "init", Value::data(&start.input));
        } else {
            put(&mut shown, "input", Value::data(&start.input));
            put(&mut shown, "to", Value::address(&start.to));
        }
        put(&mut shown, "value", value);
        Value::Map(shown)
    }

    fn outcome(&self, record: &CallRecord, error: &str) -> Value {
        let used = if record.parent.is_none() {
            self.frames.gas_used
        } else {
            record.gas_used()
        };
        let gas_used = Value::quantity(used);
        let output = Value::data(record.output());
        let mut shown = Map::new();
        if !record.start.kind.is_create() {
            put(&mut shown, "gasUsed", gas_used);
            put(&mut shown, "output", output);
            return Value::Map(shown);
        }
        if error.is_empty() {
            put(&mut shown, "address", Value::address(&record.start.to));
        }
        put(&mut shown, "code", output);
        put(&mut shown, "gasUsed", gas_used);
        Value::Map(shown)
    }
}

impl Watcher for FlatCallTracer {
    fn start(&mut self, start: &TransactionStart) {
        self.frames.start = Some(start.clone());
    }

    fn enter(&mut self, frame: &FrameStart) {
        self.frames.enter(frame);
    }

    fn exit(&mut self, frame: &FrameEnd) {
        self.frames.exit(frame);
    }

    fn end(&mut self, end: &TransactionEnd, _world: &dyn World) -> Result<(), Stopped> {
        self.frames.finish(end.gas_used)
    }

    fn result(self: Box<Self>) -> Value {
        let records = &self.frames.records;
        let mut kept: Vec<(&CallRecord, Vec<usize>)> = Vec::new();
        let mut subtraces: Vec<usize> = Vec::new();
        let mut by_record = vec![0; records.len()];
        for (number, record) in records.iter().enumerate() {
            if self.is_left_out(record) {
                continue;
            }
            let mut place = Vec::new();
            if let Some(parent) = record.parent {
                let parent = by_record[parent];
                place.clone_from(&kept[parent].1);
                place.push(subtraces[parent]);
                subtraces[parent] += 1;
            }
            by_record[number] = kept.len();
            kept.push((record, place));
            subtraces.push(0);
        }
        let shown = kept.iter().zip(subtraces);
        Value::List(
            shown
                .map(|((record, place), count)| self.show(record, place, count))
                .collect(),
        )
    }
}

fn parity_words(error: &str) -> Option<&'static str> {
    PARITY_ERRORS
        .iter()
        .find(|(start, _)| error.starts_with(start))
        .map(|(_, words)| *words)
}
