//! Updates a second of the shards in memory, beside the hashing alone, and memory per entry.
//!
//!     cargo run --release -p zero_state --example updates -- [keys] [block] [threads] [blocks]
//!
//! Keys are addresses, values those of accounts without code. Every block updates random keys; history is one
//! block. "Hashing alone" is the time of as many hashes of 65 bytes as were counted, on as many threads.

use std::fs;
use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use zero_state::{
    Config, Costs, Hash, NullNodes, Operation, SHARD_COUNT, Shard, ShardChange, VERSION_SHIFT, run,
    sha256,
};

const FILLING: usize = 100_000;

fn main() {
    let argument = |at: usize, default: usize| {
        std::env::args()
            .nth(at)
            .map_or(default, |text| text.parse().expect("a number"))
    };
    let (keys, block) = (argument(1, 1_000_000), argument(2, 100_000));
    let threads = argument(
        3,
        std::thread::available_parallelism().map_or(1, usize::from),
    );
    let blocks = argument(4, 20);
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("threads can be started");
    let mut state = State::new(pool);
    let names: Vec<[u8; 20]> = (0..keys as u64).map(name).collect();
    let before = resident();
    let started = Instant::now();
    for part in names.chunks(FILLING) {
        state.commit(part);
    }
    let seconds = started.elapsed().as_secs_f64();
    println!("{keys} keys, {threads} threads, blocks of {block}");
    println!("create              {:>12.0} /s", keys as f64 / seconds);
    state.report_memory(keys, before, "created");

    let mut random = 88_172_645_463_325_252_u64;
    let mut spent = Duration::ZERO;
    let costs = state.costs();
    let mut updates = 0;
    for _ in 0..blocks {
        let mut picked: Vec<_> = (0..block)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                names[random as usize % keys]
            })
            .collect();
        picked.sort_unstable();
        picked.dedup();
        updates += picked.len();
        let started = Instant::now();
        state.commit(&picked);
        spent += started.elapsed();
    }
    let costs = state.costs() - costs;
    let hashing = hashing_alone(&state.pool, costs.hashes as usize);
    println!(
        "update              {:>12.0} /s",
        updates as f64 / spent.as_secs_f64()
    );
    println!(
        "hashes an update    {:>12.2}",
        costs.hashes as f64 / updates as f64
    );
    println!(
        "moves an update     {:>12.2}",
        costs.compaction_appends as f64 / updates as f64
    );
    println!(
        "hashing alone       {:>12.0} /s",
        updates as f64 / hashing.as_secs_f64()
    );
    println!(
        "over hashing alone  {:>12.2}",
        spent.as_secs_f64() / hashing.as_secs_f64()
    );
    state.report_memory(keys, before, "updated");
    let started = Instant::now();
    state.rollback();
    println!(
        "roll a block back   {:>12.3} ms",
        started.elapsed().as_secs_f64() * 1e3
    );
}

struct State {
    pool: ThreadPool,
    shards: Vec<Shard>,
    height: i64,
    last: Vec<ShardChange>,
}

impl State {
    fn new(pool: ThreadPool) -> Self {
        let nulls = NullNodes::new();
        let shards =
            (0..SHARD_COUNT).map(|number| Shard::new(number, Config::default(), nulls.clone()));
        Self {
            pool,
            shards: shards.collect(),
            height: 0,
            last: Vec::new(),
        }
    }

    fn commit(&mut self, names: &[[u8; 20]]) {
        let value = value(self.height as u64);
        let operations: Vec<_> = names
            .iter()
            .map(|name| Operation {
                key: name,
                value: Some(&value),
            })
            .collect();
        let counters: Vec<_> = self
            .shards
            .iter()
            .map(|shard| (shard.start(), shard.end()))
            .collect();
        let version = self.height << VERSION_SHIFT;
        self.last = run(&mut self.shards, &operations, version, Some(&self.pool));
        self.height += 1;
        let shards = &mut self.shards;
        self.pool.install(|| {
            shards
                .par_iter_mut()
                .zip(counters)
                .for_each(|(shard, (start, end))| shard.forget(start, end));
        });
    }

    fn rollback(&mut self) {
        for change in &self.last {
            let shard = &mut self.shards[change.number];
            shard.undo(&change.undo);
            shard.rehash();
            shard.leaf();
        }
    }

    fn costs(&self) -> Costs {
        self.shards
            .iter()
            .fold(Costs::default(), |sum, shard| sum + shard.costs)
    }

    fn report_memory(&self, keys: usize, before: usize, what: &str) {
        let counted: usize = self.shards.iter().map(Shard::memory).sum();
        let entries: u64 = self
            .shards
            .iter()
            .map(|shard| shard.end() - shard.start())
            .sum();
        println!(
            "memory, {what}     {:>12.0} bytes a key counted, {:.0} measured; {:.2} entries a key",
            counted as f64 / keys as f64,
            (resident() - before) as f64 / keys as f64,
            entries as f64 / keys as f64,
        );
    }
}

fn name(number: u64) -> [u8; 20] {
    let hash = sha256(&number.to_le_bytes());
    std::array::from_fn(|at| hash[at])
}

/// RLP of a nonce and a balance of some 10^18.
fn value(nonce: u64) -> Vec<u8> {
    let mut value = vec![0xc9 + 1, nonce as u8 & 0x7f, 0x88];
    value.extend_from_slice(&(1_000_000_000_000_000_000 + nonce).to_be_bytes());
    value
}

fn hashing_alone(pool: &ThreadPool, count: usize) -> Duration {
    let started = Instant::now();
    pool.install(|| {
        (0..count.div_ceil(1000)).into_par_iter().for_each(|part| {
            let mut message = [part as u8; 65];
            let mut sum: Hash = [0; 32];
            for at in 0..1000_u32 {
                message[..4].copy_from_slice(&at.to_le_bytes());
                sum[0] ^= sha256(black_box(&message))[0];
            }
            black_box(sum);
        });
    });
    started.elapsed()
}

/// Bytes of memory that the process has, 0 where the system does not say.
fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ')
        .nth(1)
        .and_then(|pages| pages.parse().ok())
        .map_or(0, |pages: usize| pages * 4096)
}
