//! Signatures on BLS12-381 (`devnet.settlement.native_bls`).

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use zero_bls::{KeptKeys, KeptMessages, KeptSignatures, Key, Message, NoSecret};

use crate::faults::{caught, fault};

/// Keys and signatures whose points are kept, of each object its own.
const KEPT: usize = 2048;

/// Messages whose points are kept: those of a few rounds.
const KEPT_MESSAGES: usize = 16;

/// What `devnet.settlement.native_bls.NativeBlsSignatures` is made of.
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct Bls {
    keys: KeptKeys,
    signatures: KeptSignatures,
    messages: KeptMessages,
}

#[pymethods]
impl Bls {
    #[new]
    fn new() -> Self {
        Self {
            keys: KeptKeys::new(KEPT),
            signatures: KeptSignatures::new(KEPT),
            messages: KeptMessages::new(KEPT_MESSAGES),
        }
    }

    fn public_key<'py>(&self, py: Python<'py>, secret: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        of_secret(py, || zero_bls::public_key(secret))
    }

    fn sign<'py>(
        &self,
        py: Python<'py>,
        secret: &[u8],
        message: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        of_secret(py, || {
            // Those of another length are nothing that validators sign.
            let known = self.messages.read(message);
            let point = known.unwrap_or_else(|| Message::of(message));
            let signature = zero_bls::sign(secret, &point)?;
            let bytes = signature.compressed();
            // Whoever signs adds up soon.
            self.signatures.keep(bytes, signature);
            Ok(bytes)
        })
    }

    fn prove_possession<'py>(
        &self,
        py: Python<'py>,
        secret: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        of_secret(py, || zero_bls::prove_possession(secret))
    }

    fn verify(
        &self,
        py: Python<'_>,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> PyResult<bool> {
        answer(py, || {
            let (key, signature) = (
                self.keys.read(public_key)?,
                self.signatures.read(signature)?,
            );
            Some(zero_bls::verify(&key, message, &signature))
        })
    }

    fn aggregate<'py>(
        &self,
        py: Python<'py>,
        signatures: Vec<Bound<'py, PyBytes>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        if signatures.is_empty() {
            return Err(PyValueError::new_err("nothing to aggregate"));
        }
        let signatures: Vec<&[u8]> = signatures.iter().map(|one| one.as_bytes()).collect();
        let total = without_lock(py, || {
            let points: Option<Vec<_>> = signatures
                .iter()
                .map(|one| self.signatures.read(one))
                .collect();
            points.and_then(|points| zero_bls::aggregate(&points))
        })?;
        total
            .map(|total| PyBytes::new(py, &total))
            .ok_or_else(no_signature)
    }

    fn verify_aggregate<'py>(
        &self,
        py: Python<'py>,
        public_keys: Vec<Bound<'py, PyBytes>>,
        message: &[u8],
        signature: &[u8],
    ) -> PyResult<bool> {
        let public_keys: Vec<&[u8]> = public_keys.iter().map(|one| one.as_bytes()).collect();
        answer(py, || {
            let signature = self.signatures.read(signature)?;
            let keys: Option<Vec<Key>> =
                public_keys.iter().map(|key| self.keys.read(key)).collect();
            Some(zero_bls::verify_aggregate(&keys?, message, &signature))
        })
    }

    fn verify_possession(&self, py: Python<'_>, public_key: &[u8], proof: &[u8]) -> PyResult<bool> {
        answer(py, || {
            let (key, proof) = (self.keys.read(public_key)?, self.signatures.read(proof)?);
            Some(zero_bls::verify_possession(&key, &proof))
        })
    }

    fn uncompressed_key<'py>(
        &self,
        py: Python<'py>,
        public_key: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let point = without_lock(py, || self.keys.read(public_key))?
            .ok_or_else(|| no_point("public key"))?;
        Ok(PyBytes::new(py, &point.uncompressed()))
    }

    fn uncompressed_signature<'py>(
        &self,
        py: Python<'py>,
        signature: &[u8],
    ) -> PyResult<Bound<'py, PyBytes>> {
        let point =
            without_lock(py, || self.signatures.read(signature))?.ok_or_else(no_signature)?;
        Ok(PyBytes::new(py, &point.uncompressed()))
    }
}

fn without_lock<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| caught(work)).map_err(|words| fault(&words))
}

/// What a check says; bytes that are no points are no signature of anybody.
fn answer(py: Python<'_>, check: impl FnOnce() -> Option<bool> + Send) -> PyResult<bool> {
    Ok(without_lock(py, check)?.unwrap_or(false))
}

fn of_secret<'py, const SIZE: usize>(
    py: Python<'py>,
    make: impl FnOnce() -> Result<[u8; SIZE], NoSecret> + Send,
) -> PyResult<Bound<'py, PyBytes>> {
    match without_lock(py, make)? {
        Ok(bytes) => Ok(PyBytes::new(py, &bytes)),
        Err(NoSecret) => Err(PyValueError::new_err(
            "a secret is 32 bytes, big-endian, from 1 to below the group's order",
        )),
    }
}

fn no_signature() -> PyErr {
    no_point("signature")
}

fn no_point(what: &str) -> PyErr {
    PyValueError::new_err(format!(
        "no {what}: not the bytes of a point that can be one"
    ))
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Bls>()
}
