use rayon::prelude::*;
use revm::primitives::{B256, keccak256};

use crate::rlp::{header_size, number64_size, put_list_header, put_number64, put_text, text_size};
use crate::trie::ordered_root;

/// Bytes of a bloom filter.
pub const BLOOM_SIZE: usize = 256;

/// The filter of logs' addresses and topics (Yellow Paper 4.3.1).
pub type Bloom = [u8; BLOOM_SIZE];

const EMPTY_BLOOM: Bloom = [0; BLOOM_SIZE];

/// What a LOG opcode emitted.
pub struct Log<'a> {
    pub address: &'a [u8],
    pub topics: Vec<&'a [u8]>,
    pub data: &'a [u8],
}

/// A transaction of a block and what it did.
pub struct Included<'a> {
    pub kind: u8,
    pub encoded: &'a [u8],
    pub has_succeeded: bool,
    /// Gas of this and all earlier transactions of the block.
    pub cumulative_gas_used: u64,
    pub logs: Vec<Log<'a>>,
}

/// What follows from a block's transactions.
pub struct Content {
    /// One for each transaction; `None` where it has no logs.
    pub blooms: Vec<Option<Box<Bloom>>>,
    /// All of them joined; `None` where there are no logs.
    pub bloom: Option<Box<Bloom>>,
    pub transactions_root: B256,
    pub receipts_root: B256,
    /// Bytes of the transactions in the block's list, without the list's header.
    pub size: usize,
}

/// The content of a block. `in_parallel` uses the threads of the rayon pool that it is called in.
pub fn content_of(included: &[Included<'_>], in_parallel: bool) -> Content {
    let encoded: Vec<&[u8]> = included.iter().map(|item| item.encoded).collect();
    let receipts = || {
        let made: Vec<(Option<Box<Bloom>>, Vec<u8>)> = if in_parallel {
            included
                .par_iter()
                .with_min_len(32)
                .map(receipt_of)
                .collect()
        } else {
            included.iter().map(receipt_of).collect()
        };
        let (blooms, receipts): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        (blooms, ordered_root(&receipts, in_parallel))
    };
    let transactions = || ordered_root(&encoded, in_parallel);
    let (transactions_root, (blooms, receipts_root)) = if in_parallel {
        rayon::join(transactions, receipts)
    } else {
        (transactions(), receipts())
    };
    Content {
        bloom: joined(&blooms),
        blooms,
        transactions_root,
        receipts_root,
        size: included.iter().map(size_in_block).sum(),
    }
}

/// A legacy transaction is a list in the block's list, a typed one a byte string.
fn size_in_block(item: &Included<'_>) -> usize {
    if item.kind == 0 {
        item.encoded.len()
    } else {
        text_size(item.encoded)
    }
}

/// The filters as one; `None` where there are none.
pub fn joined(blooms: &[Option<Box<Bloom>>]) -> Option<Box<Bloom>> {
    let mut present = blooms.iter().flatten();
    let mut all = present.next()?.clone();
    for bloom in present {
        for (bits, more) in all.iter_mut().zip(bloom.iter()) {
            *bits |= more;
        }
    }
    Some(all)
}

/// The filter of an item's logs, and the receipt as the receipts trie holds it.
fn receipt_of(item: &Included<'_>) -> (Option<Box<Bloom>>, Vec<u8>) {
    let bloom = (!item.logs.is_empty()).then(|| Box::new(bloom_of(&item.logs)));
    let logs_size: usize = item.logs.iter().map(log_size).sum();
    let size = 1
        + number64_size(item.cumulative_gas_used)
        + 3
        + BLOOM_SIZE
        + header_size(logs_size)
        + logs_size;
    let mut out = Vec::with_capacity(size + 10);
    if item.kind != 0 {
        out.push(item.kind);
    }
    put_list_header(&mut out, size);
    put_number64(&mut out, u64::from(item.has_succeeded));
    put_number64(&mut out, item.cumulative_gas_used);
    put_text(&mut out, bloom.as_deref().unwrap_or(&EMPTY_BLOOM));
    put_list_header(&mut out, logs_size);
    for log in &item.logs {
        put_log(&mut out, log);
    }
    (bloom, out)
}

/// The filter of these logs.
pub fn bloom_of(logs: &[Log<'_>]) -> Bloom {
    let mut bloom = EMPTY_BLOOM;
    for log in logs {
        for item in std::iter::once(&log.address).chain(&log.topics) {
            let digest = keccak256(item);
            // Three bits, each the low 11 bits of one of the hash's first three byte pairs.
            for pair in digest[..6].chunks_exact(2) {
                let bit = usize::from(u16::from_be_bytes([pair[0], pair[1]]) & 2047);
                bloom[BLOOM_SIZE - 1 - bit / 8] |= 1 << (bit % 8);
            }
        }
    }
    bloom
}

/// Bytes of a log.
pub fn log_size(log: &Log<'_>) -> usize {
    let content = log_content(log).1;
    header_size(content) + content
}

/// Bytes of a log's topics and of its members, without the lists' headers.
fn log_content(log: &Log<'_>) -> (usize, usize) {
    let topics = log.topics.iter().map(|topic| text_size(topic)).sum();
    let content = text_size(log.address) + header_size(topics) + topics + text_size(log.data);
    (topics, content)
}

/// Appends a log.
pub fn put_log(out: &mut Vec<u8>, log: &Log<'_>) {
    let (topics, content) = log_content(log);
    put_list_header(out, content);
    put_text(out, log.address);
    put_list_header(out, topics);
    for topic in &log.topics {
        put_text(out, topic);
    }
    put_text(out, log.data);
}
