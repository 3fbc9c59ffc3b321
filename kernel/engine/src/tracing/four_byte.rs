//! 4byteTracer: how often which function was called with how much data, as geth's 4byte.go counts.

use std::collections::BTreeMap;
use std::sync::Arc;

use revm::primitives::{AddressSet, hex};

use super::value::Value;
use super::watcher::{FrameKind, FrameStart, TransactionStart, Watcher};

/// The result's keys are `0x<selector>-<bytes of data after it>`; calls of precompiles do not count.
#[derive(Default)]
pub struct FourByteTracer {
    counts: BTreeMap<String, u64>,
    precompiles: Arc<AddressSet>,
}

impl Watcher for FourByteTracer {
    fn start(&mut self, start: &TransactionStart) {
        self.precompiles = Arc::clone(&start.precompiles);
    }

    fn enter(&mut self, frame: &FrameStart) {
        if frame.kind.is_create() || frame.kind == FrameKind::SelfDestruct {
            return;
        }
        if let Some((selector, rest)) = frame.input.split_first_chunk::<4>()
            && !self.precompiles.contains(&frame.to)
        {
            let key = format!("{}-{}", hex::encode_prefixed(selector), rest.len());
            *self.counts.entry(key).or_default() += 1;
        }
    }

    fn result(self: Box<Self>) -> Value {
        let counts = self.counts.into_iter();
        Value::Map(
            counts
                .map(|(key, count)| (key.into(), Value::Int(count)))
                .collect(),
        )
    }
}
