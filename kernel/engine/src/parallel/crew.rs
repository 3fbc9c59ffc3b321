//! Threads that work off one round of items after the other, led by the thread that calls.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rayon::ThreadPool;

use crate::machine::Stopped;

/// Rounds of fewer items are not worth waking anyone.
const SHARED_FROM: usize = 4;
/// Items that a thread takes at once, at most.
const CHUNK: usize = 32;
/// Looks at a counter that a thread takes before it sleeps.
const SPINS: u32 = 500;

/// What a crew does. Threads share it; each has a hand of its own.
pub trait Task: Sync {
    type Hand;

    fn hand(&self) -> Self::Hand;

    /// Does one item. After an error or a panic no further item is begun.
    fn work(&self, hand: &mut Self::Hand, item: u32) -> Result<(), Stopped>;
}

/// The rounds of one task.
pub struct Crew<'a, T: Task> {
    task: &'a T,
    threads: usize,
    desk: Mutex<Desk>,
    changed: Condvar,
    /// Counts the rounds; `CLOSED` at the end.
    round: AtomicU64,
    has_failed: AtomicBool,
    failure: Mutex<Option<Stopped>>,
}

#[derive(Default)]
struct Desk {
    round: Arc<Round>,
    sleepers: usize,
}

#[derive(Default)]
struct Round {
    items: Vec<u32>,
    chunk: usize,
    next: AtomicUsize,
    done: AtomicUsize,
}

const CLOSED: u64 = u64::MAX;

/// Runs `lead` with a crew of the pool's threads; without a pool, or with one thread, alone.
pub fn with_crew<T: Task, R>(
    task: &T,
    pool: Option<&ThreadPool>,
    lead: impl FnOnce(&Crew<'_, T>, &mut T::Hand) -> R,
) -> R
where
    T::Hand: 'static,
{
    let threads = pool.map_or(1, ThreadPool::current_num_threads);
    let crew = Crew {
        task,
        threads,
        desk: Mutex::default(),
        changed: Condvar::new(),
        round: AtomicU64::new(0),
        has_failed: AtomicBool::new(false),
        failure: Mutex::new(None),
    };
    let mut hand = task.hand();
    match pool {
        Some(pool) if threads > 1 => pool.in_place_scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|_| crew.serve());
            }
            // Also when `lead` panics: else the scope would wait for ever.
            let _closing = Closing(&crew);
            lead(&crew, &mut hand)
        }),
        _ => lead(&crew, &mut hand),
    }
}

struct Closing<'a, 'b, T: Task>(&'a Crew<'b, T>);

impl<T: Task> Drop for Closing<'_, '_, T> {
    fn drop(&mut self) {
        let _desk = unpoisoned(&self.0.desk);
        self.0.round.store(CLOSED, Ordering::Release);
        self.0.changed.notify_all();
    }
}

