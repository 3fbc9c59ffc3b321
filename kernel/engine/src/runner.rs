//! Executes one transaction: its validation against the state, its frames, what is paid for it. It mirrors
//! `devnet.execution.pyevm.transition`; the tip is not paid here.

use std::sync::Arc;
use std::time::Instant;

use revm::bytecode::Bytecode;
use revm::interpreter::CallInput;
use revm::primitives::Address;
use zero_primitives::{
    Account, B256, Bytes, ChangeSet, EMPTY_CODE_HASH, ReadError, StateView, U256,
};

use crate::calls::{Child, Frames, Outcome, Watching};
use crate::fees::{blob_gas, effective_gas_price, max_cost, widen};
use crate::invalid::{Invalid, InvalidKind};
use crate::machine::{Machine, Stopped};
use crate::outbox;
use crate::overrides::apply_overrides;
use crate::rules::{BlockEnv, Checks, Mode, Rules};
use crate::system_calls::run_system_calls;
use crate::tracing::{FrameKind, TransactionEnd, TransactionStart};
use crate::transaction::{BLOB, Transaction, TransactionResult};
use crate::validation::{GasNeeds, validate};
use crate::world::Id;

/// EIP-7702: what an authority that exists already gets back of 25 000.
const AUTHORIZATION_REFUND: i64 = 12_500;
/// EIP-3529: at most a fifth of the gas is refunded.
const REFUND_QUOTIENT: u64 = 5;

/// What is left of the block's gas and blob gas.
#[derive(Clone, Copy, Debug)]
pub struct GasPool {
    pub gas: U256,
    pub blob_gas: u64,
}

impl GasPool {
    pub fn of(rules: &Rules, env: &BlockEnv) -> Self {
        Self {
            gas: env.gas_limit,
            blob_gas: rules
                .max_blobs
                .unwrap_or(0)
                .saturating_mul(crate::fees::GAS_PER_BLOB),
        }
    }

    /// Takes what a transaction used.
    pub fn take(&mut self, transaction: &Transaction, result: &TransactionResult) {
        self.gas = self.gas.saturating_sub(U256::from(result.gas_used));
        self.blob_gas = self.blob_gas.saturating_sub(blob_gas(transaction));
    }

    /// Whether the transaction still fits.
    pub fn check(&self, transaction: &Transaction, env: &BlockEnv) -> Result<(), Invalid> {
        let gas = transaction.gas_limit;
        if gas > env.gas_limit {
            return Err(Invalid::with(
                InvalidKind::AboveBlockLimit,
                format!("limit: {}, tx: {gas}", env.gas_limit),
            ));
        }
        if gas > self.gas {
            return Err(Invalid::with(
                InvalidKind::BlockFull,
                format!("gas left: {}, tx: {gas}", self.gas),
            ));
        }
        let needed = blob_gas(transaction);
        if needed > self.blob_gas {
            return Err(Invalid::with(
                InvalidKind::BlockFull,
                format!("blob gas left: {}, tx: {needed}", self.blob_gas),
            ));
        }
        Ok(())
    }
}

/// What a transaction did on its own.
#[derive(Debug)]
pub struct TransactionOutcome {
    /// A transaction that is left out changed nothing.
    pub result: Result<TransactionResult, Invalid>,
    /// Values that differ from the view's.
    pub changes: ChangeSet,
    /// What was looked at, reverted frames included.
    pub accounts: Vec<Address>,
    pub slots: Vec<(Address, U256)>,
}

/// Executes transactions of one block, one at a time. One for each thread: it keeps its allocations and the
/// codes that it met.
pub struct Runner {
    pub machine: Machine,
    frames: Frames,
    rules: Rules,
    env: BlockEnv,
    /// Whether results say what was touched.
    pub record: bool,
}

impl Runner {
    pub fn new(rules: &Rules, env: &BlockEnv, view: &Arc<dyn StateView>) -> Self {
        Self {
            machine: Machine::new(rules, env, view.clone()),
            frames: Frames::default(),
            rules: rules.clone(),
            env: env.clone(),
            record: false,
        }
    }

    /// Begins another block over a view; what was written is gone.
    pub fn begin_block(&mut self, rules: &Rules, env: &BlockEnv, view: &Arc<dyn StateView>) {
        self.machine.world.reset(view);
        self.machine.set_block(rules, env);
        self.rules = rules.clone();
        self.env = env.clone();
        self.record = false;
    }

    /// Forgets the last view, which may hold much; allocations and codes are kept.
    pub fn let_go(&mut self) {
        let nothing: Arc<dyn StateView> = Arc::new(Nothing);
        self.machine.world.reset(&nothing);
    }

