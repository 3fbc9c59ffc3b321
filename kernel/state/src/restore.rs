//! Makes a state from its records: one pass over them, then every leaf and node is hashed once.
//!
//! Blocks up to the oldest kept one only count by what is left of them. Those above become history: what a block
//! did to a key follows from whether an entry brings a key, changes its value or takes a key away. The shards of
//! a batch of records are made side by side.

use std::collections::VecDeque;
use std::sync::Arc;

use rayon::prelude::*;
use zero_primitives::{Address, B256, Bytes, Threads, U256, analysed};

use crate::builder::ShardBuilder;
use crate::encoding::{ACCOUNT_KEY_LENGTH, SLOT_KEY_LENGTH, decode_account, decode_slot};
use crate::entries::{
    SENTRIES_PER_SHARD, SHARD_COUNT, deactivated_in, is_sentry, key_in, value_in,
};
use crate::hashing::{Hash, sha256};
use crate::qmdb::{Block, Counters, Qmdb};
use crate::records::{
    HEAD, HeadRecord, PieceRecord, ShardPart, decode_block, decode_code, decode_head, decode_piece,
    split_entries,
};
use crate::shard::{Config, Shard, leaf_of};
use crate::trees::{NullNodes, TWIG_SHIFT, ZoneTree};
use crate::twig::Item;
use crate::values::{Change, Values};

/// A record cannot be, or cannot come here. `index`: which one of those given it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    pub index: usize,
    pub detail: String,
}

/// Takes records, the base's before the code and the blocks, and makes the state of them.
pub struct Restorer {
    config: Config,
    threads: Arc<Threads>,
    nulls: Arc<NullNodes>,
    /// The lowest height that is wanted; none until the base's is known: that one.
    oldest: Option<i64>,
    heads: [Option<HeadRecord>; SHARD_COUNT],
    pieces: [Vec<Vec<u8>>; SHARD_COUNT],
    shards: Vec<ShardBuilder>,
    counters: [Counters; SHARD_COUNT],
    leaves: [Hash; SHARD_COUNT],
    height: i64,
    /// Of the history; none up to the oldest kept height.
    blocks: VecDeque<Block>,
    values: Values,
    codes: Vec<(u64, B256)>,
}

impl Restorer {
    pub fn new(config: Config, threads: Arc<Threads>, oldest: Option<i64>) -> Self {
        let counters = Counters {
            start: 0,
            end: SENTRIES_PER_SHARD,
            active: SENTRIES_PER_SHARD,
        };
        Self {
            config,
            threads,
            nulls: NullNodes::new(),
            oldest,
            heads: Default::default(),
            pieces: Default::default(),
            shards: Vec::new(),
            counters: [counters; SHARD_COUNT],
            leaves: [[0; 32]; SHARD_COUNT],
            height: -1,
            blocks: VecDeque::new(),
            values: Values::default(),
            codes: Vec::new(),
        }
    }

    /// Of the newest block so far.
    pub fn height(&self) -> i64 {
        self.height
    }

    /// Takes HEADs and PIECEs; a later HEAD of the same shard takes the place of an earlier one.
    pub fn take_base(&mut self, records: &[&[u8]]) -> Result<(), Refused> {
        each(records, |record| {
            if record.first() == Some(&HEAD) {
                let head = decode_head(record)?;
                check_shard(head.number)?;
                let number = head.number;
                self.heads[number] = Some(head);
            } else {
                let piece = decode_piece(record)?;
                check_shard(piece.number)?;
                self.pieces[piece.number].push(record.to_vec());
            }
            Ok(())
        })
    }

    /// Takes CODEs.
    pub fn take_codes(&mut self, records: &[&[u8]]) -> Result<(), Refused> {
        each(records, |record| {
            let (height, hash, code) = decode_code(record)?;
            let hash = B256::new(hash);
            self.values
                .add_code(&hash, &analysed(Bytes::copy_from_slice(code)));
            self.codes.push((height, hash));
            Ok(())
        })
    }

