//! What can be wrong with a witness of a state.

use zero_primitives::B256;

/// Why a state cannot be what its witness says, or why the witness does not suffice:
/// `devnet.state.witness_flaws.WitnessFlaw`, which has the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    Format,
    Inactive,
    Root,
    Key,
    Neighbour,
    Oldest,
    Frontier,
    Node,
    Code,
    AllSlots,
    Counters,
    Value,
    Unused,
}

impl Flaw {
    /// The reference's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Format => "FORMAT",
            Self::Inactive => "INACTIVE",
            Self::Root => "ROOT",
            Self::Key => "KEY",
            Self::Neighbour => "NEIGHBOUR",
            Self::Oldest => "OLDEST",
            Self::Frontier => "FRONTIER",
            Self::Node => "NODE",
            Self::Code => "CODE",
            Self::AllSlots => "ALL_SLOTS",
            Self::Counters => "COUNTERS",
            Self::Value => "VALUE",
            Self::Unused => "UNUSED",
        }
    }
}

/// Why a partial state does not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WitnessError {
    /// The witness is wrong or does not suffice: why, and where.
    Flawed(Flaw, String),
    /// The whole state, of which one is recorded, does not keep the height any more.
    Gone(String),
    /// The whole state has no code with that hash.
    NoCode(B256),
    /// The whole state broke before.
    Broken,
}

impl WitnessError {
    pub fn new(flaw: Flaw, detail: impl Into<String>) -> Self {
        Self::Flawed(flaw, detail.into())
    }
}
