//! Threads that live through a fork.

use std::sync::{Arc, OnceLock};
use std::{mem, process};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// The threads that native parts share. They sleep while nothing is asked of them.
///
/// A process that was forked has its parent's memory and none of its threads: work that waits for them waits for
/// ever. So each process makes its own, when it first asks for them.
pub struct Threads {
    count: usize,
    /// The process that `pool` has its threads in.
    process: u32,
    pool: Arc<ThreadPool>,
    /// What a child of that process made for itself.
    of_child: OnceLock<Box<Threads>>,
}

impl Threads {
    /// Fails with what the operating system says where it lets nobody start so many threads.
    pub fn new(count: usize) -> Result<Self, String> {
        let pool = ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|number| format!("zero-kernel-{number}"))
            .build()
            .map_err(|error| format!("{count} threads cannot be started: {error}"))?;
        Ok(Self {
            count,
            process: process::id(),
            pool: Arc::new(pool),
            of_child: OnceLock::new(),
        })
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// Those of this process, where they are several and can be had: else the caller does everything itself.
    pub fn several(&self) -> Option<&ThreadPool> {
        (self.count > 1).then(|| self.here().ok()).flatten()
    }

    /// Those of this process. Fails as `new` does.
    pub fn here(&self) -> Result<&ThreadPool, String> {
        let process = process::id();
        let mut threads = self;
        while threads.process != process {
            threads = match threads.of_child.get() {
                Some(of_child) => of_child,
                None => {
                    // Made before it is shown, so that no lock is held meanwhile: who comes second drops his.
                    let _ = threads.of_child.set(Box::new(Self::new(self.count)?));
                    continue;
                }
            };
        }
        Ok(&threads.pool)
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if self.process != process::id() {
            // There are no threads to end, and the locks of the pool are as the fork found them.
            mem::forget(self.pool.clone());
        }
    }
}
