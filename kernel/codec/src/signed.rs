use rayon::ThreadPool;
use rayon::prelude::*;
use revm::primitives::{Address, B256};

use crate::Transaction;

/// A transaction with what its bytes and its signatures give.
pub struct SignedTransaction<'a> {
    pub transaction: Transaction<'a>,
    pub hash: B256,
    pub sender: Address,
    /// Of its EIP-7702 authorizations, in order; `None` where a signature is no valid one.
    pub authorities: Vec<Option<Address>>,
}

/// What the signatures of a transaction give, and its hash: what takes long to find.
#[derive(Clone)]
pub struct Signers {
    hash: B256,
    sender: Address,
    authorities: Vec<Option<Address>>,
}

impl From<SignedTransaction<'_>> for Signers {
    fn from(signed: SignedTransaction<'_>) -> Self {
        Self {
            hash: signed.hash,
            sender: signed.sender,
            authorities: signed.authorities,
        }
    }
}

impl<'a> SignedTransaction<'a> {
    pub(crate) fn of(transaction: Transaction<'a>, signers: Signers) -> Self {
        Self {
            transaction,
            hash: signers.hash,
            sender: signers.sender,
            authorities: signers.authorities,
        }
    }

    /// `None` for what is no transaction, has no valid signature, or comes with blobs.
    pub fn decode(encoded: &'a [u8]) -> Option<Self> {
        let transaction = Transaction::decode(encoded)?;
        let sender = transaction.sender()?;
        let authorities = transaction
            .authorizations
            .iter()
            .map(|authorization| authorization.authority())
            .collect();
        Some(Self {
            hash: transaction.hash(),
            sender,
            authorities,
            transaction,
        })
    }

    /// As `decode` for each, shared among the threads of the pool; without one on this thread.
    pub fn decode_many(encoded: &[&'a [u8]], pool: Option<&ThreadPool>) -> Vec<Option<Self>> {
        match pool {
            Some(pool) => pool.install(|| {
                encoded
                    .par_iter()
                    .with_min_len(4)
                    .map(|item| Self::decode(item))
                    .collect()
            }),
            None => encoded.iter().map(|item| Self::decode(item)).collect(),
        }
    }
}
