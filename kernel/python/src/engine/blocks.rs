//! Blocks by frames: what was run, and how it was scheduled, as plain values for Python's dataclasses.

use std::collections::HashSet;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use zero_engine::parallel::{BlockRun, Schedule};
use zero_schedule::{AccessSet, KeySet, ShortHash, starts_after};

use crate::convert::int_from_word;

/// Indexes as a tuple of Python's.
pub fn indexes<'py>(py: Python<'py>, indexes: &[u32]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, indexes)
}

/// `(predicted as (reads, writes), frames, after, discarded, serial, order, left, locations)`.
pub fn schedule<'py>(py: Python<'py>, run: &BlockRun) -> PyResult<Bound<'py, PyAny>> {
    let Schedule {
        predicted,
        frames,
        discarded,
        serial,
        ..
    } = &run.schedule;
    let after = py.detach(|| starts_after(predicted, frames));
    let mut sets = Vec::with_capacity(predicted.len());
    for set in predicted {
        sets.push((keys(py, set.reads())?, keys(py, set.writes())?));
    }
    let mut tuples = Vec::with_capacity(frames.len());
    for frame in frames {
        tuples.push(indexes(py, frame)?);
    }
    let made = (
        PyTuple::new(py, sets)?,
        PyTuple::new(py, tuples)?,
        PyTuple::new(py, after)?,
        indexes(py, discarded)?,
        indexes(py, serial)?,
        indexes(py, &run.order)?,
        indexes(py, &run.left)?,
        locations(py, &run.schedule)?,
    );
    Ok(made.into_pyobject(py)?.into_any())
}

fn keys<'py>(py: Python<'py>, keys: &[ShortHash]) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, keys.iter().map(|key| PyBytes::new(py, &key.to_bytes())))
}

/// What each key of the predicted sets stands for.
fn locations<'py>(py: Python<'py>, schedule: &Schedule) -> PyResult<Bound<'py, PyDict>> {
    let named: KeySet = schedule
        .predicted
        .iter()
        .flat_map(AccessSet::keys)
        .copied()
        .collect();
    let made = PyDict::new(py);
    let mut seen = HashSet::new();
    for (address, slot) in &schedule.locations {
        if !seen.insert((address, slot)) {
            continue;
        }
        let key = match slot {
            None => ShortHash::of_account(address),
            Some(slot) => ShortHash::of_slot(address, slot),
        };
        if named.contains(&key) {
            let slot = slot
                .as_ref()
                .map(|slot| int_from_word(py, slot))
                .transpose()?;
            let location = (PyBytes::new(py, address.as_slice()), slot);
            made.set_item(PyBytes::new(py, &key.to_bytes()), location)?;
        }
    }
    Ok(made)
}
