//! How transactions are watched: the tracers that clients ask for by geth's names, logs of transfers, and
//! what a transaction reached.

mod call;
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

pub use halts::{
    Before, failure_of_call, failure_of_create, failure_of_deposit, failure_of_opcode, is_refused,
};
pub(crate) use halts::{invalid_opcode, stack_overflow, stack_underflow};
pub(crate) use opcodes::stack_effect;
pub use steps::{FrameFacts, show_step};
pub use struct_logger::Options as StructLogOptions;
pub use struct_logger::{StepView, StructLogs};
pub use tracer::Tracer;
pub use value::{Map, Value, hex_data, word};
pub use watcher::{
    FrameEnd, FrameKind, FrameStart, Step, TransactionEnd, TransactionStart, Watcher,
};
pub use world::World;
