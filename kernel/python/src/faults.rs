//! A panic is a fault of the kernel. Python gets it as an ordinary exception: pyo3's own is none that anything
//! catches, and would take a server's thread with it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::PyErr;
use pyo3::exceptions::PyRuntimeError;

/// What the work gives, or the words of its panic.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(words)
}

/// A fault that nothing can be done about but to report it.
pub fn fault(words: &str) -> PyErr {
    PyRuntimeError::new_err(format!("a fault in the kernel: {words}"))
}

fn words(panic: Box<dyn Any + Send>) -> String {
    let words = match panic.downcast_ref::<String>() {
        Some(words) => words.as_str(),
        None => panic.downcast_ref::<&str>().copied().unwrap_or_default(),
    };
    format!("panic: {words}")
}
