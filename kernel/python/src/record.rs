//! Python's frozen dataclasses with slots, made without their `__init__`, which costs several times as much.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyTuple, PyType};

/// A dataclass and the way to set its fields, which are known in their order.
pub struct Record<const N: usize> {
    /// `object.__new__`.
    new: Py<PyAny>,
    class: Py<PyTuple>,
    /// `__set__` of each slot.
    setters: [Py<PyAny>; N],
}

impl<const N: usize> Record<N> {
    /// The class of that name. Raises TypeError where it has other fields.
    pub fn import(
        py: Python<'_>,
        module: &str,
        name: &str,
        fields: [&'static str; N],
    ) -> PyResult<Self> {
        let class = py.import(module)?.getattr(name)?.cast_into::<PyType>()?;
        let slots: Vec<String> = class.getattr("__slots__")?.extract()?;
        if slots != fields {
            return Err(PyTypeError::new_err(format!(
                "{name} has the fields {slots:?}, the kernel knows {fields:?}"
            )));
        }
        let mut setters = Vec::with_capacity(N);
        for field in fields {
            setters.push(class.getattr(field)?.getattr("__set__")?.unbind());
        }
        let setters = setters
            .try_into()
            .map_err(|_| PyTypeError::new_err("a class with other fields"))?;
        Ok(Self {
            new: py.get_type::<PyAny>().getattr("__new__")?.unbind(),
            class: PyTuple::new(py, [class])?.unbind(),
            setters,
        })
    }

    /// An object with these values.
    pub fn make<'py>(
        &self,
        py: Python<'py>,
        values: [Bound<'py, PyAny>; N],
    ) -> PyResult<Bound<'py, PyAny>> {
        let made = self.new.bind(py).call1(self.class.bind(py))?;
        for (setter, value) in self.setters.iter().zip(values) {
            setter.bind(py).call1((&made, value))?;
        }
        Ok(made)
    }
}
