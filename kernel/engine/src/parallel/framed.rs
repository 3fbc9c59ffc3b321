//! A block whose order the framer chooses: frame by frame, then the tail.

use std::collections::HashSet;

use zero_primitives::Address;

use super::crew::Crew;
use super::run::{Hand, owners};
use super::{Block, Outcome, Room};
use crate::invalid::InvalidKind;
use crate::machine::Stopped;
use crate::transaction::Transaction;

/// Senders and authorities whose later transactions share the fate of an earlier one.
#[derive(Default)]
struct Owners(HashSet<Address>);

impl Owners {
    fn concerns(&self, transaction: &Transaction) -> bool {
        !self.0.is_empty() && owners(transaction).any(|owner| self.0.contains(owner))
    }

    fn add(&mut self, transaction: &Transaction) {
        self.0.extend(owners(transaction));
    }
}

impl Block<'_> {
    pub(super) fn run_framed(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        frames: &[Vec<u32>],
    ) -> Result<Outcome, Stopped> {
        let mut outcome = Outcome::default();
        let mut room = Room::of(&self.means);
        let mut of_left = Owners::default();
        let mut of_tail = Owners::default();
        let mut tail = Vec::new();
        // Of the accepted ones, those that lie over the state.
        let mut applied = 0;
        for frame in frames {
            let is_doomed = |index: u32| {
                let transaction = &self.transactions[index as usize];
                of_left.concerns(transaction) || of_tail.concerns(transaction)
            };
            let stale: Vec<u32> = frame
                .iter()
                .copied()
                .filter(|index| !self.cell(*index).is_fresh && !is_doomed(*index))
                .collect();
            if !stale.is_empty() {
                self.apply(&self.state, &outcome.order[applied..]);
                applied = outcome.order.len();
                self.run_stale(crew, hand, stale)?;
            }
            for index in frame.iter().copied() {
                let transaction = &self.transactions[index as usize];
                if of_left.concerns(transaction) {
                    outcome.left.push(index);
                    of_left.add(transaction);
                    continue;
                }
                if of_tail.concerns(transaction) {
                    tail.push(index);
                    of_tail.add(transaction);
                    continue;
                }
                let mut cell = self.cell(index);
                if cell.has_left_its_set {
                    cell.has_left_its_set = false;
                    cell.run = None;
                    outcome.discarded.push(index);
                    tail.push(index);
                    of_tail.add(transaction);
                    continue;
                }
                if self.takes_room(&mut room, &cell, transaction) {
                    outcome.order.push(index);
                } else {
                    outcome.left.push(index);
                    of_left.add(transaction);
                }
            }
        }
        self.apply(
            &self.state,
            &outcome.order[if tail.is_empty() {
                outcome.order.len()
            } else {
                applied
            }..],
        );
        for index in tail {
            let transaction = &self.transactions[index as usize];
            if of_left.concerns(transaction) {
                outcome.left.push(index);
                of_left.add(transaction);
                continue;
            }
            let run = self.rerun(hand, &self.state_view, index)?;
            let mut cell = self.cell(index);
            cell.run = Some(Box::new(run));
            cell.has_left_its_set = false;
            if self.takes_room(&mut room, &cell, transaction) {
                drop(cell);
                self.apply(&self.state, &[index]);
                outcome.order.push(index);
                outcome.serial.push(index);
            } else {
                outcome.left.push(index);
                of_left.add(transaction);
            }
        }
        outcome.left.sort_unstable();
        Ok(outcome)
    }

    /// Whether the block has room for what was run; one that is refused needs none.
    fn takes_room(
        &self,
        room: &mut Room<'_>,
        cell: &super::Cell,
        transaction: &Transaction,
    ) -> bool {
        let Some(run) = &cell.run else {
            return false;
        };
        match &run.result {
            Ok(result) => match room.take(transaction, result) {
                Ok(()) => true,
                Err(invalid) => invalid.kind != InvalidKind::BlockFull,
            },
            Err(_) => true,
        }
    }
}
