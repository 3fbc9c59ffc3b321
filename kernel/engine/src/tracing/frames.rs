//! The frames of a transaction as callTracer and flatCallTracer tell them: recorded flat, in call order.

use revm::primitives::Log;

use super::watcher::{FrameEnd, FrameStart, TransactionStart};
use crate::failures::FailureKind;

/// One frame.
pub struct CallRecord {
    pub start: FrameStart,
    /// The caller's place in the list, `None` for the transaction's own frame.
    pub parent: Option<usize>,
    pub end: Option<FrameEnd>,
    pub calls: usize,
    /// (log, index in the transaction, how many calls the frame had made before).
    pub logs: Vec<(Log, usize, usize)>,
}

impl CallRecord {
    /// In geth's words, "" for success.
    pub fn error(&self) -> String {
        match self.end.as_ref().and_then(|end| end.failure.as_ref()) {
            Some(failure) => failure.to_string(),
            None => String::new(),
        }
    }

    /// Return data, or revert data; nothing for any other failure.
    pub fn output(&self) -> &[u8] {
        match &self.end {
            Some(end) => match &end.failure {
                Some(failure) if failure.kind != FailureKind::Revert => &[],
                _ => &end.output,
            },
            None => &[],
        }
    }

    pub fn gas_used(&self) -> u64 {
        self.end.as_ref().map_or(0, |end| end.gas_used)
    }
}

/// Records frames, and logs where `with_logs`; only the transaction's own frame where `only_top`.
#[derive(Default)]
pub struct Recorder {
    pub records: Vec<CallRecord>,
    pub start: Option<TransactionStart>,
    pub gas_used: u64,
    open: Vec<usize>,
    only_top: bool,
    with_logs: bool,
}

impl Recorder {
    pub fn new(only_top: bool, with_logs: bool) -> Self {
        Self {
            only_top,
            with_logs,
            ..Self::default()
        }
    }

    pub fn enter(&mut self, frame: &FrameStart) {
        if self.only_top && frame.depth > 0 {
            return;
        }
        let parent = self.open.last().copied();
        if let Some(parent) = parent {
            self.records[parent].calls += 1;
        }
        self.open.push(self.records.len());
        self.records.push(CallRecord {
            start: frame.clone(),
            parent,
            end: None,
            calls: 0,
            logs: Vec::new(),
        });
    }

    pub fn exit(&mut self, frame: &FrameEnd) {
        if self.only_top && frame.depth > 0 {
            return;
        }
        if let Some(place) = self.open.pop() {
            self.records[place].end = Some(frame.clone());
        }
    }

    pub fn log(&mut self, log: &Log, index: usize, depth: usize) {
        if !self.with_logs || (self.only_top && depth > 0) {
            return;
        }
        if let Some(place) = self.open.last() {
            let record = &mut self.records[*place];
            record.logs.push((log.clone(), index, record.calls));
        }
    }
}
