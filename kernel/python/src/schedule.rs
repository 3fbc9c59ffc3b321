//! The scheduler by itself, for comparison with the one in Python.

use pyo3::prelude::*;
use pyo3::types::PyTuple;
use zero_schedule::{AccessSet, Framer, Order, ShortHash, starts_after};

type Keys = Vec<[u8; 10]>;

/// The frames of transactions with these access sets, and what each place in the frame order waits for.
#[pyfunction]
fn frames_of<'py>(
    py: Python<'py>,
    accesses: Vec<(Keys, Keys)>,
    owners: Vec<Keys>,
    framed: bool,
) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyTuple>)> {
    let keys = |keys: &[[u8; 10]]| -> Vec<ShortHash> {
        keys.iter().map(|key| ShortHash::from_bytes(*key)).collect()
    };
    let sets: Vec<AccessSet> = accesses
        .iter()
        .map(|(reads, writes)| AccessSet::new(keys(reads), keys(writes)))
        .collect();
    let mut framer = Framer::new(if framed { Order::Framed } else { Order::Given });
    for ((index, set), owners) in (0..).zip(&sets).zip(&owners) {
        framer.add(index, set, &keys(owners));
    }
    let frames = framer.finish();
    let after = starts_after(&sets, &frames);
    let mut tuples = Vec::with_capacity(frames.len());
    for frame in &frames {
        tuples.push(PyTuple::new(py, frame)?);
    }
    Ok((PyTuple::new(py, tuples)?, PyTuple::new(py, after)?))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(frames_of, module)?)
}
