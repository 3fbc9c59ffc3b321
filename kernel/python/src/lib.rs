//! The kernel's Python face: few, coarse calls that release the interpreter lock.

use pyo3::prelude::*;

mod availability;
mod bls;
mod changes;
mod codec;
mod convert;
mod engine;
mod faults;
mod pool;
mod record;
mod schedule;
mod state;
mod traces;
mod witness;

#[pymodule]
fn zero_kernel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("INTERFACE", env!("ZERO_KERNEL_INTERFACE"))?;
    availability::register(module)?;
    bls::register(module)?;
    changes::register(module)?;
    codec::register(module)?;
    engine::register(module)?;
    pool::register(module)?;
    schedule::register(module)?;
    state::register(module)?;
    witness::register(module)
}
