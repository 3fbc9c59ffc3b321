//! How transactions are watched: the tracers that clients ask for by geth's names.
//!
//! `Watcher` is what the engine shows frames, logs and steps to; there is one per tracer and file.
//! `Tracer` says which one and makes it, `Value` is what it tells in the end.

mod before;
mod call;
mod coverage;
mod flat_call;
mod four_byte;
mod frames;
mod halts;
mod memory_gas;
mod mux;
mod opcodes;
mod prestate;
mod reverts;
mod step_cost;
mod steps;
mod struct_logger;
mod tracer;
mod value;
mod watcher;
mod world;

pub(crate) use halts::{invalid_opcode, stack_overflow, stack_underflow};
pub(crate) use opcodes::stack_effect;
pub use steps::{FrameFacts, show_step};
pub use struct_logger::Options as StructLogOptions;
pub use struct_logger::{StepView, StructLogs};
pub use tracer::Tracer;
pub use value::{Map, Value, hex_data, word};
pub use watcher::{
    FrameEnd, FrameKind, FrameStart, Place, Step, TransactionEnd, TransactionStart, Watcher,
};
pub use world::World;
