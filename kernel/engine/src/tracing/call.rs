//! callTracer: the tree of calls, as geth's eth/tracers/native/call.go tells it.

use revm::primitives::Log;

use super::frames::{CallRecord, Recorder};
use super::reverts::unpack_reason;
use super::value::{Map, Value, put};
use super::watcher::{FrameEnd, FrameStart, TransactionEnd, TransactionStart, Watcher};
use super::world::World;
use crate::machine::Stopped;

/// `only_top` leaves out inner calls, `with_logs` tells the logs of each call.
pub struct CallTracer {
    frames: Recorder,
}

impl CallTracer {
    pub fn new(only_top: bool, with_logs: bool) -> Self {
        Self {
            frames: Recorder::new(only_top, with_logs),
        }
    }

    fn show(&self, record: &CallRecord, error: &str, is_undone: bool) -> Map {
        let start = &record.start;
        let (mut gas, mut gas_used) = (start.gas, record.gas_used());
        if let (None, Some(transaction)) = (record.parent, &self.frames.start) {
            (gas, gas_used) = (transaction.gas_limit, self.frames.gas_used);
        }
        let mut shown = Map::new();
        put(&mut shown, "type", Value::text(start.kind.name()));
        put(&mut shown, "from", Value::address(&start.sender));
        put(&mut shown, "gas", Value::quantity(gas));
        put(&mut shown, "gasUsed", Value::quantity(gas_used));
        if error.is_empty() || !start.kind.is_create() {
            put(&mut shown, "to", Value::address(&start.to));
        }
        put(&mut shown, "input", Value::data(&start.input));
        let output = record.output();
        if !output.is_empty() {
            put(&mut shown, "output", Value::data(output));
        }
        if !error.is_empty() {
            put(&mut shown, "error", Value::text(error.to_owned()));
            match unpack_reason(output) {
                Some(reason) if !reason.is_empty() => {
                    put(&mut shown, "revertReason", Value::text(reason));
                }
                _ => {}
            }
        }
        if let Some(value) = &start.value {
            put(&mut shown, "value", Value::wide_quantity(value));
        }
        if !record.logs.is_empty() && !is_undone {
            let logs = record.logs.iter().map(show_log).collect();
            put(&mut shown, "logs", Value::List(logs));
        }
        shown
    }
}

impl Watcher for CallTracer {
    fn start(&mut self, start: &TransactionStart) {
        self.frames.start = Some(start.clone());
    }

    fn enter(&mut self, frame: &FrameStart) {
        self.frames.enter(frame);
    }

    fn exit(&mut self, frame: &FrameEnd) {
        self.frames.exit(frame);
    }

    fn log(&mut self, log: &Log, index: usize, depth: usize) {
        self.frames.log(log, index, depth);
    }

    fn end(&mut self, end: &TransactionEnd, _world: &dyn World) -> Result<(), Stopped> {
        self.frames.finish(end.gas_used)
    }

    fn result(self: Box<Self>) -> Value {
        let records = &self.frames.records;
        let mut failed = Vec::with_capacity(records.len());
        let mut shown = Vec::with_capacity(records.len());
        for record in records {
            let error = record.error();
            failed.push(!error.is_empty() || record.parent.is_some_and(|parent| failed[parent]));
            shown.push(self.show(record, &error, failed[failed.len() - 1]));
        }
        // From the last to the first: a frame's calls are complete when its own turn comes.
        let mut calls: Vec<Vec<Value>> = (0..records.len()).map(|_| Vec::new()).collect();
        for number in (0..records.len()).rev() {
            let mut map = shown.pop().unwrap_or_default();
            let mut inner = std::mem::take(&mut calls[number]);
            if !inner.is_empty() {
                inner.reverse();
                put(&mut map, "calls", Value::List(inner));
            }
            match records[number].parent {
                Some(parent) => calls[parent].push(Value::Map(map)),
                None => return Value::Map(map),
            }
        }
        Value::Map(Map::new())
    }
}

fn show_log((log, index, position): &(Log, usize, usize)) -> Value {
    let mut shown = Map::new();
    put(&mut shown, "address", Value::address(&log.address));
    let topics = log
        .topics()
        .iter()
        .map(|topic| Value::data(topic.as_slice()))
        .collect();
    put(&mut shown, "topics", Value::List(topics));
    put(&mut shown, "data", Value::data(&log.data.data));
    put(&mut shown, "index", Value::quantity(*index as u64));
    put(&mut shown, "position", Value::quantity(*position as u64));
    Value::Map(shown)
}