    /// All HEADs and PIECEs were taken. `height`: what the base must be of.
    pub fn end_base(&mut self, height: Option<i64>) -> Result<(), String> {
        let found = self.base_height()?;
        if let Some(height) = height
            && found != height
        {
            return Err(format!(
                "the shards' heads are of height {found}, not {height}"
            ));
        }
        self.height = found;
        let heads = std::mem::take(&mut self.heads);
        let pieces = std::mem::take(&mut self.pieces);
        for (counters, head) in self.counters.iter_mut().zip(heads.iter().flatten()) {
            *counters = Counters {
                start: head.start,
                end: head.end,
                active: head.active,
            };
        }
        let nulls = &self.nulls;
        let build =
            |(number, (head, pieces)): (usize, (&Option<HeadRecord>, &Vec<Vec<u8>>))| match head {
                Some(head) => Ok((of_base(head, pieces, nulls)?, head.leaf)),
                None => Ok((
                    ShardBuilder::new(number, nulls.clone(), Vec::new()),
                    leaf_of_sentries(number, nulls),
                )),
            };
        let parts = heads.par_iter().zip(pieces.par_iter()).enumerate();
        let built: Result<Vec<_>, String> =
            self.threads.here()?.install(|| parts.map(build).collect());
        for (number, (shard, leaf)) in built?.into_iter().enumerate() {
            self.shards.push(shard);
            self.leaves[number] = leaf;
        }
        let oldest = *self.oldest.get_or_insert(found);
        if oldest < found {
            return Err(format!(
                "height {oldest} is wanted, and the records begin at {found}"
            ));
        }
        if oldest == found {
            self.begin_history(None)?;
        }
        Ok(())
    }

    fn base_height(&self) -> Result<i64, String> {
        let heights: Vec<u64> = self
            .heads
            .iter()
            .flatten()
            .map(|head| head.height)
            .collect();
        let Some(height) = heights.first() else {
            return Ok(-1);
        };
        if heights.len() != SHARD_COUNT || heights.iter().any(|other| other != height) {
            return Err("the shards' heads are not all there, or not of one height".to_owned());
        }
        i64::try_from(*height).map_err(|_| format!("no block has height {height}"))
    }

    /// Takes BLOCKs, each of which must be the next one.
    pub fn take_blocks(&mut self, records: &[&[u8]]) -> Result<(), Refused> {
        let oldest = self.oldest.unwrap_or(-1);
        let mut first = 0;
        while first < records.len() {
            // The blocks up to the oldest kept one are one batch, those above another.
            let count = match usize::try_from(oldest - self.height) {
                Ok(wanted) if wanted > 0 => wanted.min(records.len() - first),
                _ => records.len() - first,
            };
            let batch = &records[first..first + count];
            self.take_batch(batch).map_err(|refused| Refused {
                index: refused.index + first,
                ..refused
            })?;
            first += count;
        }
        Ok(())
    }

