//! Transactions out of Python's dataclass.

use pyo3::intern;
use pyo3::prelude::*;
use zero_engine::{Authorization, Transaction};
use zero_primitives::U256;

use super::settings::{address, bounded, bytes, hash, optional, word};

pub fn read_transactions(transactions: &Bound<'_, PyAny>) -> PyResult<Vec<Transaction>> {
    let mut read = Vec::with_capacity(transactions.len().unwrap_or(0));
    for transaction in transactions.try_iter()? {
        read.push(read_transaction(&transaction?)?);
    }
    Ok(read)
}

fn read_transaction(transaction: &Bound<'_, PyAny>) -> PyResult<Transaction> {
    let py = transaction.py();
    let field = |name| transaction.getattr(name);
    let kind: u8 = field(intern!(py, "type"))?.extract()?;
    let mut access_list = Vec::new();
    let mut blob_hashes = Vec::new();
    let mut authorizations = Vec::new();
    if kind != zero_engine::LEGACY {
        for entry in field(intern!(py, "access_list"))?.try_iter()? {
            let entry = entry?;
            let mut slots = Vec::new();
            for slot in entry.getattr(intern!(py, "slots"))?.try_iter()? {
                slots.push(bounded(&slot?)?);
            }
            access_list.push((address(&entry.getattr(intern!(py, "address"))?)?, slots));
        }
        for item in field(intern!(py, "blob_hashes"))?.try_iter()? {
            blob_hashes.push(hash(&item?)?);
        }
        for item in field(intern!(py, "authorizations"))?.try_iter()? {
            authorizations.push(read_authorization(&item?)?);
        }
    }
    Ok(Transaction {
        kind,
        chain_id: optional(&field(intern!(py, "chain_id"))?, bounded)?,
        nonce: bounded(&field(intern!(py, "nonce"))?)?,
        gas_limit: bounded(&field(intern!(py, "gas_limit"))?)?,
        max_fee_per_gas: word(&field(intern!(py, "max_fee_per_gas"))?)?,
        max_priority_fee_per_gas: word(&field(intern!(py, "max_priority_fee_per_gas"))?)?,
        to: optional(&field(intern!(py, "to"))?, address)?,
        value: word(&field(intern!(py, "value"))?)?,
        data: bytes(&field(intern!(py, "data"))?)?,
        sender: address(&field(intern!(py, "sender"))?)?,
        hash: hash(&field(intern!(py, "hash"))?)?,
        access_list,
        max_fee_per_blob_gas: if blob_hashes.is_empty() && kind != zero_engine::BLOB {
            U256::ZERO
        } else {
            bounded(&field(intern!(py, "max_fee_per_blob_gas"))?)?
        },
        blob_hashes,
        authorizations,
        is_impersonated: field(intern!(py, "is_impersonated"))?.is_truthy()?,
    })
}

fn read_authorization(authorization: &Bound<'_, PyAny>) -> PyResult<Authorization> {
    let py = authorization.py();
    let nonce = bounded(&authorization.getattr(intern!(py, "nonce"))?)?;
    Ok(Authorization {
        chain_id: bounded(&authorization.getattr(intern!(py, "chain_id"))?)?,
        address: address(&authorization.getattr(intern!(py, "address"))?)?,
        nonce: u64::try_from(nonce).unwrap_or(u64::MAX),
        authority: optional(&authorization.getattr(intern!(py, "authority"))?, address)?,
    })
}
