//! The records that a state's files and dumps consist of, as bytes (docs/formats.md, "State"). The reference
//! writes and reads the same ones (`devnet/state/records.py`), and fails in the same words.

use crate::entries::{FIXED_LENGTH, MAX_DEACTIVATED, encoded_length};
use crate::hashing::Hash;
use crate::trees::{ACTIVE_BYTES, TWIG_SHIFT};
use crate::twig::Item;

pub const BLOCK: u8 = 1;
pub const HEAD: u8 = 2;
pub const PIECE: u8 = 3;
pub const CODE: u8 = 4;

/// Stands in a PIECE where an entry would begin (no entry's key is empty); the entry's hash follows.
const BARE: u8 = 0;
const HASH_LENGTH: usize = 32;

/// What a block did to one shard: the first serial number that it appended, the counters and the leaf after it,
/// and the entries one after the other.
#[derive(Clone, Copy, Debug)]
pub struct ShardPart<'a> {
    pub number: usize,
    pub first: u64,
    pub start: u64,
    pub end: u64,
    pub active: u64,
    pub leaf: Hash,
    pub content: &'a [u8],
}

#[derive(Debug)]
pub struct BlockRecord<'a> {
    pub height: u64,
    pub root: Hash,
    pub parts: Vec<ShardPart<'a>>,
}

/// One shard after block `height`: the roots of the twigs wholly below `start`, the active bits of the others.
#[derive(Clone, Debug)]
pub struct HeadRecord {
    pub height: u64,
    pub number: usize,
    pub start: u64,
    pub end: u64,
    pub active: u64,
    pub leaf: Hash,
    pub dead_roots: Vec<Hash>,
    pub bits: Vec<[u8; ACTIVE_BYTES]>,
}

/// Entries of one shard from serial number `first` on.
#[derive(Debug)]
pub struct PieceRecord<'a> {
    pub number: usize,
    pub first: u64,
    pub items: Vec<Item<'a>>,
}

/// A BLOCK without its parts, which `encode_part` adds.
pub fn begin_block(height: u64, root: &Hash, count: usize) -> Vec<u8> {
    let mut record = vec![BLOCK];
    record.extend_from_slice(&height.to_le_bytes());
    record.extend_from_slice(root);
    record.push(count as u8);
    record
}

/// Adds a part to a BLOCK; `content` appends the entries.
#[allow(clippy::too_many_arguments)]
pub fn encode_part(
    record: &mut Vec<u8>,
    number: usize,
    first: u64,
    start: u64,
    end: u64,
    active: u64,
    leaf: &Hash,
    content: impl FnOnce(&mut Vec<u8>),
) {
    record.push(number as u8);
    for counter in [first, start, end, active] {
        record.extend_from_slice(&counter.to_le_bytes());
    }
    record.extend_from_slice(leaf);
    let length_at = record.len();
    record.extend_from_slice(&[0; 4]);
    content(record);
    let length = (record.len() - length_at - 4) as u32;
    record[length_at..length_at + 4].copy_from_slice(&length.to_le_bytes());
}

pub fn encode_head(head: &HeadRecord) -> Vec<u8> {
    let mut record = vec![HEAD];
    record.extend_from_slice(&head.height.to_le_bytes());
    record.push(head.number as u8);
    for counter in [head.start, head.end, head.active] {
        record.extend_from_slice(&counter.to_le_bytes());
    }
    record.extend_from_slice(&head.leaf);
    for root in &head.dead_roots {
        record.extend_from_slice(root);
    }
    for bits in &head.bits {
        record.extend_from_slice(bits);
    }
    record
}

/// A PIECE without its items, which `encode_item` adds.
pub fn begin_piece(number: usize, first: u64, count: usize) -> Vec<u8> {
    let mut record = vec![PIECE, number as u8];
    record.extend_from_slice(&first.to_le_bytes());
    record.extend_from_slice(&(count as u32).to_le_bytes());
    record
}

pub fn encode_item(record: &mut Vec<u8>, item: &Item<'_>) {
    match item {
        Item::Entry(payload) => record.extend_from_slice(payload),
        Item::Bare(hash) => {
            record.push(BARE);
            record.extend_from_slice(*hash);
        }
    }
}

pub fn encode_code(height: i64, hash: &Hash, code: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(41 + code.len());
    record.push(CODE);
    record.extend_from_slice(&height.to_le_bytes());
    record.extend_from_slice(hash);
    record.extend_from_slice(code);
    record
}

