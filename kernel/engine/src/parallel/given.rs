//! A block whose order is given: frames say what runs at the same time, and what conflicts keeps its order.

use std::sync::Arc;

use zero_primitives::StateView;
use zero_schedule::KeySet;

use super::crew::Crew;
use super::overlay::Overlay;
use super::run::Hand;
use super::{Block, Cell, Outcome, Room};
use crate::invalid::InvalidKind;
use crate::machine::Stopped;

impl Block<'_> {
    pub(super) fn run_given(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        frames: &[Vec<u32>],
    ) -> Result<Outcome, Stopped> {
        self.run_frames(crew, hand, frames)?;
        self.walk(hand)
    }

    fn run_frames(
        &self,
        crew: &Crew<'_, Self>,
        hand: &mut Hand,
        frames: &[Vec<u32>],
    ) -> Result<(), Stopped> {
        // What is not needed by any run is not applied.
        let mut applied = 0;
        for (number, frame) in frames.iter().enumerate() {
            let stale: Vec<u32> = frame
                .iter()
                .copied()
                .filter(|index| !self.cell(*index).is_fresh)
                .collect();
            if stale.is_empty() {
                continue;
            }
            for frame in &frames[applied..number] {
                self.apply(&self.state, frame);
            }
            applied = number;
            self.run_stale(crew, hand, stale)?;
        }
        Ok(())
    }

    /// In block order: who left its predicted set runs again, and so does everyone who touched what is not as
    /// it was when it ran. The state at a place is then that of a serial run, by induction over the places.
    fn walk(&self, hand: &mut Hand) -> Result<Outcome, Stopped> {
        let count = self.transactions.len() as u32;
        let mut outcome = Outcome {
            order: (0..count).collect(),
            ..Outcome::default()
        };
        let mut room = Room::of(&self.means);
        let mut replaced = KeySet::default();
        let mut state: Option<(Arc<Overlay>, Arc<dyn StateView>)> = None;
        let mut applied = 0;
        for index in 0..count {
            let transaction = &self.transactions[index as usize];
            let mut cell = self.cell(index);
            let is_touched = !replaced.is_empty()
                && cell
                    .accessed()
                    .keys()
                    .iter()
                    .any(|key| replaced.contains(key));
            let is_rerun = cell.has_left_its_set || is_touched;
            if is_rerun {
                if cell.has_left_its_set {
                    outcome.discarded.push(index);
                } else {
                    replaced.extend(cell.accessed().writes());
                }
                drop(cell);
                let (overlay, view) = state.get_or_insert_with(|| {
                    let overlay = Arc::new(Overlay::after(self.base.clone(), &self.start));
                    (overlay.clone(), overlay)
                });
                for earlier in applied..index {
                    self.apply(overlay, &[earlier]);
                }
                applied = index;
                let run = self.rerun(hand, view, index)?;
                outcome.serial.push(index);
                cell = self.cell(index);
                cell.accessed = Some(run.accessed(transaction));
                cell.run = Some(Box::new(run));
                cell.has_left_its_set = false;
            }
            let Cell {
                run,
                accessed,
                predicted,
                ..
            } = &mut *cell;
            let accessed = accessed.as_ref().unwrap_or(predicted);
            let Some(run) = run else {
                return Err(Stopped::Fault(format!("transaction {index} was not run")));
            };
            let refusal = match &run.result {
                Ok(result) => room.take(transaction, result).err(),
                // With a whole block's room it was refused for room: the words name what is left.
                Err(invalid) if invalid.kind == InvalidKind::BlockFull => {
                    room.pool.check(transaction, room.env).err()
                }
                Err(_) => None,
            };
            if let Some(invalid) = refusal {
                if !is_rerun {
                    replaced.extend(accessed.writes());
                }
                outcome.has_refused = true;
                run.result = Err(invalid);
                run.touched.writes = Default::default();
            } else if is_rerun {
                replaced.extend(accessed.writes());
            }
        }
        Ok(outcome)
    }
}
