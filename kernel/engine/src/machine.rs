//! What all frames of one transaction share: the world, the block, the fork's tables. It is revm's `Host`.

use std::sync::Arc;
use std::time::Instant;

use revm::context_interface::cfg::GasParams;
use revm::context_interface::context::{SStoreResult, SelfDestructResult, StateLoad};
use revm::context_interface::host::LoadError;
use revm::context_interface::journaled_state::AccountInfoLoad;
use revm::interpreter::Host;
use revm::primitives::hardfork::SpecId;
use revm::primitives::{Log, address};
use zero_primitives::{Address, B256, Bytes, ReadError, StateView, U256};

use crate::brief::Allowance;
use crate::calls::Child;
use crate::precompiles::Precompiles;
use crate::rules::{BlockEnv, Fork, Rules};
use crate::transaction::Words;
use crate::world::World;

/// Where Hardhat's and Foundry's console libraries send what they log: "console.log" in ASCII.
pub const CONSOLE_ADDRESS: Address = address!("000000000000000000636f6e736f6c652e6c6f67");

/// Bytes of one transaction's messages, and what each takes beside its own: one that does not fit any more is
/// left out.
const CONSOLE_ROOM: usize = 16 << 20;
const CONSOLE_OVERHEAD: usize = 64;

pub const TRANSFER_LOG_ADDRESS: Address = Address::repeat_byte(0xee);

/// keccak256("Transfer(address,address,uint256)").
pub const TRANSFER_TOPIC: B256 = B256::new([
    0xdd, 0xf2, 0x52, 0xad, 0x1b, 0xe2, 0xc8, 0x9b, 0x69, 0xc2, 0xb0, 0x68, 0xfc, 0x37, 0x8d, 0xaa,
    0x95, 0x2b, 0xa7, 0xf1, 0x63, 0xc4, 0xa1, 0x16, 0x28, 0xf5, 0x5a, 0x4d, 0xf5, 0x23, 0xb3, 0xef,
]);

/// Why an execution stopped without a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The view could not be read.
    Read(ReadError),
    /// The time limit or the gas budget ran out; the words say which.
    Timeout(String),
    /// A trace would not fit into memory; the words say what makes it smaller.
    TraceTooLarge(String),
    /// The caller's mistake (an unknown tracer, an override that cannot be).
    WrongArgument(String),
    /// A precompile's library failed, or the like.
    Fault(String),
}

