//! The frames of a transaction as callTracer and flatCallTracer tell them: recorded flat, in call order.

use revm::primitives::Log;

use super::watcher::{FrameEnd, FrameStart, TransactionStart};
use crate::failures::FailureKind;
use crate::machine::Stopped;

/// What one trace may hold: `devnet.execution.tracer_options`.
const MAX_FRAME_BYTES: usize = 64 << 20;
const BYTES_PER_FRAME: usize = 256;
const TOO_LARGE: &str = "the trace is too large; set onlyTopCall or leave out withLog";

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
    size: usize,
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
        if !self.has_room(BYTES_PER_FRAME + frame.input.len()) {
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
        if self.has_room(frame.output.len())
            && let Some(place) = self.open.pop()
        {
            self.records[place].end = Some(frame.clone());
        }
    }

    pub fn log(&mut self, log: &Log, index: usize, depth: usize) {
        if !self.with_logs || (self.only_top && depth > 0) {
            return;
        }
        if self.has_room(BYTES_PER_FRAME + log.data.data.len())
            && let Some(place) = self.open.last()
        {
            let record = &mut self.records[*place];
            record.logs.push((log.clone(), index, record.calls));
        }
    }

    /// Counts bytes; nothing more is recorded once there are too many.
    fn has_room(&mut self, bytes: usize) -> bool {
        self.size = self.size.saturating_add(bytes);
        self.size <= MAX_FRAME_BYTES
    }

    /// Called at the transaction's end.
    pub fn finish(&mut self, gas_used: u64) -> Result<(), Stopped> {
        self.gas_used = gas_used;
        if self.size > MAX_FRAME_BYTES {
            return Err(Stopped::TraceTooLarge(TOO_LARGE.into()));
        }
        Ok(())
    }
}
