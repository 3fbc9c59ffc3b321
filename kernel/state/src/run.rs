//! What a block does to the sixteen shards, each of them on its own.

use rayon::ThreadPool;
use rayon::prelude::*;

use crate::entries::SHARD_COUNT;
use crate::hashing::{Hash, sha256};
use crate::shard::{HashedOperation, Shard, ShardUndo};

/// So few operations are done before another thread has woken up.
const PARALLEL: usize = 256;

/// A key's value at a block's end; none deletes the key, which must be there.
#[derive(Clone, Copy, Debug)]
pub struct Operation<'a> {
    pub key: &'a [u8],
    pub value: Option<&'a [u8]>,
}

/// What a block did to one shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardChange {
    pub number: usize,
    pub undo: ShardUndo,
    /// The shard's new leaf.
    pub leaf: Hash,
}

/// Runs a block's operations, in whatever order they come; no key is among them twice. Gives the touched shards
/// in the order of their numbers. Without threads, or for little, all on this thread.
pub fn run(
    shards: &mut [Shard],
    operations: &[Operation<'_>],
    version: i64,
    threads: Option<&ThreadPool>,
) -> Vec<ShardChange> {
    let Some(threads) = threads.filter(|_| operations.len() >= PARALLEL) else {
        let parts = [split(operations)];
        let changes = shards
            .iter_mut()
            .map(|shard| run_shard(shard, &parts, version));
        return changes.flatten().collect();
    };
    threads.install(|| {
        let size = operations.len().div_ceil(4 * threads.current_num_threads());
        let parts: Vec<_> = operations.par_chunks(size).map(split).collect();
        let changes = shards
            .par_iter_mut()
            .map(|shard| run_shard(shard, &parts, version));
        let changes: Vec<_> = changes.collect();
        changes.into_iter().flatten().collect()
    })
}

/// Brings these shards' roots up to date; gives their leaves in the order of their numbers.
pub fn rehash(
    shards: &mut [Shard],
    numbers: &[usize],
    threads: Option<&ThreadPool>,
) -> Vec<(usize, Hash)> {
    let of_shard = |shard: &mut Shard| {
        shard.rehash();
        (shard.number(), shard.leaf())
    };
    let touched = shards
        .iter_mut()
        .filter(|shard| numbers.contains(&shard.number()));
    match threads {
        Some(threads) => {
            let touched: Vec<_> = touched.collect();
            threads.install(|| touched.into_par_iter().map(of_shard).collect())
        }
        None => touched.map(of_shard).collect(),
    }
}

type Split<'a> = [Vec<HashedOperation<'a>>; SHARD_COUNT];

/// Hashes keys and puts operations to their shards.
fn split<'a>(operations: &[Operation<'a>]) -> Split<'a> {
    let mut of_shard = Split::default();
    for operation in operations {
        let key_hash = sha256(operation.key);
        of_shard[usize::from(key_hash[0] >> 4)].push(HashedOperation {
            key_hash,
            key: operation.key,
            value: operation.value,
        });
    }
    of_shard
}

fn run_shard(shard: &mut Shard, parts: &[Split<'_>], version: i64) -> Option<ShardChange> {
    let number = shard.number();
    let mut operations = parts
        .iter()
        .map(|part| part[number].as_slice())
        .collect::<Vec<_>>()
        .concat();
    if operations.is_empty() {
        return None;
    }
    operations.sort_unstable_by(|left, right| {
        let heads = head(&left.key_hash).cmp(&head(&right.key_hash));
        heads.then_with(|| left.key_hash.cmp(&right.key_hash))
    });
    shard.costs.hashes += operations.len() as u64;
    let undo = shard.apply(&operations, version);
    shard.rehash();
    Some(ShardChange {
        number,
        undo,
        leaf: shard.leaf(),
    })
}

/// The first bytes of a hash as a number, which is quick to compare.
fn head(hash: &Hash) -> u64 {
    u64::from_be_bytes(*hash.first_chunk().expect("a hash has 32 bytes"))
}