impl From<ReadError> for Stopped {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// What a SELFDESTRUCT did, for the watcher.
#[derive(Clone, Copy, Debug)]
pub struct Destruction {
    pub contract: Address,
    pub beneficiary: Address,
    pub value: U256,
}

/// The surroundings of frames. `begin` sets what changes with the transaction.
pub struct Machine {
    pub world: World,
    pub fork: Fork,
    pub(crate) spec: SpecId,
    /// Code may be a delegation (EIP-7702).
    pub delegates: bool,
    pub(crate) transfer_logs: bool,
    pub(crate) deadline: Option<Instant>,
    /// What a brief run may still spend; None: the run is not brief.
    pub(crate) allowance: Option<Allowance>,
    pub(crate) code_size_limit: Option<usize>,
    pub(crate) init_code_size_limit: Option<usize>,
    gas_params: GasParams,
    pub precompiles: Precompiles,
    chain_id: U256,
    pub(crate) coinbase: Address,
    timestamp: U256,
    number: U256,
    gas_limit: U256,
    prev_randao: U256,
    recent_hashes: Arc<[B256]>,
    pub(crate) blob_base_fee: U256,
    /// What BASEFEE gives.
    pub(crate) base_fee: U256,
    origin: Address,
    gas_price: U256,
    blob_hashes: Vec<B256>,
    pub(crate) console: Vec<Bytes>,
    console_room: usize,
    // What opcodes leave to the loop that runs them
    pub(crate) child: Option<Box<Child>>,
    pub(crate) output: Bytes,
    pub(crate) detail: Words,
    pub(crate) stopped: Option<Stopped>,
    pub(crate) destruction: Option<Destruction>,
    /// Indexes of logs that a watcher is to see.
    pub(crate) shown_logs: Vec<usize>,
}

impl Machine {
    pub fn new(rules: &Rules, env: &BlockEnv, view: Arc<dyn StateView>) -> Self {
        let fork = rules.fork;
        let spec = match fork {
            Fork::Paris => SpecId::MERGE,
            Fork::Shanghai => SpecId::SHANGHAI,
            Fork::Cancun => SpecId::CANCUN,
            Fork::Prague => SpecId::PRAGUE,
            Fork::Osaka => SpecId::OSAKA,
        };
        let mut machine = Self {
            world: World::new(view),
            fork,
            spec,
            delegates: fork >= Fork::Prague,
            transfer_logs: false,
            deadline: None,
            allowance: None,
            code_size_limit: None,
            init_code_size_limit: None,
            gas_params: GasParams::new_spec(spec),
            precompiles: Precompiles::of(fork),
            chain_id: U256::ZERO,
            coinbase: Address::ZERO,
            timestamp: U256::ZERO,
            number: U256::ZERO,
            gas_limit: U256::ZERO,
            prev_randao: U256::ZERO,
            recent_hashes: Arc::new([]),
            blob_base_fee: U256::ZERO,
            base_fee: U256::ZERO,
            origin: Address::ZERO,
            gas_price: U256::ZERO,
            blob_hashes: Vec::new(),
            console: Vec::new(),
            console_room: CONSOLE_ROOM,
            child: None,
            output: Bytes::new(),
            detail: Words::Borrowed(""),
            stopped: None,
            destruction: None,
            shown_logs: Vec::new(),
        };
        machine.set_block(rules, env);
        machine
    }

    /// Begins a block, over the view that the world has.
    pub fn set_block(&mut self, rules: &Rules, env: &BlockEnv) {
        if rules.fork != self.fork {
            let view = self.world.view().clone();
            *self = Self::new(rules, env, view);
            return;
        }
        let limit = rules.code_size_limit;
        self.code_size_limit = limit;
        self.init_code_size_limit = limit
            .filter(|_| rules.fork >= Fork::Shanghai)
            .map(|limit| limit.saturating_mul(2));
        self.precompiles = Precompiles::of(rules.fork);
        self.chain_id = rules.chain_id;
        self.coinbase = env.coinbase;
        self.timestamp = env.timestamp;
        self.number = env.number;
        self.gas_limit = env.gas_limit;
        self.prev_randao = env.prev_randao.into();
        self.recent_hashes = env.recent_hashes.clone();
        self.blob_base_fee = env.blob_base_fee;
        self.base_fee = env.base_fee;
        self.transfer_logs = false;
        self.deadline = None;
        self.allowance = None;
        self.warm_always();
    }

    /// Tells the world which accounts every transaction finds warm.
    pub(crate) fn warm_always(&mut self) {
        let mut accounts = self.precompiles.addresses();
        if self.fork >= Fork::Shanghai {
            accounts.insert(self.coinbase);
        }
        self.world.set_always_warm(accounts, self.coinbase);
    }

    /// Sets what ORIGIN, GASPRICE and BLOBHASH give.
    pub(crate) fn begin(&mut self, origin: Address, gas_price: U256, blob_hashes: &[B256]) {
        self.origin = origin;
        self.gas_price = gas_price;
        self.blob_hashes.clear();
        self.blob_hashes.extend_from_slice(blob_hashes);
        self.console.clear();
        self.console_room = CONSOLE_ROOM;
        self.shown_logs.clear();
        self.stopped = None;
    }

    /// Whether a message of that size still fits into the console; takes its room.
    pub(crate) fn takes_console(&mut self, size: usize) -> bool {
        let left = self.console_room.checked_sub(CONSOLE_OVERHEAD + size);
        self.console_room = left.unwrap_or(self.console_room);
        left.is_some()
    }

