//! The precompiled contracts: revm's, at the places where overrides put them, failing in geth's words.

use revm::precompile::{
    Precompile, PrecompileHalt, PrecompileId, PrecompileSpecId, PrecompileStatus,
};
use zero_primitives::map::{AddressMap, AddressSet};
use zero_primitives::{Address, Bytes};

use crate::blake2;
use crate::failures::{Failure, FailureKind};
use crate::machine::Stopped;
use crate::rules::Fork;

/// Which precompiles there are, by address.
#[derive(Clone, Debug)]
pub struct Precompiles {
    base: &'static revm::precompile::Precompiles,
    /// All of them, where overrides moved or replaced some.
    moved: Option<AddressMap<&'static Precompile>>,
}

impl Precompiles {
    pub fn of(fork: Fork) -> Self {
        let spec = match fork {
            Fork::Paris | Fork::Shanghai => PrecompileSpecId::BERLIN,
            Fork::Cancun => PrecompileSpecId::CANCUN,
            Fork::Prague => PrecompileSpecId::PRAGUE,
            Fork::Osaka => PrecompileSpecId::OSAKA,
        };
        Self {
            base: revm::precompile::Precompiles::new(spec),
            moved: None,
        }
    }

    pub fn get(&self, address: &Address) -> Option<&'static Precompile> {
        match &self.moved {
            Some(moved) => moved.get(address).copied(),
            None => self.base.get(address),
        }
    }

    pub fn addresses(&self) -> AddressSet {
        match &self.moved {
            Some(moved) => moved.keys().copied().collect(),
            None => self.base.addresses_set().clone(),
        }
    }

    fn moved(&mut self) -> &mut AddressMap<&'static Precompile> {
        let base = self.base;
        self.moved.get_or_insert_with(|| {
            let addresses = base.addresses();
            addresses
                .filter_map(|address| Some((*address, base.get(address)?)))
                .collect()
        })
    }

    /// Puts one at an address; what was there is gone.
    pub fn place(&mut self, address: Address, precompile: &'static Precompile) {
        self.moved().insert(address, precompile);
    }

    pub fn remove(&mut self, address: &Address) {
        if self.get(address).is_some() {
            self.moved().remove(address);
        }
    }
}

/// What a precompile gave: its output and what is left of the gas, or its failure. `check` stops past the
/// deadline.
pub fn run(
    precompile: &Precompile,
    fork: Fork,
    input: &[u8],
    gas: u64,
    check: impl FnMut() -> Result<(), Stopped>,
) -> Result<Result<(Bytes, u64), Failure>, Stopped> {
    if let Some(words) = wrong_form(precompile.id(), fork, input) {
        return Ok(Err(Failure::new(FailureKind::Precompile, words)));
    }
    if *precompile.id() == PrecompileId::Blake2F
        && let Some(rounds) = blake2::many_rounds(input)
    {
        let Some(left) = gas.checked_sub(u64::from(rounds)) else {
            return Ok(Err(Failure::of(FailureKind::OutOfGas)));
        };
        let output = blake2::compress(input, rounds, check)?;
        return Ok(Ok((Bytes::copy_from_slice(&output), left)));
    }
    let output = precompile
        .execute(input, gas, 0)
        .map_err(|error| Stopped::Fault(error.to_string()))?;
    Ok(match output.status {
        PrecompileStatus::Success => match gas.checked_sub(output.gas_used) {
            Some(left) => Ok((output.bytes, left)),
            None => Err(Failure::of(FailureKind::OutOfGas)),
        },
        PrecompileStatus::Revert => Err(Failure::of(FailureKind::Precompile)),
        PrecompileStatus::Halt(halt) => {
            let failure = failure_of(&halt);
            let is_point = halt != PrecompileHalt::OutOfGas && failure.detail != INPUT_LENGTH;
            let first = if is_point {
                first_wrong_point(precompile.id(), input)?
            } else {
                None
            };
            Err(first.as_ref().map_or(failure, failure_of))
        }
    })
}

/// What is wrong with an input whose form is looked at before its gas, where revm does it after.
fn wrong_form(id: &PrecompileId, fork: Fork, input: &[u8]) -> Option<&'static str> {
    match id {
        PrecompileId::Bn254Pairing if !input.len().is_multiple_of(192) => Some(PAIRING_SIZE),
        PrecompileId::ModExp if fork >= Fork::Osaka => {
            let mut header = [0; 96];
            let known = input.len().min(96);
            header[..known].copy_from_slice(&input[..known]);
            let is_long = |length: &[u8]| {
                length[..30].iter().any(|byte| *byte != 0)
                    || u16::from_be_bytes([length[30], length[31]]) > 1_024
            };
            header.chunks_exact(32).any(is_long).then_some(MODEXP_SIZE)
        }
        _ => None,
    }
}