    fn take_batch(&mut self, records: &[&[u8]]) -> Result<(), Refused> {
        let is_history = !self.blocks.is_empty();
        let mut decoded = Vec::with_capacity(records.len());
        let mut of_shards: [Vec<(usize, ShardPart<'_>)>; SHARD_COUNT] = Default::default();
        each(records, |record| {
            let block = decode_block(record)?;
            let next = self.height + 1 + decoded.len() as i64;
            if i64::try_from(block.height) != Ok(next) {
                let (height, before) = (block.height, next - 1);
                return Err(format!("block {height} cannot follow block {before}"));
            }
            if block.parts.iter().any(|part| part.number >= SHARD_COUNT) {
                return Err("a block names a shard that there is not".to_owned());
            }
            for part in &block.parts {
                of_shards[part.number].push((decoded.len(), *part));
            }
            decoded.push(block);
            Ok(())
        })?;
        let (values, before) = (&self.values, self.height + 1);
        let take = |(shard, parts): (&mut ShardBuilder, &Vec<(usize, ShardPart<'_>)>)| {
            let mut taken = Vec::with_capacity(parts.len());
            for (index, part) in parts {
                let refused = |detail| Refused {
                    index: *index,
                    detail,
                };
                let mut changes = is_history.then(|| Changes::new(before + *index as i64, values));
                take_part(shard, part, changes.as_mut()).map_err(refused)?;
                taken.push(changes.map(|changes| changes.made));
            }
            Ok(taken)
        };
        let pool = self.threads.here();
        let pool = pool.map_err(|detail| Refused { index: 0, detail })?;
        let shards = self.shards.par_iter_mut().zip(of_shards.par_iter());
        let taken: Vec<Result<Vec<Option<Made>>, Refused>> =
            pool.install(|| shards.map(take).collect());
        let mut made = Vec::with_capacity(SHARD_COUNT);
        let mut refused: Option<Refused> = None;
        for of_shard in taken {
            match of_shard {
                Ok(taken) => made.push(taken.into_iter()),
                Err(other)
                    if refused
                        .as_ref()
                        .is_none_or(|first| other.index < first.index) =>
                {
                    refused = Some(other);
                }
                Err(_) => {}
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        for (index, block) in decoded.into_iter().enumerate() {
            self.height += 1;
            let mut new = is_history.then(|| self.empty_block(block.root));
            for part in &block.parts {
                self.counters[part.number] = Counters {
                    start: part.start,
                    end: part.end,
                    active: part.active,
                };
                self.leaves[part.number] = part.leaf;
                if let (Some(new), Some(Some(made))) = (&mut new, made[part.number].next()) {
                    new.shards.push(part.number as u8);
                    new.displaced += made.displaced;
                    new.replaced += made.replaced;
                    new.accounts.extend(made.accounts);
                    new.slots.extend(made.slots);
                }
            }
            if let Some(mut new) = new {
                new.shards.sort_unstable();
                if !new.shards.is_empty() {
                    new.counters = Arc::new(self.counters);
                    new.leaves = Arc::new(self.leaves);
                }
                self.blocks.push_back(new);
            } else if Some(self.height) == self.oldest {
                self.begin_history(Some(block.root))
                    .map_err(|detail| Refused { index, detail })?;
            }
        }
        Ok(())
    }

    /// The block at the present height, with the counters and leaves of the one before.
    fn empty_block(&self, root: Hash) -> Block {
        let before = self.blocks.back();
        Block {
            height: self.height,
            root,
            counters: before
                .map_or_else(|| Arc::new(self.counters), |before| before.counters.clone()),
            leaves: before.map_or_else(|| Arc::new(self.leaves), |before| before.leaves.clone()),
            shards: Vec::new(),
            displaced: 0,
            accounts: Vec::new(),
            slots: Vec::new(),
            replaced: 0,
            codes: Vec::new(),
        }
    }

    /// The state is that of the oldest kept height.
    fn begin_history(&mut self, root: Option<Hash>) -> Result<(), String> {
        let found = ZoneTree::new(self.leaves).root();
        if root.is_some_and(|root| root != found) {
            let height = self.height;
            return Err(format!(
                "the shards do not give the root that block {height} names"
            ));
        }
        self.blocks.push_back(self.empty_block(found));
        let (values, height) = (&self.values, self.height);
        let shards = self.shards.par_iter_mut();
        self.threads.here()?.install(|| {
            shards
                .map(|shard| {
                    shard.forget();
                    let mut changes = Changes::new(height, values);
                    for (_, entry) in shard.active_entries() {
                        let value = value_in(entry);
                        if !value.is_empty() {
                            changes.take(key_in(entry), value)?;
                        }
                    }
                    Ok(())
                })
                .collect::<Result<(), String>>()
        })
    }

    /// The state; hashes everything.
    pub fn finish(mut self) -> Result<Qmdb, String> {
        let Some(newest) = self.blocks.back() else {
            let (height, oldest) = (self.height, self.oldest.unwrap_or(-1));
            return Err(if self.shards.is_empty() {
                "the base was not ended".to_owned()
            } else {
                debug_assert!(height < oldest);
                format!("the blocks end at {height}, below the oldest kept height")
            });
        };
        let (height, root, expected) = (newest.height, newest.root, newest.leaves.clone());
        self.place_codes()?;
        let (config, counters) = (self.config, self.counters);
        let oldest = self.blocks[0].counters.clone();
        let shards = std::mem::take(&mut self.shards);
        let finish = |builder: ShardBuilder| {
            let number = builder.number();
            let Counters { start, active, .. } = counters[number];
            let mut shard = builder.finish(config, start, active)?;
            let leaf = shard.leaf();
            shard.forget(oldest[number].start, oldest[number].end);
            Ok((shard, leaf))
        };
        let finished: Vec<Result<(Shard, Hash), String>> = self
            .threads
            .here()?
            .install(|| shards.into_par_iter().map(finish).collect());
        // Of several that are wrong the first is told, as the reference does.
        let finished: Vec<(Shard, Hash)> = finished.into_iter().collect::<Result<_, _>>()?;
        let wrong = (0..SHARD_COUNT).find(|number| finished[*number].1 != expected[*number]);
        if let Some(number) = wrong {
            return Err(format!(
                "shard {number} does not give the root that its record names"
            ));
        }
        let zone = ZoneTree::new(*expected);
        if zone.root() != root {
            return Err(format!(
                "the entries do not give the root that block {height} names"
            ));
        }
        let shards = finished.into_iter().map(|(shard, _)| shard).collect();
        Ok(Qmdb::of(
            shards,
            zone,
            self.blocks,
            self.values,
            self.threads,
        ))
    }

    /// Notes which blocks brought which code.
    fn place_codes(&mut self) -> Result<(), String> {
        let oldest = self.blocks[0].height;
        for (height, hash) in std::mem::take(&mut self.codes) {
            let above = i64::try_from(height)
                .ok()
                .and_then(|height| height.checked_sub(oldest));
            match above {
                Some(above) if above <= 0 => {}
                Some(above) if (above as usize) < self.blocks.len() => {
                    self.blocks[above as usize].codes.push(hash);
                }
                // Up to a base before genesis: -1 as it is written.
                None if height == u64::MAX => {}
                _ => {
                    let end = self.height;
                    return Err(format!(
                        "code of height {height}, and the blocks end at {end}"
                    ));
                }
            }
        }
        Ok(())
    }
}

/// What a block's part made of the values.
#[derive(Default)]
struct Made {
    accounts: Vec<Address>,
    slots: Vec<(Address, U256)>,
    replaced: u64,
    displaced: u64,
}

struct Changes<'a> {
    height: u32,
    values: &'a Values,
    made: Made,
}

impl<'a> Changes<'a> {
    fn new(height: i64, values: &'a Values) -> Self {
        Self {
            // Before genesis there is nothing but sentries.
            height: height.max(0) as u32,
            values,
            made: Made::default(),
        }
    }

    /// Puts a new value of a key in front, which is empty where the key is gone.
    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), String> {
        match key.len() {
            ACCOUNT_KEY_LENGTH => {
                let address = Address::from_slice(key);
                let account = (!value.is_empty())
                    .then(|| decode_account(value))
                    .transpose()
                    .map_err(|_| "the value of an account's entry is no account")?;
                let change = self.values.set_account(&address, account, self.height);
                self.made.accounts.push(address);
                self.made.replaced += u64::from(change == Change::Replaced);
            }
            SLOT_KEY_LENGTH => {
                let (address, slot) = key.split_at(ACCOUNT_KEY_LENGTH);
                let (address, slot) = (Address::from_slice(address), U256::from_be_slice(slot));
                let given = [(slot, decode_slot(value)?)];
                let mut replaced = false;
                self.values
                    .set_slots(&address, &given, self.height, |_, _, change| {
                        replaced = change == Change::Replaced;
                    });
                self.made.slots.push((address, slot));
                self.made.replaced += u64::from(replaced);
            }
            length => {
                return Err(format!(
                    "neither an account nor a slot has a key of {length} bytes"
                ));
            }
        }
        Ok(())
    }
}

/// Takes a block's part; `changes`, where it is history, is told what changed.
fn take_part(
    shard: &mut ShardBuilder,
    part: &ShardPart<'_>,
    mut changes: Option<&mut Changes<'_>>,
) -> Result<(), String> {
    let number = part.number;
    if part.first != shard.end() {
        let end = shard.end();
        return Err(format!(
            "shard {number}: the entries begin at serial number {}, not {end}",
            part.first
        ));
    }
    if part.start > part.end {
        return Err(format!(
            "shard {number}: it cannot start at {} and end at {}",
            part.start, part.end
        ));
    }
    let entries = split_entries(part.content)?;
    if shard.end().checked_add(entries.len() as u64) != Some(part.end) {
        return Err(format!(
            "shard {number}: the record does not hold the entries up to {}",
            part.end
        ));
    }
    for entry in &entries {
        check_key(number, entry)?;
    }
    for entry in entries {
        shard.append(entry);
        let (count, gone) = deactivated_in(entry);
        let (key, value) = (key_in(entry), value_in(entry));
        if let Some(changes) = &mut changes {
            changes.made.displaced += count.max(1) as u64;
            if count == 0 {
                changes.take(key, value)?;
            }
        }
        let mut gone_key = Vec::new();
        for (at, serial_number) in gone[..count].iter().enumerate() {
            let Some(old) = shard.deactivate(*serial_number) else {
                return Err(format!(
                    "shard {number}: entry {serial_number} is deactivated and was not active"
                ));
            };
            let Some(changes) = &mut changes else {
                continue;
            };
            let is_gone = count == 2 && at == 0;
            if is_gone {
                gone_key = key_in(&old).to_vec();
            } else if key != key_in(&old) {
                return Err(format!(
                    "shard {number}: an entry takes the place of another key's"
                ));
            } else if count == 2 {
                changes.take(&gone_key, &[])?;
            } else if value != value_in(&old) {
                // A move and a new successor leave the value as it is, an update never does.
                changes.take(key, value)?;
            }
        }
    }
    Ok(())
}

/// The shard as it was at the height of `head`.
fn of_base(
    head: &HeadRecord,
    records: &[Vec<u8>],
    nulls: &Arc<NullNodes>,
) -> Result<ShardBuilder, String> {
    let number = head.number;
    let mut shard = ShardBuilder::new(number, nulls.clone(), head.dead_roots.clone());
    let low = (head.dead_roots.len() as u64) << TWIG_SHIFT;
    let first = low.max(SENTRIES_PER_SHARD);
    if head.end < first {
        return Err(format!("shard {number}: it cannot end at {}", head.end));
    }
    let mut pieces: Vec<PieceRecord<'_>> = records
        .iter()
        .map(|record| decode_piece(record))
        .collect::<Result<_, _>>()?;
    pieces.sort_by_key(|piece| piece.first);
    let mut items: Vec<Option<Item<'_>>> = vec![None; (head.end - first) as usize];
    for piece in pieces {
        for (at, item) in piece.items.into_iter().enumerate() {
            let serial_number = piece.first + at as u64;
            if serial_number < first {
                continue;
            }
            let Some(place) = items.get_mut((serial_number - first) as usize) else {
                let end = head.end;
                return Err(format!(
                    "shard {number}: a piece reaches beyond serial number {end}"
                ));
            };
            *place = Some(item);
        }
    }
    for item in &items {
        match item {
            None => {
                let end = head.end;
                return Err(format!(
                    "shard {number}: an entry below serial number {end} is missing"
                ));
            }
            Some(Item::Entry(payload)) => check_key(number, payload)?,
            Some(Item::Bare(_)) => {}
        }
    }
    let is_active = |serial_number: u64| {
        let at = (serial_number - low) as usize;
        head.bits[at >> 11][(at & 2047) >> 3] >> (at & 7) & 1 != 0
    };
    let bits_end = low + ((head.bits.len() as u64) << TWIG_SHIFT);
    if (head.end..bits_end).any(is_active) {
        return Err(format!(
            "shard {number}: an entry that is not there is active"
        ));
    }
    for serial_number in low..first {
        if !is_active(serial_number) {
            shard.deactivate(serial_number);
        }
    }
    for (serial_number, item) in (first..).zip(items.iter().flatten()) {
        match item {
            Item::Entry(payload) if is_active(serial_number) => shard.append(payload),
            Item::Entry(payload) => shard.append_hash(&sha256(payload)),
            Item::Bare(_) if is_active(serial_number) => {
                return Err(format!(
                    "shard {number}: of active entry {serial_number} only the hash is there"
                ));
            }
            Item::Bare(hash) => shard.append_hash(hash),
        }
    }
    Ok(shard)
}

/// The leaf of a shard in which nothing ever happened.
fn leaf_of_sentries(number: usize, nulls: &Arc<NullNodes>) -> Hash {
    let root = Shard::new(number, Config::default(), nulls.clone()).root();
    leaf_of(&root, 0, SENTRIES_PER_SHARD, SENTRIES_PER_SHARD)
}

/// Refuses an entry that no state writes: what stands in it is not asked again.
fn check_key(number: usize, entry: &[u8]) -> Result<(), String> {
    let key = key_in(entry);
    let is_right = if is_sentry(entry) {
        key.len() == size_of::<Hash>()
            && usize::from(key[0] >> 4) == number
            && key[2..].iter().all(|byte| *byte == 0)
    } else {
        matches!(key.len(), ACCOUNT_KEY_LENGTH | SLOT_KEY_LENGTH)
    };
    if !is_right {
        return Err(format!(
            "shard {number}: an entry has the key of neither an account, a slot nor a sentry"
        ));
    }
    Ok(())
}

fn check_shard(number: usize) -> Result<(), String> {
    if number >= SHARD_COUNT {
        return Err(format!("there is no shard {number}"));
    }
    Ok(())
}

fn each<'a>(
    records: &[&'a [u8]],
    mut take: impl FnMut(&'a [u8]) -> Result<(), String>,
) -> Result<(), Refused> {
    for (index, record) in records.iter().enumerate() {
        take(record).map_err(|detail| Refused { index, detail })?;
    }
    Ok(())
}
