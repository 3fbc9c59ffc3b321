//! Tracers and traces: options in, Python's dicts, lists, strings and ints out.

use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use zero_engine::tracing::{StepView, StructLogOptions, StructLogs, Tracer, Value, hex_data, word};

/// The tracer that a `devnet.execution.tracer_options.TracerOptions` means.
pub fn read_tracer(options: &Bound<'_, PyAny>) -> PyResult<Tracer> {
    let py = options.py();
    let flag = |name: &Bound<'_, PyString>| options.getattr(name)?.extract::<bool>();
    // Numbers beyond 64 bits limit nothing.
    let count = |name: &Bound<'_, PyString>| {
        PyResult::Ok(options.getattr(name)?.extract::<u64>().unwrap_or(u64::MAX))
    };
    let kind = options.get_type().name()?;
    Ok(match kind.to_cow()?.as_ref() {
        "StructLogOptions" => Tracer::StructLogger(StructLogOptions {
            with_memory: flag(intern!(py, "with_memory"))?,
            with_stack: flag(intern!(py, "with_stack"))?,
            with_storage: flag(intern!(py, "with_storage"))?,
            with_return_data: flag(intern!(py, "with_return_data"))?,
            limit: count(intern!(py, "limit"))?,
            max_words: count(intern!(py, "max_words"))?,
        }),
        "CallOptions" => Tracer::Call {
            only_top: flag(intern!(py, "only_top"))?,
            with_logs: flag(intern!(py, "with_logs"))?,
        },
        "FlatCallOptions" => Tracer::FlatCall {
            with_parity_errors: flag(intern!(py, "with_parity_errors"))?,
            with_precompiles: flag(intern!(py, "with_precompiles"))?,
        },
        "PrestateOptions" => Tracer::Prestate {
            diff: flag(intern!(py, "diff"))?,
            with_code: flag(intern!(py, "with_code"))?,
            with_storage: flag(intern!(py, "with_storage"))?,
            with_empty: flag(intern!(py, "with_empty"))?,
        },
        "FourByteOptions" => Tracer::FourByte,
        "NoopOptions" => Tracer::Noop,
        "CoverageOptions" => Tracer::Coverage,
        "MuxOptions" => {
            let mut inner = Vec::new();
            for pair in options.getattr(intern!(py, "tracers"))?.try_iter()? {
                let (name, options): (String, Bound<'_, PyAny>) = pair?.extract()?;
                inner.push((name, read_tracer(&options)?));
            }
            Tracer::Mux(inner)
        }
        other => return Err(PyTypeError::new_err(format!("{other} is no tracer"))),
    })
}

/// The trace as JSON-ready data.
pub fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Int(value) => value.into_pyobject(py)?.into_any(),
        Value::Text(text) => PyString::new(py, text).into_any(),
        Value::List(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_python(py, item)?)?;
            }
            list.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (key, value) in entries {
                let key = match key {
                    std::borrow::Cow::Borrowed(key) => PyString::intern(py, key),
                    std::borrow::Cow::Owned(key) => PyString::new(py, key),
                };
                dict.set_item(key, to_python(py, value)?)?;
            }
            dict.into_any()
        }
        Value::Steps(logs) => steps(py, logs)?.into_any(),
    })
}

fn steps<'py>(py: Python<'py>, logs: &StructLogs) -> PyResult<Bound<'py, PyList>> {
    let words = logs.words().iter();
    let mut writer = StepWriter {
        words: words
            .map(|word| PyString::new(py, &format!("{word:#x}")))
            .collect(),
        memory: None,
    };
    let list = PyList::empty(py);
    for step in logs.iter() {
        list.append(writer.write(py, &step)?)?;
    }
    Ok(list)
}

/// Makes the steps; what many of them share is made once.
struct StepWriter<'py> {
    words: Vec<Bound<'py, PyString>>,
    /// The chunks of the memory with that number.
    memory: Option<(usize, Bound<'py, PyList>)>,
}

impl<'py> StepWriter<'py> {
    fn write(&mut self, py: Python<'py>, step: &StepView<'_>) -> PyResult<Bound<'py, PyDict>> {
        let shown = PyDict::new(py);
        shown.set_item(intern!(py, "pc"), step.pc)?;
        shown.set_item(intern!(py, "op"), PyString::intern(py, &step.op))?;
        shown.set_item(intern!(py, "gas"), step.gas)?;
        shown.set_item(intern!(py, "gasCost"), step.cost)?;
        shown.set_item(intern!(py, "depth"), step.depth)?;
        if let Some(error) = &step.error {
            shown.set_item(intern!(py, "error"), error)?;
        }
        if let Some(stack) = step.stack {
            let items = stack.iter().map(|place| &self.words[*place as usize]);
            shown.set_item(intern!(py, "stack"), PyList::new(py, items)?)?;
        }
        if !step.return_data.is_empty() {
            shown.set_item(intern!(py, "returnData"), hex_data(step.return_data))?;
        }
        if let Some((number, memory)) = step.memory {
            shown.set_item(intern!(py, "memory"), self.chunks(py, number, memory)?)?;
        }
        if !step.storage.is_empty() {
            let storage = PyDict::new(py);
            for (slot, value) in step.storage {
                storage.set_item(word(slot), word(value))?;
            }
            shown.set_item(intern!(py, "storage"), storage)?;
        }
        if step.refund != 0 {
            shown.set_item(intern!(py, "refund"), step.refund)?;
        }
        Ok(shown)
    }

    fn chunks(
        &mut self,
        py: Python<'py>,
        number: usize,
        memory: &[u8],
    ) -> PyResult<Bound<'py, PyList>> {
        match &self.memory {
            Some((known, chunks)) if *known == number => Ok(chunks.clone()),
            _ => {
                let chunks = PyList::new(py, memory.chunks_exact(32).map(hex_data))?;
                self.memory = Some((number, chunks.clone()));
                Ok(chunks)
            }
        }
    }
}
