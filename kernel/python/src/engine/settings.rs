//! Rules, environments and modes out of Python's dataclasses.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zero_engine::{AccountOverride, BlockEnv, Checks, Fork, Mode, Rules};
use zero_primitives::{Address, B256, Bytes, U256};

use crate::convert::{address_from, hash_from, word_from_int};
use crate::traces::read_tracer;

/// A number; None where it is none of 256 bits.
pub fn word(number: &Bound<'_, PyAny>) -> PyResult<Option<U256>> {
    // Most numbers are small, and this is several times cheaper.
    match number.extract::<u64>() {
        Ok(small) => Ok(Some(U256::from(small))),
        Err(_) => word_from_int(number),
    }
}

/// A number; the largest word where it is larger.
pub fn bounded(number: &Bound<'_, PyAny>) -> PyResult<U256> {
    Ok(word(number)?.unwrap_or(U256::MAX))
}

pub fn address(bytes: &Bound<'_, PyAny>) -> PyResult<Address> {
    address_from(bytes.cast::<PyBytes>()?.as_bytes())
}

pub fn hash(bytes: &Bound<'_, PyAny>) -> PyResult<B256> {
    hash_from(bytes.cast::<PyBytes>()?.as_bytes())
}

pub fn bytes(bytes: &Bound<'_, PyAny>) -> PyResult<Bytes> {
    Ok(Bytes::copy_from_slice(bytes.cast::<PyBytes>()?.as_bytes()))
}

/// What the reader gives of a value that is not None.
pub fn optional<'py, T>(
    value: &Bound<'py, PyAny>,
    read: impl FnOnce(&Bound<'py, PyAny>) -> PyResult<T>,
) -> PyResult<Option<T>> {
    if value.is_none() {
        Ok(None)
    } else {
        read(value).map(Some)
    }
}

fn flag(object: &Bound<'_, PyAny>, name: &Bound<'_, pyo3::types::PyString>) -> PyResult<bool> {
    object.getattr(name)?.is_truthy()
}

pub fn read_rules(rules: &Bound<'_, PyAny>) -> PyResult<Rules> {
    let py = rules.py();
    let fork = match rules.getattr(intern!(py, "fork"))?.extract::<u8>()? {
        15 => Fork::Paris,
        16 => Fork::Shanghai,
        17 => Fork::Cancun,
        18 => Fork::Prague,
        19 => Fork::Osaka,
        other => return Err(PyValueError::new_err(format!("unknown fork {other}"))),
    };
    let schedule = rules.getattr(intern!(py, "blob_schedule"))?;
    Ok(Rules {
        fork,
        chain_id: bounded(&rules.getattr(intern!(py, "chain_id"))?)?,
        transaction_gas_cap: optional(
            &rules.getattr(intern!(py, "transaction_gas_cap"))?,
            bounded,
        )?,
        code_size_limit: optional(&rules.getattr(intern!(py, "code_size_limit"))?, |limit| {
            Ok(usize::try_from(bounded(limit)?).unwrap_or(usize::MAX))
        })?,
        max_blobs: optional(&schedule, |schedule| {
            schedule.getattr(intern!(py, "maximum"))?.extract()
        })?,
    })
}

pub fn read_env(env: &Bound<'_, PyAny>, rules: &Bound<'_, PyAny>) -> PyResult<BlockEnv> {
    let py = env.py();
    let number = |name| bounded(&env.getattr(name)?);
    let digest = |name| hash(&env.getattr(name)?);
    let given = env.getattr(intern!(py, "blob_base_fee"))?;
    let blob_base_fee = if given.is_none() {
        let excess = env.getattr(intern!(py, "excess_blob_gas"))?;
        let fees = py.import(intern!(py, "devnet.chain.fees"))?;
        bounded(&fees.call_method1(intern!(py, "blob_base_fee"), (rules, excess))?)?
    } else {
        bounded(&given)?
    };
    let mut recent_hashes = Vec::with_capacity(256);
    for item in env.getattr(intern!(py, "recent_hashes"))?.try_iter()? {
        recent_hashes.push(hash(&item?)?);
    }
    let mut system_calls = Vec::new();
    let given = env.getattr(intern!(py, "system_calls"))?;
    if given.is_truthy()? {
        for call in given.try_iter()? {
            let call = call?;
            system_calls.push((
                address(&call.getattr(intern!(py, "address"))?)?,
                bytes(&call.getattr(intern!(py, "data"))?)?,
            ));
        }
    }
    Ok(BlockEnv {
        number: number(intern!(py, "number"))?,
        timestamp: number(intern!(py, "timestamp"))?,
        coinbase: address(&env.getattr(intern!(py, "coinbase"))?)?,
        gas_limit: number(intern!(py, "gas_limit"))?,
        base_fee: number(intern!(py, "base_fee"))?,
        prev_randao: digest(intern!(py, "prev_randao"))?,
        blob_base_fee,
        parent_hash: digest(intern!(py, "parent_hash"))?,
        parent_beacon_block_root: digest(intern!(py, "parent_beacon_block_root"))?,
        recent_hashes: Arc::from(recent_hashes),
        system_calls: Arc::from(system_calls),
    })
}

