//! What is to be run, out of the five arguments that every way to run it takes.

use std::sync::Arc;

use pyo3::prelude::*;
use zero_engine::{BlockEnv, Mode, Rules, Transaction};
use zero_primitives::StateView;

use super::settings::{read_env, read_mode, read_rules};
use super::transactions::read_transactions;
use super::views::{Raised, resolve};

/// Transactions, and what they are to run over and by.
pub struct Block {
    pub rules: Rules,
    pub env: BlockEnv,
    pub transactions: Vec<Transaction>,
    pub view: Arc<dyn StateView>,
    pub mode: Mode,
    /// What the view raises, where it is Python's.
    pub raised: Raised,
}

impl Block {
    /// `tracer` are the options of the mode's tracer where it has one.
    pub fn read(
        rules: &Bound<'_, PyAny>,
        env: &Bound<'_, PyAny>,
        transactions: &Bound<'_, PyAny>,
        view: &Bound<'_, PyAny>,
        mode: &Bound<'_, PyAny>,
        tracer: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let none = mode.py().None().into_bound(mode.py());
        let raised = Raised::default();
        Ok(Self {
            env: read_env(env, rules)?,
            rules: read_rules(rules)?,
            mode: read_mode(mode, tracer.unwrap_or(&none))?,
            transactions: read_transactions(transactions)?,
            view: resolve(view, &raised)?,
            raised,
        })
    }
}
