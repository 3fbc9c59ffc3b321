use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use rayon::ThreadPool;

use crate::signed::Signers;
use crate::{SignedTransaction, Transaction};

/// Transactions that a thread takes at once: so few that several threads have something of a small batch to do.
const SHARE: usize = 8;

/// Transactions that the threads of a pool decode while their owner does something else.
pub struct Decoding {
    encoded: Vec<Box<[u8]>>,
    signers: Vec<OnceLock<Option<Signers>>>,
    /// Index of the first transaction that nobody took.
    next: AtomicUsize,
    done: Mutex<usize>,
    is_done: Condvar,
}

impl Decoding {
    /// Begins. The pool works at what was begun first; without a pool nothing is done before `finish`.
    pub fn begin(encoded: Vec<Box<[u8]>>, pool: Option<&ThreadPool>) -> Arc<Self> {
        let begun = Arc::new(Self {
            signers: encoded.iter().map(|_| OnceLock::new()).collect(),
            encoded,
            next: AtomicUsize::new(0),
            done: Mutex::new(0),
            is_done: Condvar::new(),
        });
        if let Some(pool) = pool {
            for _ in 0..begun.encoded.len().div_ceil(SHARE) {
                let shared = begun.clone();
                pool.spawn_fifo(move || {
                    shared.take_share();
                });
            }
        }
        begun
    }

    pub fn is_done(&self) -> bool {
        *self.done() == self.encoded.len()
    }

    /// Does on this thread what nobody took, and waits for the rest.
    pub fn finish(&self) {
        while self.take_share() {}
        let mut done = self.done();
        while *done < self.encoded.len() {
            done = self
                .is_done
                .wait(done)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Once all is done: the transaction with that index, as `SignedTransaction::decode` gives it.
    pub fn get(&self, index: usize) -> Option<SignedTransaction<'_>> {
        let signers = self.signers.get(index)?.get()?.clone()?;
        Transaction::decode(&self.encoded[index]).map(|found| SignedTransaction::of(found, signers))
    }

    /// Whether there was something left to take.
    fn take_share(&self) -> bool {
        let start = self.next.fetch_add(SHARE, Ordering::Relaxed);
        let end = self.encoded.len().min(start + SHARE);
        if start >= end {
            return false;
        }
        // Counted also where decoding panics: whoever waits finds nothing there, and not for ever.
        let _counted = Counted {
            decoding: self,
            share: end - start,
        };
        for index in start..end {
            let signers = SignedTransaction::decode(&self.encoded[index]).map(Signers::from);
            let _ = self.signers[index].set(signers);
        }
        true
    }

    fn done(&self) -> std::sync::MutexGuard<'_, usize> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Counted<'a> {
    decoding: &'a Decoding,
    share: usize,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let mut done = self.decoding.done();
        *done += self.share;
        if *done == self.decoding.encoded.len() {
            self.decoding.is_done.notify_all();
        }
    }
}