    pub fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.machine.deadline = deadline;
    }

    pub fn set_transfer_logs(&mut self, transfer_logs: bool) {
        self.machine.transfer_logs = transfer_logs;
    }

    /// Applies the mode's overrides and runs the block's system calls, where the mode says so.
    pub fn prepare(&mut self, mode: &Mode) -> Result<(), Stopped> {
        if !mode.gone_precompiles.is_empty() {
            for address in &mode.gone_precompiles {
                self.machine.precompiles.remove(address);
            }
            self.machine.warm_always();
        }
        if !mode.overrides.is_empty() {
            apply_overrides(&mut self.machine, &mode.overrides)?;
        }
        if mode.system_calls {
            run_system_calls(&mut self.machine, &mut self.frames, &self.env)?;
        }
        Ok(())
    }

    /// Appends messages to the zone's outbox: the end of a block.
    pub fn append_messages(&mut self, leaves: &[B256]) -> Result<(), Stopped> {
        self.machine.base_fee = self.env.base_fee;
        outbox::append(&mut self.machine, &mut self.frames, leaves)
    }

    /// Runs one transaction over the view alone. `pool` is None where the block's gas is not looked at.
    pub fn run_over(
        &mut self,
        view: &Arc<dyn StateView>,
        transaction: &Transaction,
        checks: Checks,
        pool: Option<&GasPool>,
    ) -> Result<TransactionOutcome, Stopped> {
        self.machine.world.reset(view);
        let result = self.run(transaction, checks, pool, None)?;
        let changes = match &result {
            Ok(_) => self.machine.world.changes()?,
            Err(_) => ChangeSet::default(),
        };
        let (accounts, slots) = self.machine.world.asked();
        Ok(TransactionOutcome {
            result,
            changes,
            accounts,
            slots,
        })
    }

    /// Runs one transaction over the view and what ran before. One that is left out changes nothing.
    pub fn run(
        &mut self,
        transaction: &Transaction,
        checks: Checks,
        pool: Option<&GasPool>,
        mut watching: Watching<'_>,
    ) -> Result<Result<TransactionResult, Invalid>, Stopped> {
        self.machine.world.begin_transaction();
        let needs = match self.validate(transaction, checks, pool)? {
            Ok(needs) => needs,
            Err(invalid) => return Ok(Err(invalid)),
        };
        let is_free = transaction.max_fee_per_gas == Some(U256::ZERO);
        let base_fee = if checks.base_fee_zero_when_free && is_free {
            U256::ZERO
        } else {
            self.env.base_fee
        };
        let price = effective_gas_price(transaction, base_fee);
        let machine = &mut self.machine;
        machine.base_fee = base_fee;
        machine.begin(transaction.sender, price, &transaction.blob_hashes);
        if let Some(watcher) = &mut watching {
            watcher.start(&TransactionStart {
                hash: transaction.hash,
                gas_limit: needs.limit,
                block_number: u64::try_from(self.env.number).unwrap_or(u64::MAX),
                precompiles: Arc::new(machine.precompiles.addresses()),
            });
        }
        let sender = machine.world.id(&transaction.sender);
        self.buy_gas(transaction, checks, price, sender)?;
        self.warm(transaction, sender);
        let authority_refund = self.authorize(transaction)?;
        let gas = needs.limit - needs.intrinsic;
        let first = match transaction.to {
            Some(to) => self.call(transaction, to, gas)?,
            None => self.create(transaction, sender, gas)?,
        };
        let contract_address = transaction.to.is_none().then_some(first.address);
        let ended = self
            .frames
            .run(&mut self.machine, first, watching.as_deref_mut())?;
        let result = self.settle(transaction, checks, needs, price, authority_refund, ended)?;
        let result = TransactionResult {
            contract_address,
            tip: price.saturating_sub(base_fee),
            ..result
        };
        if let Some(watcher) = &mut watching {
            let end = TransactionEnd {
                gas_used: result.gas_used,
                failure: result.failure.clone(),
                output: result.output.clone(),
            };
            watcher.end(&end, &self.machine.world)?;
        }
        Ok(Ok(result))
    }

    fn settle(
        &mut self,
        transaction: &Transaction,
        checks: Checks,
        needs: GasNeeds,
        price: U256,
        authority_refund: i64,
        ended: Outcome,
    ) -> Result<TransactionResult, Stopped> {
        let world = &mut self.machine.world;
        let used = needs.limit - ended.gas;
        let refund = i128::from(world.refund) + i128::from(authority_refund);
        let most = used / REFUND_QUOTIENT;
        // The counter is never negative at the end of a transaction.
        let refund = u64::try_from(refund.clamp(0, i128::from(most))).unwrap_or(most);
        let paid = (used - refund).max(needs.floor);
        if checks.balance && !price.is_zero() && paid < needs.limit {
            let sender = world.id(&transaction.sender);
            world.add_balance(sender, U256::from(needs.limit - paid).wrapping_mul(price))?;
        }
        world.delete_destroyed()?;
        let (warm_accounts, warm_slots) = if self.record {
            (world.touched().collect(), world.touched_slots().collect())
        } else {
            (Vec::new(), Vec::new())
        };
        Ok(TransactionResult {
            gas_used: paid,
            gas_refunded: used.saturating_sub(paid),
            gas_peak: used.max(needs.floor),
            output: ended.output,
            logs: std::mem::take(&mut world.logs),
            contract_address: None,
            effective_gas_price: price,
            tip: U256::ZERO,
            failure: ended.failure,
            console: std::mem::take(&mut self.machine.console),
            warm_accounts,
            warm_slots,
            trace: None,
        })
    }

    // Validation

    /// In geth's order.
    fn validate(
        &mut self,
        transaction: &Transaction,
        checks: Checks,
        pool: Option<&GasPool>,
    ) -> Result<Result<GasNeeds, Invalid>, Stopped> {
        let world = &mut self.machine.world;
        let id = world.id(&transaction.sender);
        let sender = world.get(id)?;
        if checks.nonce
            && let Err(invalid) = validate_nonce(transaction, sender.nonce)
        {
            return Ok(Err(invalid));
        }
        // Nobody signed for an impersonated sender, so it may as well be a contract.
        let is_checked = checks.sender_is_not_contract && !transaction.is_impersonated;
        if is_checked && sender.code_hash != EMPTY_CODE_HASH {
            let code = world.code(&sender.code_hash)?;
            if !(self.machine.delegates && code.is_eip7702()) {
                let (address, size) = (transaction.sender, code.len());
                return Ok(Err(Invalid::with(
                    InvalidKind::SenderHasCode,
                    format!("address {address}, len(code): {size}"),
                )));
            }
        }
        Ok(self.validate_rest(transaction, checks, pool, sender.balance))
    }

    fn validate_rest(
        &self,
        transaction: &Transaction,
        checks: Checks,
        pool: Option<&GasPool>,
        balance: U256,
    ) -> Result<GasNeeds, Invalid> {
        let needs = validate(transaction, &self.rules, checks.gas_cap)?;
        self.validate_fees(transaction, checks.fees)?;
        if checks.balance {
            let cost = max_cost(transaction);
            if widen(balance) < cost {
                let address = transaction.sender;
                return Err(Invalid::with(
                    InvalidKind::InsufficientFunds,
                    format!("address {address} have {balance} want {cost}"),
                ));
            }
        }
        if checks.gas_cap
            && let Some(pool) = pool
        {
            pool.check(transaction, &self.env)?;
        }
        Ok(needs)
    }

    fn validate_fees(&self, transaction: &Transaction, is_checked: bool) -> Result<(), Invalid> {
        let address = transaction.sender;
        let base_fee = self.env.base_fee;
        let cap = transaction.max_fee_per_gas.unwrap_or(U256::MAX);
        if is_checked && cap < base_fee {
            return Err(Invalid::with(
                InvalidKind::FeeCapTooLow,
                format!("address {address}, maxFeePerGas: {cap}, baseFee: {base_fee}"),
            ));
        }
        let blob_base_fee = self.machine.blob_base_fee;
        let blob_cap = transaction.max_fee_per_blob_gas;
        // As in geth, a blob fee that is named must reach the block's, where the gas is free as well.
        let is_checked = transaction.kind == BLOB && (is_checked || !blob_cap.is_zero());
        if is_checked && blob_cap < blob_base_fee {
            return Err(Invalid::with(
                InvalidKind::BlobFeeCapTooLow,
                format!(
                    "address {address} blobGasFeeCap: {blob_cap}, blobBaseFee: {blob_base_fee}"
                ),
            ));
        }
        Ok(())
    }

    // Execution

    /// Takes the nonce and the price of all the gas that may be used.
    fn buy_gas(
        &mut self,
        transaction: &Transaction,
        checks: Checks,
        price: U256,
        sender: Id,
    ) -> Result<(), Stopped> {
        let mut account = self.machine.world.get(sender)?;
        if checks.balance {
            let cost = transaction.gas_limit.wrapping_mul(price);
            account.balance = account.balance.wrapping_sub(cost);
            if !transaction.blob_hashes.is_empty() {
                // Never more than was offered: the balance was found to suffice for that.
                let blob_price = self
                    .machine
                    .blob_base_fee
                    .min(transaction.max_fee_per_blob_gas);
                let blobs = U256::from(blob_gas(transaction)).wrapping_mul(blob_price);
                account.balance = account.balance.wrapping_sub(blobs);
            }
        }
        account.nonce = account.nonce.wrapping_add(1);
        Ok(self.machine.world.put(sender, account)?)
    }

    /// Fills the warm sets that a transaction begins with (EIP-2929, 2930, 3651).
    fn warm(&mut self, transaction: &Transaction, sender: Id) {
        let world = &mut self.machine.world;
        world.warm_account(sender);
        world.involve(sender);
        for (address, slots) in &transaction.access_list {
            let id = world.id(address);
            world.warm_account(id);
            for slot in slots {
                world.warm_slot(id, slot);
            }
        }
    }

    fn create(
        &mut self,
        transaction: &Transaction,
        sender: Id,
        gas: u64,
    ) -> Result<Child, Stopped> {
        // The nonce that was taken; the transaction's own may differ where it is not checked.
        let nonce = self.machine.world.get(sender)?.nonce.wrapping_sub(1);
        let address = transaction.sender.create(nonce);
        Ok(Child {
            kind: FrameKind::Create,
            depth: 0,
            caller: transaction.sender,
            address,
            code_address: address,
            code: Bytecode::new_legacy(transaction.data.clone()),
            input: CallInput::Bytes(Bytes::new()),
            value: transaction.value.unwrap_or_default(),
            gas,
            is_static: false,
            is_delegated: false,
            return_offset: 0,
            return_size: 0,
        })
    }

    fn call(&mut self, transaction: &Transaction, to: Address, gas: u64) -> Result<Child, Stopped> {
        let world = &mut self.machine.world;
        let id = world.id(&to);
        world.warm_account(id);
        world.involve(id);
        let mut code = world.code_of(id)?;
        let delegate = if self.machine.delegates {
            code.eip7702_address()
        } else {
            None
        };
        if let Some(delegate) = delegate {
            let delegate = world.id(&delegate);
            world.warm_account(delegate);
            world.involve(delegate);
            code = world.code_of(delegate)?;
        }
        Ok(Child {
            kind: FrameKind::Call,
            depth: 0,
            caller: transaction.sender,
            address: to,
            code_address: to,
            code,
            input: CallInput::Bytes(transaction.data.clone()),
            value: transaction.value.unwrap_or_default(),
            gas,
            is_static: false,
            is_delegated: delegate.is_some(),
            return_offset: 0,
            return_size: 0,
        })
    }

    /// Sets the delegations of valid authorizations (EIP-7702); what they give back.
    fn authorize(&mut self, transaction: &Transaction) -> Result<i64, Stopped> {
        let mut refund = 0;
        let world = &mut self.machine.world;
        for authorization in &transaction.authorizations {
            let chain_id = authorization.chain_id;
            let Some(authority) = authorization.authority else {
                continue;
            };
            if !chain_id.is_zero() && chain_id != self.rules.chain_id
                || authorization.nonce == u64::MAX
            {
                continue;
            }
            let id = world.id(&authority);
            world.warm_account(id);
            world.involve(id);
            let account = world.get(id)?;
            if account.code_hash != EMPTY_CODE_HASH && !world.code(&account.code_hash)?.is_eip7702()
            {
                continue;
            }
            if account.nonce != authorization.nonce {
                continue;
            }
            if !account.is_empty() {
                refund += AUTHORIZATION_REFUND;
            }
            let code = if authorization.address.is_zero() {
                Bytes::new()
            } else {
                Bytecode::new_eip7702(authorization.address).original_bytes()
            };
            world.set_code(id, code)?;
            world.increment_nonce(id)?;
        }
        Ok(refund)
    }
}

