//! What an execution is told: the fork's rules, the block, the mode.

use std::sync::Arc;
use std::time::Duration;

use zero_primitives::{Address, B256, Bytes, U256};

use crate::tracing::Tracer;

/// Ethereum's hard forks that a zone can follow, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fork {
    Paris,
    Shanghai,
    Cancun,
    Prague,
    Osaka,
}

impl Fork {
    pub fn name(self) -> &'static str {
        match self {
            Self::Paris => "paris",
            Self::Shanghai => "shanghai",
            Self::Cancun => "cancun",
            Self::Prague => "prague",
            Self::Osaka => "osaka",
        }
    }
}

/// `devnet.chain.rules.Rules`; a limit of None is lifted.
#[derive(Clone, Debug)]
pub struct Rules {
    pub fork: Fork,
    pub chain_id: U256,
    pub transaction_gas_cap: Option<U256>,
    /// Bytes of deployed code; init code may be twice that.
    pub code_size_limit: Option<usize>,
    /// Blobs that a block may hold; None before Cancun.
    pub max_blobs: Option<u64>,
}

/// `devnet.execution.BlockEnv`, with the price of blob gas found out.
#[derive(Clone, Debug)]
pub struct BlockEnv {
    pub number: U256,
    pub timestamp: U256,
    pub coinbase: Address,
    pub gas_limit: U256,
    pub base_fee: U256,
    pub prev_randao: B256,
    pub blob_base_fee: U256,
    pub parent_hash: B256,
    pub parent_beacon_block_root: B256,
    /// Newest last, at most 256.
    pub recent_hashes: Arc<[B256]>,
    /// What the block calls beside what its fork has every block call: whom, with which calldata.
    pub system_calls: Arc<[(Address, Bytes)]>,
}

/// `devnet.execution.Checks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checks {
    pub nonce: bool,
    pub balance: bool,
    pub fees: bool,
    pub base_fee_zero_when_free: bool,
    pub sender_is_not_contract: bool,
    pub gas_cap: bool,
}

impl Checks {
    /// What the transactions of a block must pass.
    pub const STRICT: Self = Self {
        nonce: true,
        balance: true,
        fees: true,
        base_fee_zero_when_free: false,
        sender_is_not_contract: true,
        gas_cap: true,
    };
}

/// `devnet.execution.AccountOverride`. What is None stays.
#[derive(Clone, Debug, Default)]
pub struct AccountOverride {
    pub balance: Option<U256>,
    pub nonce: Option<u64>,
    pub code: Option<Bytes>,
    pub storage: Option<Vec<(U256, U256)>>,
    pub storage_changes: Vec<(U256, U256)>,
    pub move_precompile_to: Option<Address>,
}

/// `devnet.execution.Mode`.
#[derive(Clone, Debug)]
pub struct Mode {
    pub checks: Checks,
    pub system_calls: bool,
    pub credit_fees: bool,
    pub append_messages: bool,
    pub messages: Vec<B256>,
    /// In the order they were given.
    pub overrides: Vec<(Address, AccountOverride)>,
    pub gone_precompiles: Vec<Address>,
    pub trace: Option<Tracer>,
    pub trace_only: Option<usize>,
    pub transfer_logs: bool,
    pub record_reads: bool,
    pub gas_budget: Option<U256>,
    pub time_limit: Option<Duration>,
}

impl Default for Mode {
    fn default() -> Self {
        Self {
            checks: Checks::STRICT,
            system_calls: false,
            credit_fees: false,
            append_messages: false,
            messages: Vec::new(),
            overrides: Vec::new(),
            gone_precompiles: Vec::new(),
            trace: None,
            trace_only: None,
            transfer_logs: false,
            record_reads: false,
            gas_budget: None,
            time_limit: None,
        }
    }
}