pub fn decode_block(record: &[u8]) -> Result<BlockRecord<'_>, String> {
    let mut reader = Reader::new(record, "a block's record is cut short");
    reader.kind(BLOCK)?;
    let height = reader.u64()?;
    let root = *reader.array()?;
    let count = reader.u8()?;
    let mut parts = Vec::with_capacity(usize::from(count));
    for _ in 0..count {
        let number = usize::from(reader.u8()?);
        let [first, start, end, active] = reader.counters()?;
        let leaf = *reader.array()?;
        let length = reader.u32()? as usize;
        let content = reader.bytes(length)?;
        parts.push(ShardPart {
            number,
            first,
            start,
            end,
            active,
            leaf,
            content,
        });
    }
    if !reader.rest.is_empty() {
        return Err("the lengths in a block's record do not add up to its length".into());
    }
    Ok(BlockRecord {
        height,
        root,
        parts,
    })
}

pub fn decode_head(record: &[u8]) -> Result<HeadRecord, String> {
    let mut reader = Reader::new(record, "a shard's head is cut short");
    reader.kind(HEAD)?;
    let height = reader.u64()?;
    let number = usize::from(reader.u8()?);
    let [start, end, active] = reader.counters()?;
    let leaf = *reader.array()?;
    let length = reader.rest.len() as u64;
    let dead = start >> TWIG_SHIFT;
    let live = ((end >> TWIG_SHIFT) + 1).saturating_sub(dead);
    let expected = dead
        .checked_mul(HASH_LENGTH as u64)
        .and_then(|dead| dead.checked_add(live.checked_mul(ACTIVE_BYTES as u64)?));
    if start > end || expected != Some(length) {
        return Err("a shard's head does not have the length that its counters say".into());
    }
    let (roots, bits) = reader.rest.split_at(dead as usize * HASH_LENGTH);
    Ok(HeadRecord {
        height,
        number,
        start,
        end,
        active,
        leaf,
        dead_roots: roots.as_chunks().0.to_vec(),
        bits: bits.as_chunks().0.to_vec(),
    })
}

pub fn decode_piece(record: &[u8]) -> Result<PieceRecord<'_>, String> {
    let mut reader = Reader::new(record, "a piece is cut short");
    reader.kind(PIECE)?;
    let number = usize::from(reader.u8()?);
    let first = reader.u64()?;
    let count = reader.u32()? as usize;
    reader.words = "a piece ends inside an entry";
    let mut items = Vec::with_capacity(count.min(record.len() / HASH_LENGTH));
    while let Some(first_byte) = reader.rest.first() {
        if *first_byte == BARE {
            reader.u8()?;
            items.push(Item::Bare(reader.array()?));
        } else {
            items.push(Item::Entry(reader.entry()?));
        }
    }
    if items.len() != count {
        return Err(format!(
            "a piece holds {} entries and says {count}",
            items.len()
        ));
    }
    if first.checked_add(count as u64).is_none() {
        return Err("a piece's serial numbers are too high".into());
    }
    Ok(PieceRecord {
        number,
        first,
        items,
    })
}

/// Height, hash and code of a CODE.
pub fn decode_code(record: &[u8]) -> Result<(u64, Hash, &[u8]), String> {
    let mut reader = Reader::new(record, "a code's record is cut short");
    reader.kind(CODE)?;
    Ok((reader.u64()?, *reader.array()?, reader.rest))
}

/// Entries that stand one after the other.
pub fn split_entries(content: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut reader = Reader::new(content, "entries are cut short");
    let mut entries = Vec::with_capacity(content.len() / 80);
    while !reader.rest.is_empty() {
        entries.push(reader.entry()?);
    }
    Ok(entries)
}

/// What is left of a record, and what to say where that is too little.
struct Reader<'a> {
    rest: &'a [u8],
    words: &'static str,
}

impl<'a> Reader<'a> {
    fn new(record: &'a [u8], words: &'static str) -> Self {
        Self {
            rest: record,
            words,
        }
    }

    fn kind(&mut self, expected: u8) -> Result<(), String> {
        match self.u8()? {
            kind if kind == expected => Ok(()),
            kind => Err(format!("there is no record of kind {kind} here")),
        }
    }

    fn bytes(&mut self, length: usize) -> Result<&'a [u8], String> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(self.words)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<&'a [u8; LENGTH], String> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(self.words)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn u8(&mut self) -> Result<u8, String> {
        Ok(self.array::<1>()?[0])
    }

    fn u32(&mut self) -> Result<u32, String> {
        Ok(u32::from_le_bytes(*self.array()?))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(*self.array()?))
    }

    fn counters<const COUNT: usize>(&mut self) -> Result<[u64; COUNT], String> {
        let mut counters = [0; COUNT];
        for counter in &mut counters {
            *counter = self.u64()?;
        }
        Ok(counters)
    }

    fn entry(&mut self) -> Result<&'a [u8], String> {
        if self.rest.len() < FIXED_LENGTH {
            return Err(self.words.into());
        }
        let count = usize::from(self.rest[4]);
        if count > MAX_DEACTIVATED {
            return Err(format!(
                "an entry deactivates at most {MAX_DEACTIVATED} others, not {count}"
            ));
        }
        self.bytes(encoded_length(self.rest))
    }
}