    /// Stops past the deadline.
    pub(crate) fn check_deadline(&self) -> Result<(), Stopped> {
        match self.deadline {
            Some(deadline) if Instant::now() > deadline => {
                Err(Stopped::Timeout("execution timeout".into()))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn recent_hash(&mut self, number: U256) -> U256 {
        let Some(distance) = self.number.checked_sub(number) else {
            return U256::ZERO;
        };
        let known = self.recent_hashes.len().min(256);
        match usize::try_from(distance) {
            Ok(distance) if (1..=known).contains(&distance) => {
                if let Ok(number) = u64::try_from(number) {
                    self.world.blocks_asked.push(number);
                }
                self.recent_hashes[self.recent_hashes.len() - distance].into()
            }
            _ => U256::ZERO,
        }
    }

    /// The log by which `Mode.transfer_logs` shows a movement of value.
    pub(crate) fn log_transfer(&mut self, sender: Address, recipient: Address, value: U256) {
        let topics = vec![TRANSFER_TOPIC, sender.into_word(), recipient.into_word()];
        let data = Bytes::copy_from_slice(&value.to_be_bytes::<32>());
        self.world
            .logs
            .push(Log::new_unchecked(TRANSFER_LOG_ADDRESS, topics, data));
    }
}

/// What revm's own opcodes ask. Those that read or write the state are this crate's and ask the world.
impl Host for Machine {
    fn basefee(&self) -> U256 {
        self.base_fee
    }

    fn blob_gasprice(&self) -> U256 {
        self.blob_base_fee
    }

    fn gas_limit(&self) -> U256 {
        self.gas_limit
    }

    fn difficulty(&self) -> U256 {
        self.prev_randao
    }

    fn prevrandao(&self) -> Option<U256> {
        Some(self.prev_randao)
    }

    fn block_number(&self) -> U256 {
        self.number
    }

    fn timestamp(&self) -> U256 {
        self.timestamp
    }

    fn beneficiary(&self) -> Address {
        self.coinbase
    }

    fn slot_num(&self) -> U256 {
        U256::ZERO
    }

    fn chain_id(&self) -> U256 {
        self.chain_id
    }

    fn effective_gas_price(&self) -> U256 {
        self.gas_price
    }

    fn caller(&self) -> Address {
        self.origin
    }

    fn blob_hash(&self, number: usize) -> Option<U256> {
        self.blob_hashes.get(number).map(|hash| (*hash).into())
    }

    fn max_initcode_size(&self) -> usize {
        self.init_code_size_limit.unwrap_or(usize::MAX)
    }

    fn gas_params(&self) -> &GasParams {
        &self.gas_params
    }

    fn is_amsterdam_eip8037_enabled(&self) -> bool {
        false
    }

    // No opcode of the tables asks what follows.

    fn block_hash(&mut self, _number: u64) -> Option<B256> {
        None
    }

    fn selfdestruct(
        &mut self,
        _address: Address,
        _target: Address,
        _skip_cold_load: bool,
    ) -> Result<StateLoad<SelfDestructResult>, LoadError> {
        Err(LoadError::DBError)
    }

    fn log(&mut self, _log: Log) {}

    fn sstore_skip_cold_load(
        &mut self,
        _address: Address,
        _key: U256,
        _value: U256,
        _skip_cold_load: bool,
    ) -> Result<StateLoad<SStoreResult>, LoadError> {
        Err(LoadError::DBError)
    }

    fn sload_skip_cold_load(
        &mut self,
        _address: Address,
        _key: U256,
        _skip_cold_load: bool,
    ) -> Result<StateLoad<U256>, LoadError> {
        Err(LoadError::DBError)
    }

    fn tstore(&mut self, address: Address, key: U256, value: U256) {
        self.world.set_transient(address, key, value);
    }

    fn tload(&mut self, address: Address, key: U256) -> U256 {
        self.world.get_transient(address, key)
    }

    fn load_account_info_skip_cold_load(
        &mut self,
        _address: Address,
        _load_code: bool,
        _skip_cold_load: bool,
    ) -> Result<AccountInfoLoad<'_>, LoadError> {
        Err(LoadError::DBError)
    }
}
