//! Which tracer watches, with its options read.

use super::call::CallTracer;
use super::coverage::CoverageTracer;
use super::flat_call::FlatCallTracer;
use super::four_byte::FourByteTracer;
use super::mux::MuxTracer;
use super::prestate::PrestateTracer;
use super::struct_logger::{Options, StructLogger};
use super::watcher::{Noop, Watcher};

/// A tracer by geth's name. What the options mean is said at the tracers.
#[derive(Clone, Debug)]
pub enum Tracer {
    StructLogger(Options),
    Call {
        only_top: bool,
        with_logs: bool,
    },
    FlatCall {
        with_parity_errors: bool,
        with_precompiles: bool,
    },
    FourByte,
    Prestate {
        diff: bool,
        with_code: bool,
        with_storage: bool,
        with_empty: bool,
    },
    Mux(Vec<(String, Tracer)>),
    Noop,
    Coverage,
}

impl Tracer {
    /// Whether it needs an `Observer` that shows steps.
    pub fn wants_steps(&self) -> bool {
        match self {
            Self::StructLogger(_) | Self::Coverage => true,
            Self::Mux(inner) => inner.iter().any(|(_, tracer)| tracer.wants_steps()),
            _ => false,
        }
    }

    /// A watcher for one transaction.
    pub fn watcher(&self) -> Box<dyn Watcher> {
        match self {
            Self::StructLogger(options) => Box::new(StructLogger::new(*options)),
            Self::Call {
                only_top,
                with_logs,
            } => Box::new(CallTracer::new(*only_top, *with_logs)),
            Self::FlatCall {
                with_parity_errors,
                with_precompiles,
            } => Box::new(FlatCallTracer::new(*with_parity_errors, *with_precompiles)),
            Self::FourByte => Box::new(FourByteTracer::default()),
            Self::Prestate {
                diff,
                with_code,
                with_storage,
                with_empty,
            } => Box::new(PrestateTracer::new(
                *diff,
                *with_code,
                *with_storage,
                *with_empty,
            )),
            Self::Mux(inner) => {
                let watchers = inner
                    .iter()
                    .map(|(name, tracer)| (name.clone(), tracer.watcher()));
                Box::new(MuxTracer::new(watchers.collect()))
            }
            Self::Noop => Box::new(Noop),
            Self::Coverage => Box::new(CoverageTracer::default()),
        }
    }
}
