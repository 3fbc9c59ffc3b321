//! prestateTracer: what a transaction needs of the state before it, or with `diff` what it changed.

use std::collections::{BTreeMap, BTreeSet};

use zero_primitives::{Account, Address, EMPTY_CODE_HASH, ReadError, U256};

use super::value::{Map, Value, put, word};
use super::watcher::{TransactionEnd, Watcher};
use super::world::World;
use crate::machine::Stopped;

type Read<T> = Result<T, ReadError>;

/// `with_empty` shows accounts that did not exist before as well.
pub struct PrestateTracer {
    diff: bool,
    with_code: bool,
    with_storage: bool,
    with_empty: bool,
    pre: Map,
    post: Map,
}

impl PrestateTracer {
    pub fn new(diff: bool, with_code: bool, with_storage: bool, with_empty: bool) -> Self {
        Self {
            diff,
            with_code,
            with_storage,
            with_empty,
            pre: Map::new(),
            post: Map::new(),
        }
    }

    fn look_up(
        &mut self,
        world: &dyn World,
        address: &Address,
        slots: &BTreeSet<U256>,
    ) -> Read<()> {
        let account = world.original_account(address)?;
        if account.is_none() && !self.with_empty {
            return Ok(());
        }
        let mut shown = self.show(world, &account.unwrap_or_default())?;
        put_storage(
            &mut shown,
            &read(slots, |slot| world.original_storage(address, slot))?,
        );
        self.pre.push((key(address).into(), Value::Map(shown)));
        Ok(())
    }

    fn compare(
        &mut self,
        world: &dyn World,
        address: &Address,
        slots: &BTreeSet<U256>,
    ) -> Read<()> {
        let before = world.original_account(address)?;
        let values = read(slots, |slot| world.original_storage(address, slot))?;
        let Some(after) = world.account(address)? else {
            if let Some(before) = before {
                // Destroyed: all that was read of it is "pre", nothing is "post".
                let mut shown = self.show(world, &before)?;
                put_storage(&mut shown, &without_zeros(values));
                self.pre.push((key(address).into(), Value::Map(shown)));
            }
            return Ok(());
        };
        let (mut old_values, mut new_values) = (Vec::new(), Vec::new());
        for (slot, old) in values {
            let new = world.storage(address, &slot)?;
            if new != old {
                old_values.push((slot, old));
                new_values.push((slot, new));
            }
        }
        let mut post = self.difference(world, &before.unwrap_or_default(), &after)?;
        if post.is_empty() && new_values.is_empty() {
            return Ok(());
        }
        put_storage(&mut post, &without_zeros(new_values));
        self.post.push((key(address).into(), Value::Map(post)));
        if before.is_some() || self.with_empty {
            let mut shown = self.show(world, &before.unwrap_or_default())?;
            put_storage(&mut shown, &without_zeros(old_values));
            self.pre.push((key(address).into(), Value::Map(shown)));
        }
        Ok(())
    }

    fn show(&self, world: &dyn World, account: &Account) -> Read<Map> {
        let mut shown = Map::new();
        put(
            &mut shown,
            "balance",
            Value::wide_quantity(&account.balance),
        );
        if account.nonce != 0 {
            put(&mut shown, "nonce", Value::Int(account.nonce));
        }
        if self.with_code && account.code_hash != EMPTY_CODE_HASH {
            put(
                &mut shown,
                "code",
                Value::data(&world.code(&account.code_hash)?),
            );
        }
        Ok(shown)
    }

    fn difference(&self, world: &dyn World, before: &Account, after: &Account) -> Read<Map> {
        let mut shown = Map::new();
        if after.balance != before.balance {
            put(&mut shown, "balance", Value::wide_quantity(&after.balance));
        }
        if after.nonce != before.nonce {
            put(&mut shown, "nonce", Value::Int(after.nonce));
        }
        if self.with_code && after.code_hash != before.code_hash {
            put(
                &mut shown,
                "code",
                Value::data(&world.code(&after.code_hash)?),
            );
        }
        Ok(shown)
    }
}

impl Watcher for PrestateTracer {
    fn end(&mut self, _end: &TransactionEnd, world: &dyn World) -> Result<(), Stopped> {
        let mut reached: BTreeMap<Address, BTreeSet<U256>> = BTreeMap::new();
        for address in world.touched_accounts() {
            reached.entry(address).or_default();
        }
        if self.with_storage {
            for (address, slot) in world.touched_slots() {
                reached.entry(address).or_default().insert(slot);
            }
        }
        for (address, slots) in &reached {
            if self.diff {
                self.compare(world, address, slots)?;
            } else {
                self.look_up(world, address, slots)?;
            }
        }
        Ok(())
    }

    fn result(self: Box<Self>) -> Value {
        if !self.diff {
            return Value::Map(self.pre);
        }
        let mut both = Map::new();
        put(&mut both, "post", Value::Map(self.post));
        put(&mut both, "pre", Value::Map(self.pre));
        Value::Map(both)
    }
}

fn read(slots: &BTreeSet<U256>, value: impl Fn(&U256) -> Read<U256>) -> Read<Vec<(U256, U256)>> {
    slots.iter().map(|slot| Ok((*slot, value(slot)?))).collect()
}

fn key(address: &Address) -> String {
    revm::primitives::hex::encode_prefixed(address)
}

fn without_zeros(mut values: Vec<(U256, U256)>) -> Vec<(U256, U256)> {
    values.retain(|(_, value)| !value.is_zero());
    values
}

fn put_storage(shown: &mut Map, values: &[(U256, U256)]) {
    if !values.is_empty() {
        let words = values
            .iter()
            .map(|(slot, value)| (word(slot).into(), Value::text(word(value))));
        put(shown, "storage", Value::Map(words.collect()));
    }
}