fn validate_nonce(transaction: &Transaction, nonce: u64) -> Result<(), Invalid> {
    let (address, given) = (transaction.sender, transaction.nonce);
    let expected = U256::from(nonce);
    if given == expected {
        if nonce == u64::MAX {
            return Err(Invalid::with(
                InvalidKind::NonceMax,
                format!("address {address}, nonce: {nonce}"),
            ));
        }
        return Ok(());
    }
    let kind = if given > expected {
        InvalidKind::NonceTooHigh
    } else {
        InvalidKind::NonceTooLow
    };
    Err(Invalid::with(
        kind,
        format!("address {address}, tx: {given} state: {nonce}"),
    ))
}

/// The state in which there is nothing.
pub(crate) struct Nothing;

impl StateView for Nothing {
    fn account(&self, _address: &Address) -> Result<Option<Account>, ReadError> {
        Ok(None)
    }

    fn storage(&self, _address: &Address, _slot: &U256) -> Result<U256, ReadError> {
        Ok(U256::ZERO)
    }

    fn code(&self, code_hash: &B256) -> Result<Bytecode, ReadError> {
        Err(ReadError::NoCode(*code_hash))
    }

    fn slots(&self, _address: &Address) -> Result<Vec<(U256, U256)>, ReadError> {
        Ok(Vec::new())
    }
}