/// What is wrong with the first point of a BLS12-381 input that is wrong: revm looks at the form of all points
/// before it looks at whether one is on the curve.
fn first_wrong_point(id: &PrecompileId, input: &[u8]) -> Result<Option<PrecompileHalt>, Stopped> {
    let (g1_add, g2_add) = (PrecompileId::Bls12G1Add, PrecompileId::Bls12G2Add);
    let (g1_multiply, g2_multiply) = (PrecompileId::Bls12G1Msm, PrecompileId::Bls12G2Msm);
    // Bytes of each operand, and who checks it alone; what a scalar is does not matter.
    let parts: &[(usize, Option<PrecompileId>)] = match id {
        PrecompileId::Bls12G1Add => &[(128, Some(g1_add))],
        PrecompileId::Bls12G2Add => &[(256, Some(g2_add))],
        PrecompileId::Bls12G1Msm => &[(128, Some(g1_multiply)), (32, None)],
        PrecompileId::Bls12G2Msm => &[(256, Some(g2_multiply)), (32, None)],
        PrecompileId::Bls12Pairing => &[(128, Some(g1_multiply)), (256, Some(g2_multiply))],
        _ => return Ok(None),
    };
    let mut rest = input;
    for (size, checker) in parts.iter().cycle() {
        let Some((operand, following)) = rest.split_at_checked(*size) else {
            break;
        };
        rest = following;
        let Some(checker) = checker else { continue };
        let mut alone = operand.to_vec();
        let is_addition = matches!(checker, PrecompileId::Bls12G1Add | PrecompileId::Bls12G2Add);
        alone.resize(size + if is_addition { *size } else { 32 }, 0);
        let prague = revm::precompile::Precompiles::prague();
        let found = prague.inner().values().find(|known| known.id() == checker);
        let Some(precompile) = found else { continue };
        let output = precompile
            .execute(&alone, u64::MAX, 0)
            .map_err(|error| Stopped::Fault(error.to_string()))?;
        if let PrecompileStatus::Halt(halt) = output.status {
            return Ok(Some(halt));
        }
        if rest.is_empty() {
            break;
        }
    }
    Ok(None)
}

const MODEXP_SIZE: &str = ": one or more of base/exponent/modulus length exceeded 1024 bytes";
const INPUT_LENGTH: &str = ": invalid input length";
const PAIRING_SIZE: &str = ": bad elliptic curve pairing size";

fn failure_of(halt: &PrecompileHalt) -> Failure {
    use PrecompileHalt as Halt;
    let words = match halt {
        // Before Osaka so long numbers only cost more than any gas.
        Halt::OutOfGas
        | Halt::ModexpBaseOverflow
        | Halt::ModexpExpOverflow
        | Halt::ModexpModOverflow
        | Halt::ModexpEip7823LimitSize => return Failure::of(FailureKind::OutOfGas),
        Halt::Bn254PairLength => PAIRING_SIZE,
        Halt::Bn254FieldPointNotAMember => ": coordinate exceeds modulus",
        Halt::Bn254AffineGFailedToCreate => ": malformed point",
        Halt::Blake2WrongLength
        | Halt::BlobInvalidInputLength
        | Halt::Bls12381ScalarInputLength
        | Halt::Bls12381G1AddInputLength
        | Halt::Bls12381G1MsmInputLength
        | Halt::Bls12381G2AddInputLength
        | Halt::Bls12381G2MsmInputLength
        | Halt::Bls12381PairingInputLength
        | Halt::Bls12381MapFpToG1InputLength
        | Halt::Bls12381MapFp2ToG2InputLength
        | Halt::Bls12381FpPaddingLength
        | Halt::Bls12381G1PaddingLength
        | Halt::Bls12381G2PaddingLength
        | Halt::KzgInvalidInputLength => INPUT_LENGTH,
        Halt::Blake2WrongFinalIndicatorFlag => ": invalid final flag",
        Halt::BlobMismatchedVersion => ": mismatched versioned hash",
        Halt::BlobVerifyKzgProofFailed => ": error verifying kzg proof",
        Halt::Bls12381FpPaddingInvalid => ": invalid field element top bytes",
        Halt::NonCanonicalFp => ": invalid fp.Element encoding",
        Halt::Bls12381G1NotOnCurve => ": point is not on the G1 curve",
        Halt::Bls12381G2NotOnCurve => ": point is not on the G2 curve",
        Halt::Bls12381G1NotInSubgroup => ": point is not in the correct G1 subgroup",
        Halt::Bls12381G2NotInSubgroup => ": point is not in the correct G2 subgroup",
        other => return Failure::new(FailureKind::Precompile, format!(": {other}")),
    };
    Failure::new(FailureKind::Precompile, words)
}