impl<T: Task> Crew<'_, T> {
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Does every item, on all threads; the leader's hand works as well. Gives the first failure.
    pub fn round(&self, hand: &mut T::Hand, items: Vec<u32>) -> Result<(), Stopped> {
        if items.len() < SHARED_FROM {
            return self.alone(hand, &items);
        }
        let chunk = (items.len() / (self.threads * 8)).clamp(1, CHUNK);
        self.round_with(hand, items, chunk, || {})
    }

    /// Does every item on the leader's thread.
    pub fn alone(&self, hand: &mut T::Hand, items: &[u32]) -> Result<(), Stopped> {
        self.guarded(hand, items);
        self.outcome()
    }

    /// As `round`; a thread takes so many items at once, and the leader does `meanwhile` between its own.
    pub fn round_with(
        &self,
        hand: &mut T::Hand,
        items: Vec<u32>,
        chunk: usize,
        mut meanwhile: impl FnMut(),
    ) -> Result<(), Stopped> {
        if self.threads == 1 {
            for chunk in items.chunks(chunk) {
                self.guarded(hand, chunk);
                meanwhile();
            }
            return self.outcome();
        }
        let count = items.len();
        let round = Arc::new(Round {
            items,
            chunk,
            ..Round::default()
        });
        {
            let mut desk = unpoisoned(&self.desk);
            desk.round = round.clone();
            self.round.fetch_add(1, Ordering::Release);
            if desk.sleepers > 0 {
                self.changed.notify_all();
            }
        }
        self.work_off(hand, &round, meanwhile);
        let is_done = || round.done.load(Ordering::Acquire) == count;
        if !spin_until(is_done) {
            let mut desk = unpoisoned(&self.desk);
            while !is_done() {
                desk = self
                    .changed
                    .wait(desk)
                    .unwrap_or_else(PoisonError::into_inner);
            }
        }
        self.outcome()
    }

    /// What threads other than the leader do until the end.
    fn serve(&self) {
        let mut hand = None;
        let mut seen = 0;
        loop {
            let is_new = || self.round.load(Ordering::Acquire) != seen;
            if !spin_until(is_new) {
                let mut desk = unpoisoned(&self.desk);
                desk.sleepers += 1;
                while !is_new() {
                    desk = self
                        .changed
                        .wait(desk)
                        .unwrap_or_else(PoisonError::into_inner);
                }
                desk.sleepers -= 1;
            }
            let round = {
                let desk = unpoisoned(&self.desk);
                seen = self.round.load(Ordering::Acquire);
                desk.round.clone()
            };
            if seen == CLOSED {
                return;
            }
            if hand.is_none() {
                match catch_unwind(AssertUnwindSafe(|| self.task.hand())) {
                    Ok(made) => hand = Some(made),
                    // The leader does the work.
                    Err(panic) => return self.fail(panicked(panic.as_ref())),
                }
            }
            if let Some(hand) = &mut hand {
                self.work_off(hand, &round, || {});
            }
        }
    }

    fn work_off(&self, hand: &mut T::Hand, round: &Round, mut meanwhile: impl FnMut()) {
        let count = round.items.len();
        loop {
            let first = round.next.fetch_add(round.chunk, Ordering::Relaxed);
            if first >= count {
                return;
            }
            let chunk = &round.items[first..count.min(first + round.chunk)];
            self.guarded(hand, chunk);
            let done = round.done.fetch_add(chunk.len(), Ordering::AcqRel) + chunk.len();
            if done == count {
                let _desk = unpoisoned(&self.desk);
                self.changed.notify_all();
            }
            meanwhile();
        }
    }

    fn guarded(&self, hand: &mut T::Hand, items: &[u32]) {
        let work = AssertUnwindSafe(|| {
            for item in items {
                if self.has_failed.load(Ordering::Relaxed) {
                    break;
                }
                self.task.work(hand, *item)?;
            }
            Ok(())
        });
        match catch_unwind(work) {
            Ok(Ok(())) => {}
            Ok(Err(stopped)) => self.fail(stopped),
            Err(panic) => self.fail(panicked(panic.as_ref())),
        }
    }

    fn fail(&self, stopped: Stopped) {
        unpoisoned(&self.failure).get_or_insert(stopped);
        self.has_failed.store(true, Ordering::Release);
    }

    fn outcome(&self) -> Result<(), Stopped> {
        if self.has_failed.load(Ordering::Acquire)
            && let Some(stopped) = unpoisoned(&self.failure).clone()
        {
            return Err(stopped);
        }
        Ok(())
    }
}

/// Panics are caught before they could leave anything half done under a lock.
pub fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spin_until(is_true: impl Fn() -> bool) -> bool {
    for _ in 0..SPINS {
        if is_true() {
            return true;
        }
        std::hint::spin_loop();
    }
    is_true()
}

/// A panic as the fault that Python sees.
pub fn panicked(panic: &(dyn Any + Send)) -> Stopped {
    let words = match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(words), _) => words.clone(),
        (_, Some(words)) => (*words).to_owned(),
        _ => "a thread panicked".to_owned(),
    };
    Stopped::Fault(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Sum {
        total: AtomicUsize,
        fails_at: Option<u32>,
        panics_at: Option<u32>,
    }

    impl Task for Sum {
        type Hand = usize;

        fn hand(&self) -> usize {
            0
        }

        fn work(&self, hand: &mut usize, item: u32) -> Result<(), Stopped> {
            *hand += 1;
            assert!(Some(item) != self.panics_at, "no {item}");
            if Some(item) == self.fails_at {
                return Err(Stopped::Timeout("late".into()));
            }
            self.total.fetch_add(item as usize, Ordering::Relaxed);
            Ok(())
        }
    }

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool")
    }

    #[test]
    fn every_item_of_every_round_is_done_once() {
        for threads in [1, 2, 3, 8] {
            let task = Sum::default();
            let pool = pool(threads);
            with_crew(&task, Some(&pool), |crew, hand| {
                for count in [0, 1, 3, 5, 100, 1000, 2, 64] {
                    task.total.store(0, Ordering::Relaxed);
                    crew.round(hand, (0..count).collect()).expect("no failure");
                    let sum = (0..count as usize).sum::<usize>();
                    assert_eq!(task.total.load(Ordering::Relaxed), sum);
                }
            });
        }
    }

    #[test]
    fn an_error_and_a_panic_end_the_round_on_any_thread() {
        for threads in [1, 3] {
            let pool = pool(threads);
            let task = Sum {
                fails_at: Some(70),
                ..Sum::default()
            };
            let late = with_crew(&task, Some(&pool), |crew, hand| {
                crew.round(hand, (0..99).collect())
            });
            assert_eq!(late, Err(Stopped::Timeout("late".into())));
            let task = Sum {
                panics_at: Some(70),
                ..Sum::default()
            };
            let fault = with_crew(&task, Some(&pool), |crew, hand| {
                let first = crew.round(hand, (0..99).collect());
                assert_eq!(crew.round(hand, (0..9).collect()), first);
                first
            });
            assert_eq!(fault, Err(Stopped::Fault("no 70".into())));
        }
    }
}
