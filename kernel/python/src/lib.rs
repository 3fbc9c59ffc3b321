//! The kernel's Python face: few, coarse calls that release the interpreter lock.

use pyo3::prelude::*;

mod codec;
mod engine;
mod pool;
mod schedule;
mod state;

#[pymodule]
fn zero_kernel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("INTERFACE", env!("ZERO_KERNEL_INTERFACE"))?;
    codec::register(module)?;
    engine::register(module)?;
    pool::register(module)?;
    schedule::register(module)?;
    state::register(module)
}