/// `tracer` are the options of the mode's tracer, read in Python, or None.
pub fn read_mode(mode: &Bound<'_, PyAny>, tracer: &Bound<'_, PyAny>) -> PyResult<Mode> {
    let py = mode.py();
    let checks = mode.getattr(intern!(py, "checks"))?;
    let mut overrides = Vec::new();
    let given = mode.getattr(intern!(py, "overrides"))?;
    if given.is_truthy()? {
        for item in given.call_method0(intern!(py, "items"))?.try_iter()? {
            let (account, values): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
            overrides.push((address(&account)?, read_override(&values)?));
        }
    }
    let mut gone_precompiles = Vec::new();
    let given = mode.getattr(intern!(py, "gone_precompiles"))?;
    if given.is_truthy()? {
        for account in given.try_iter()? {
            gone_precompiles.push(address(&account?)?);
        }
    }
    let mut messages = Vec::new();
    let given = mode.getattr(intern!(py, "messages"))?;
    if given.is_truthy()? {
        for leaf in given.try_iter()? {
            messages.push(hash(&leaf?)?);
        }
    }
    Ok(Mode {
        checks: Checks {
            nonce: flag(&checks, intern!(py, "nonce"))?,
            balance: flag(&checks, intern!(py, "balance"))?,
            fees: flag(&checks, intern!(py, "fees"))?,
            base_fee_zero_when_free: flag(&checks, intern!(py, "base_fee_zero_when_free"))?,
            sender_is_not_contract: flag(&checks, intern!(py, "sender_is_not_contract"))?,
            gas_cap: flag(&checks, intern!(py, "gas_cap"))?,
        },
        system_calls: flag(mode, intern!(py, "system_calls"))?,
        credit_fees: flag(mode, intern!(py, "credit_fees"))?,
        append_messages: flag(mode, intern!(py, "append_messages"))?,
        messages,
        overrides,
        gone_precompiles,
        trace: optional(tracer, read_tracer)?,
        trace_only: optional(&mode.getattr(intern!(py, "trace_only"))?, |only| {
            Ok(only.extract::<usize>().unwrap_or(usize::MAX))
        })?,
        transfer_logs: flag(mode, intern!(py, "transfer_logs"))?,
        record_reads: flag(mode, intern!(py, "record_reads"))?,
        gas_budget: optional(&mode.getattr(intern!(py, "gas_budget"))?, bounded)?,
        time_limit: optional(&mode.getattr(intern!(py, "time_limit"))?, |limit| {
            let seconds = limit.extract::<f64>()?;
            Ok(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX))
        })?,
    })
}

fn read_override(values: &Bound<'_, PyAny>) -> PyResult<AccountOverride> {
    let py = values.py();
    let field = |name| values.getattr(name);
    Ok(AccountOverride {
        balance: optional(&field(intern!(py, "balance"))?, bounded)?,
        nonce: optional(&field(intern!(py, "nonce"))?, |nonce| {
            Ok(u64::try_from(bounded(nonce)?).unwrap_or(u64::MAX))
        })?,
        code: optional(&field(intern!(py, "code"))?, bytes)?,
        storage: optional(&field(intern!(py, "storage"))?, read_slots)?,
        storage_changes: read_slots(&field(intern!(py, "storage_changes"))?)?,
        move_precompile_to: optional(&field(intern!(py, "move_precompile_to"))?, address)?,
    })
}

fn read_slots(slots: &Bound<'_, PyAny>) -> PyResult<Vec<(U256, U256)>> {
    let mut read = Vec::new();
    for item in slots
        .call_method0(intern!(slots.py(), "items"))?
        .try_iter()?
    {
        let (slot, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        read.push((bounded(&slot)?, bounded(&value)?));
    }
    Ok(read)
}
