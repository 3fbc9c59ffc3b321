//! The precompiled contracts: revm's, at the places where overrides put them, failing in geth's words.

use revm::precompile::{Precompile, PrecompileHalt, PrecompileSpecId, PrecompileStatus};
use zero_primitives::map::{AddressMap, AddressSet};
use zero_primitives::{Address, Bytes};

use crate::failures::{Failure, FailureKind};
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

/// What a precompile gave: its output and what is left of the gas, or its failure.
pub fn run(
    precompile: &Precompile,
    input: &[u8],
    gas: u64,
) -> Result<Result<(Bytes, u64), Failure>, String> {
    let output = precompile
        .execute(input, gas, 0)
        .map_err(|error| error.to_string())?;
    Ok(match output.status {
        PrecompileStatus::Success => match gas.checked_sub(output.gas_used) {
            Some(left) => Ok((output.bytes, left)),
            None => Err(Failure::of(FailureKind::OutOfGas)),
        },
        PrecompileStatus::Revert => Err(Failure::of(FailureKind::Precompile)),
        PrecompileStatus::Halt(halt) => Err(failure_of(&halt)),
    })
}

fn failure_of(halt: &PrecompileHalt) -> Failure {
    use PrecompileHalt as Halt;
    let words = match halt {
        Halt::OutOfGas
        | Halt::ModexpBaseOverflow
        | Halt::ModexpExpOverflow
        | Halt::ModexpModOverflow => return Failure::of(FailureKind::OutOfGas),
        Halt::ModexpEip7823LimitSize => {
            ": one or more of base/exponent/modulus length exceeded 1024 bytes"
        }
        Halt::Bn254PairLength => ": bad elliptic curve pairing size",
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
        | Halt::KzgInvalidInputLength => ": invalid input length",
        Halt::Blake2WrongFinalIndicatorFlag => ": invalid final flag",
        Halt::BlobMismatchedVersion => ": mismatched versioned hash",
        Halt::BlobVerifyKzgProofFailed => ": error verifying kzg proof",
        Halt::Bls12381FpPaddingInvalid => ": invalid field element top bytes",
        Halt::NonCanonicalFp => ": field element is not canonical",
        Halt::Bls12381G1NotOnCurve | Halt::Bls12381G2NotOnCurve => ": point is not on the curve",
        Halt::Bls12381G1NotInSubgroup | Halt::Bls12381G2NotInSubgroup => {
            ": point is not in the subgroup"
        }
        other => return Failure::new(FailureKind::Precompile, format!(": {other}")),
    };
    Failure::new(FailureKind::Precompile, words)
}
