//! Stripes of rows, worked on by several threads at once in memory that does not grow with the batch.

use std::ops::Range;

use rayon::ThreadPool;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

/// What one thread works in, about: what fits a core's own cache.
const LANE_BYTES: usize = 1 << 20;

/// Of a column, where there are so many that they do not fit: in less, going from column to column takes longer
/// than the arithmetic.
const LEAST_WIDTH: usize = 512;

/// The code treats its elements in blocks of so many bytes.
const BLOCK: usize = 64;

/// Does the work for every item: on the pool's threads, or on this one.
pub fn for_each<T: Send>(pool: Option<&ThreadPool>, items: Vec<T>, work: impl Fn(T) + Sync) {
    match pool {
        Some(pool) => pool.install(|| items.into_par_iter().for_each(&work)),
        None => items.into_iter().for_each(work),
    }
}

pub fn thread_count(pool: Option<&ThreadPool>) -> usize {
    pool.map_or(1, ThreadPool::current_num_threads)
}

/// What one thread makes of one stripe after the other: a part of every column that is asked for.
struct Lane<W> {
    worker: W,
    stripe: Range<usize>,
    made: Vec<u8>,
    failure: Option<String>,
}

/// Fills `columns`, of `column_bytes` each, stripe by stripe. `work` appends to its last argument, column by column,
/// what they have in the stripe (bytes of a column). `height` is how many columns a thread holds meanwhile.
pub fn fill_columns<W: Default + Send>(
    columns: &mut [u8],
    column_bytes: usize,
    height: usize,
    pool: Option<&ThreadPool>,
    work: impl Fn(&mut W, Range<usize>, &mut Vec<u8>) -> Result<(), String> + Sync,
) -> Result<(), String> {
    let threads = thread_count(pool);
    let width = (LANE_BYTES / height)
        .max(LEAST_WIDTH)
        .min(column_bytes.div_ceil(threads))
        .next_multiple_of(BLOCK);
    let mut lanes: Vec<Lane<W>> = (0..threads)
        .map(|_| Lane {
            worker: W::default(),
            stripe: 0..0,
            made: Vec::new(),
            failure: None,
        })
        .collect();
    let mut next = 0;
    while next < column_bytes {
        let mut busy = 0;
        for lane in &mut lanes {
            if next < column_bytes {
                lane.stripe = next..column_bytes.min(next + width);
                next = lane.stripe.end;
                busy += 1;
            }
        }
        for_each(pool, lanes[..busy].iter_mut().collect(), |lane| {
            lane.made.clear();
            lane.failure = work(&mut lane.worker, lane.stripe.clone(), &mut lane.made).err();
        });
        if let Some(failure) = lanes.iter_mut().find_map(|lane| lane.failure.take()) {
            return Err(failure);
        }
        let made: Vec<(Range<usize>, &[u8])> = lanes[..busy]
            .iter()
            .map(|lane| (lane.stripe.clone(), lane.made.as_slice()))
            .collect();
        let targets: Vec<_> = columns.chunks_exact_mut(column_bytes).enumerate().collect();
        for_each(pool, targets, |(index, column)| {
            for (stripe, made) in &made {
                let width = stripe.len();
                column[stripe.clone()].copy_from_slice(&made[index * width..][..width]);
            }
        });
    }
    Ok(())
}
