//! What an opcode is going to cost, as geth's tracers report it, found without running it.

use revm::primitives::hardfork::SpecId;
use zero_primitives::{Address, ReadError, U256};

use super::before::Before;
use super::halts::{SSTORE_SENTRY, sentry_failure};
use super::memory_gas::growth;
use super::opcodes::constant_gas;
use super::world::World;
use crate::failures::{Failure, FailureKind};

const COLD_ACCOUNT_GAS: u64 = 2_600;
const COLD_SLOT_GAS: u64 = 2_100;
const WARM_GAS: u64 = 100;
const CALL_VALUE_GAS: u64 = 9_000;
const NEW_ACCOUNT_GAS: u64 = 25_000;
const SSTORE_SET_GAS: u64 = 20_000;
const SSTORE_RESET_GAS: u64 = 2_900;

/// What the cost of an opcode depends on.
pub struct Surroundings<'a> {
    pub before: &'a Before,
    /// Top of the stack last.
    pub stack: &'a [U256],
    /// Whose storage and balance the frame works on.
    pub address: Address,
    /// The most bytes of init code that a contract may create from, where there is a limit.
    pub init_code_limit: Option<usize>,
    pub world: &'a dyn World,
}

type Read<T> = Result<T, ReadError>;

impl Surroundings<'_> {
    /// (cost, why the opcode cannot start). All of an opcode's gas is known before it runs; of a call the gas
    /// given on is part of it, of a creation it is not. Where it would be more than any gas the constant part
    /// is told, as geth does.
    pub fn step_cost(&self) -> Read<(u64, Option<Failure>)> {
        let before = self.before;
        let constant = constant_gas(before.opcode, before.spec);
        if let Some(failure) = before.stack_failure() {
            return Ok((constant, Some(failure)));
        }
        let out_of_gas = Some(Failure::of(FailureKind::OutOfGas));
        if constant > before.gas {
            return Ok((constant, out_of_gas));
        }
        match before.opcode {
            0x55 if before.gas <= SSTORE_SENTRY => return Ok((constant, Some(sentry_failure()))),
            0xF0 | 0xF5 => {
                if let Some(failure) = before.init_code_failure(self.init_code_limit) {
                    return Ok((constant, Some(failure)));
                }
            }
            _ => {}
        }
        let Some(cost) = self
            .dynamic()?
            .and_then(|dynamic| constant.checked_add(dynamic))
        else {
            return Ok((constant, out_of_gas));
        };
        if cost > before.gas {
            return Ok((cost, out_of_gas));
        }
        if matches!(before.opcode, 0xF1 | 0xF2 | 0xF4 | 0xFA) {
            let available = before.gas - cost;
            let most = available - available / 64;
            let given = u64::try_from(before.operands[0]).map_or(most, |asked| asked.min(most));
            return Ok((cost + given, None));
        }
        Ok((cost, None))
    }

    /// What the opcode costs beside the constant part; `None` where that is more than any gas. The stack is
    /// deep enough.
    fn dynamic(&self) -> Read<Option<u64>> {
        let [first, second, third] = self.before.operands;
        Ok(match self.before.opcode {
            0x0A => Some(50 * (second.bit_len() as u64).div_ceil(8)),
            0x20 => self.copy(6, first, second),
            0x31 | 0x3B | 0x3F => Some(self.access(&address_of(first))),
            0x37 | 0x39 | 0x3E => self.copy(3, first, third),
            0x3C => {
                let access = self.access(&address_of(first));
                self.copy(3, second, self.item(4))
                    .and_then(|copy| copy.checked_add(access))
            }
            0x51 | 0x52 => self.memory(&[(first, U256::from(32))]),
            0x53 => self.memory(&[(first, U256::ONE)]),
            0x54 if self.world.is_warm_slot(&self.address, &first) => Some(WARM_GAS),
            0x54 => Some(COLD_SLOT_GAS),
            0x55 => Some(self.sstore(first, second)?),
            // No other of these came with a fork: where one is undefined it costs nothing.
            0x5E if !self.before.spec.is_enabled_in(SpecId::CANCUN) => Some(0),
            0x5E => self.copy(3, first.max(second), third),
            0xA0..=0xA4 => self.log(first, second),
            0xF0 | 0xF5 => {
                let hashing = if self.before.opcode == 0xF5 { 6 } else { 0 };
                let metering = if self.before.spec.is_enabled_in(SpecId::SHANGHAI) {
                    2
                } else {
                    0
                };
                self.copy(hashing + metering, second, third)
            }
            0xF1 | 0xF2 => {
                let regions = [(self.item(4), self.item(5)), (self.item(6), self.item(7))];
                self.call(third, &regions)?
            }
            0xF4 | 0xFA => {
                let regions = [(third, self.item(4)), (self.item(5), self.item(6))];
                self.call(U256::ZERO, &regions)?
            }
            0xF3 | 0xFD => self.memory(&[(first, second)]),
            0xFF => Some(self.self_destruct(&address_of(first))?),
            _ => Some(0),
        })
    }

    /// The item at that place of the stack, the topmost being 1.
    fn item(&self, place: usize) -> U256 {
        self.stack[self.stack.len() - place]
    }

    fn memory(&self, regions: &[(U256, U256)]) -> Option<u64> {
        growth(self.before.memory_size, regions)
    }

    /// Memory, and a price for each word of it.
    fn copy(&self, price: u64, start: U256, size: U256) -> Option<u64> {
        let words = u64::try_from(size).ok()?.div_ceil(32);
        self.memory(&[(start, size)])?
            .checked_add(words.checked_mul(price)?)
    }

    fn access(&self, address: &Address) -> u64 {
        if self.world.is_warm(address) {
            WARM_GAS
        } else {
            COLD_ACCOUNT_GAS
        }
    }

    fn log(&self, start: U256, size: U256) -> Option<u64> {
        let topics = u64::from(self.before.opcode - 0xA0);
        let data = u64::try_from(size).ok()?.checked_mul(8)?;
        self.memory(&[(start, size)])?
            .checked_add(375 * topics)?
            .checked_add(data)
    }

    fn sstore(&self, slot: U256, value: U256) -> Read<u64> {
        let is_warm = self.world.is_warm_slot(&self.address, &slot);
        let current = self.world.storage(&self.address, &slot)?;
        let original = self.world.original_storage(&self.address, &slot)?;
        let write = if current == value || original != current {
            WARM_GAS
        } else if original.is_zero() {
            SSTORE_SET_GAS
        } else {
            SSTORE_RESET_GAS
        };
        Ok(if is_warm {
            write
        } else {
            COLD_SLOT_GAS + write
        })
    }

    /// Without the gas given on.
    fn call(&self, value: U256, regions: &[(U256, U256)]) -> Read<Option<u64>> {
        let target = address_of(self.before.operands[1]);
        let mut cost = self.access(&target);
        if self.before.spec.is_enabled_in(SpecId::PRAGUE)
            && let Some(delegate) = self.world.delegate_of(&target)?
        {
            cost += if delegate == target {
                WARM_GAS
            } else {
                self.access(&delegate)
            };
        }
        if !value.is_zero() {
            cost += CALL_VALUE_GAS;
            if self.before.opcode == 0xF1 && self.world.account(&target)?.is_none() {
                cost += NEW_ACCOUNT_GAS;
            }
        }
        Ok(self
            .memory(regions)
            .and_then(|memory| memory.checked_add(cost)))
    }

    fn self_destruct(&self, beneficiary: &Address) -> Read<u64> {
        let mut cost = if self.world.is_warm(beneficiary) {
            0
        } else {
            COLD_ACCOUNT_GAS
        };
        let own = self.world.account(&self.address)?.unwrap_or_default();
        if !own.balance.is_zero() && self.world.account(beneficiary)?.is_none() {
            cost += NEW_ACCOUNT_GAS;
        }
        Ok(cost)
    }
}

fn address_of(word: U256) -> Address {
    Address::from_word(word.into())
}
