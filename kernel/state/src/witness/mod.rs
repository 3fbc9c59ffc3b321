//! Witnesses of a state: what blocks read and write with the way up to the zone's root, and a state of which
//! only such a witness is there (docs/proving.md, "The witness of the state"). The reference, in Python, is
//! `devnet.state.partial`, `recorder` and `state_witness`: same bytes, same roots, same flaws.

mod flaws;
mod opening;
mod recorder;
mod shard;
mod state;
mod tree;
mod zone;

pub use flaws::{Flaw, WitnessError};
pub use opening::open_state;
pub use state::PartialState;

/// What a witness or a whole state gives.
type Shown<T> = Result<T, WitnessError>;
