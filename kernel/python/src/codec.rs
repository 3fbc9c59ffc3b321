use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};
use pyo3::{IntoPyObjectExt, intern};
use zero_codec::{
    Authorization, Bloom, Content, Decoding as Begun, Included, Log, PackedReceipt,
    PackedTransaction, SignedTransaction, Transaction, Unpacked, bloom_of, content_of, joined,
    pack, recover_many, unpack,
};
use zero_primitives::{Address, B256, Threads, U256};

use crate::convert::{int_from_word, word_from_int};
use crate::pool::Pool;
use crate::record::Record;

/// Fewer transactions than this are decoded on the calling thread: waking another costs more.
const WORTH_SHARING: usize = 3;

/// Blocks of fewer transactions than this are sealed on the calling thread.
const WORTH_SHARING_A_BLOCK: usize = 64;

/// EIP-4844.
const GAS_PER_BLOB: u64 = 131_072;

/// Decodes and seals (`devnet.chain.codec.Codec`).
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct Codec {
    threads: Arc<Threads>,
    transaction: Record<20>,
    access_list_entry: Record<2>,
    authorization: Record<7>,
    receipt: Record<10>,
    log: Record<3>,
    empty_bloom: Py<PyAny>,
}

#[pymethods]
impl Codec {
    #[new]
    fn new(py: Python<'_>, pool: &Pool) -> PyResult<Self> {
        let transactions = "devnet.chain.transaction";
        Ok(Self {
            threads: pool.threads.clone(),
            transaction: Record::import(
                py,
                transactions,
                "Transaction",
                [
                    "type",
                    "chain_id",
                    "nonce",
                    "gas_limit",
                    "max_fee_per_gas",
                    "max_priority_fee_per_gas",
                    "to",
                    "value",
                    "data",
                    "v",
                    "r",
                    "s",
                    "sender",
                    "hash",
                    "encoded",
                    "access_list",
                    "max_fee_per_blob_gas",
                    "blob_hashes",
                    "authorizations",
                    "is_impersonated",
                ],
            )?,
            access_list_entry: Record::import(
                py,
                transactions,
                "AccessListEntry",
                ["address", "slots"],
            )?,
            authorization: Record::import(
                py,
                transactions,
                "Authorization",
                [
                    "chain_id",
                    "address",
                    "nonce",
                    "y_parity",
                    "r",
                    "s",
                    "authority",
                ],
            )?,
            receipt: Record::import(
                py,
                "devnet.chain.block",
                "Receipt",
                [
                    "transaction_type",
                    "status",
                    "cumulative_gas_used",
                    "bloom",
                    "logs",
                    "gas_used",
                    "effective_gas_price",
                    "contract_address",
                    "blob_gas_used",
                    "first_log_index",
                ],
            )?,
            log: Record::import(
                py,
                "devnet.chain.block",
                "Log",
                ["address", "topics", "data"],
            )?,
            empty_bloom: py
                .import("devnet.chain.receipt_codec")?
                .getattr("EMPTY_BLOOM")?
                .unbind(),
        })
    }

    /// The transaction in `raw`, or None where the reference has to say what it is.
    fn decode<'py>(&self, raw: &Bound<'py, PyBytes>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = raw.py();
        let encoded = raw.as_bytes();
        match py.detach(|| SignedTransaction::decode(encoded)) {
            Some(signed) => self.python_signed(raw, &signed).map(Some),
            None => Ok(None),
        }
    }

    /// As `decode` for each; a transaction stands in a pair with None, for no sidecar.
    fn decode_many<'py>(
        &self,
        py: Python<'py>,
        raws: Vec<Bound<'py, PyBytes>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let encoded: Vec<&[u8]> = raws.iter().map(|raw| raw.as_bytes()).collect();
        let pool = self
            .threads
            .several()
            .filter(|_| encoded.len() >= WORTH_SHARING);
        let decoded = py.detach(|| SignedTransaction::decode_many(&encoded, pool));
        let made = PyList::empty(py);
        for (raw, signed) in raws.iter().zip(&decoded) {
            match signed {
                Some(signed) => {
                    made.append((self.python_signed(raw, signed)?, py.None()))?;
                }
                None => made.append(py.None())?,
            }
        }
        Ok(made)
    }

    /// Begins `decode_many` on the pool's threads.
    fn begin(slf: &Bound<'_, Self>, raws: Vec<Bound<'_, PyBytes>>) -> Decoding {
        let encoded = raws.iter().map(|raw| raw.as_bytes().into()).collect();
        Decoding {
            begun: Begun::begin(encoded, slf.get().threads.several()),
            raws: raws.into_iter().map(Bound::unbind).collect(),
            codec: slf.clone().unbind(),
        }
    }

    /// As `devnet.chain.content_packing` has it; None where only the reference can.
    fn pack_content<'py>(
        &self,
        py: Python<'py>,
        transactions: Vec<Bound<'py, PyAny>>,
        receipts: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let mut envelopes = Vec::with_capacity(transactions.len());
        for transaction in &transactions {
            envelopes.push(Envelope::of(transaction)?);
        }
        let mut outcomes = Vec::with_capacity(receipts.len());
        for receipt in &receipts {
            match PackedOutcome::of(receipt)? {
                Some(outcome) => outcomes.push(outcome),
                None => return Ok(None),
            }
        }
        let envelopes: Vec<PackedTransaction<'_>> =
            envelopes.iter().map(Envelope::packed).collect();
        let outcomes: Vec<PackedReceipt<'_>> = outcomes.iter().map(PackedOutcome::packed).collect();
        let packed = py.detach(|| pack(&envelopes, &outcomes));
        Ok(Some(PyBytes::new(py, &packed)))
    }

    /// As `devnet.chain.content_packing` has it; None for what is not well-formed.
    fn unpack_content<'py>(
        &self,
        py: Python<'py>,
        transactions: &Bound<'py, PyBytes>,
        receipts: &Bound<'py, PyBytes>,
        hashes: &Bound<'py, PyBytes>,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let parts = (
            transactions.as_bytes(),
            receipts.as_bytes(),
            hashes.as_bytes(),
        );
        let unpacked = py.detach(|| {
            let found = unpack(parts.0, parts.1, parts.2)?;
            let blooms: Vec<_> = found
                .iter()
                .map(|item| &item.receipt.logs)
                .map(|logs| (!logs.is_empty()).then(|| Box::new(bloom_of(logs))))
                .collect();
            Some((found, blooms))
        });
        match unpacked {
            Some((found, blooms)) => self.python_unpacked(py, &found, &blooms),
            None => Ok(None),
        }
    }

    /// The addresses whose keys signed; signatures are r, s and the parity of y.
    fn recover_many<'py>(
        &self,
        py: Python<'py>,
        digests: Vec<Bound<'py, PyBytes>>,
        signatures: Vec<Bound<'py, PyBytes>>,
    ) -> PyResult<Bound<'py, PyList>> {
        if digests.len() != signatures.len() {
            return Err(PyValueError::new_err(format!(
                "{} digests and {} signatures",
                digests.len(),
                signatures.len()
            )));
        }
        let signed: Vec<(&[u8], &[u8])> = digests
            .iter()
            .zip(&signatures)
            .map(|(digest, signature)| (digest.as_bytes(), signature.as_bytes()))
            .collect();
        let pool = self.threads.several();
        let signers = py.detach(|| recover_many(&signed, pool));
        let addresses = signers
            .iter()
            .map(|signer| signer.map(|address| PyBytes::new(py, address.as_slice())));
        PyList::new(py, addresses)
    }

    /// (receipts, transactions root, receipts root, bloom, gas used, blob gas used, size) of a block.
    fn seal_content<'py>(
        &self,
        py: Python<'py>,
        transactions: Vec<Bound<'py, PyAny>>,
        results: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        if transactions.len() != results.len() {
            return Err(PyValueError::new_err(format!(
                "{} transactions and {} results",
                transactions.len(),
                results.len()
            )));
        }
        let mut rows = Vec::with_capacity(results.len());
        for (transaction, result) in transactions.iter().zip(&results) {
            rows.push(Row::of(transaction, result)?);
        }
        let mut included = Vec::with_capacity(rows.len());
        let mut gas_used = 0;
        for row in &rows {
            gas_used += row.gas_used;
            included.push(row.included(gas_used));
        }
        let content = py.detach(|| match self.threads.several() {
            Some(pool) if included.len() >= WORTH_SHARING_A_BLOCK => {
                pool.install(|| content_of(&included, true))
            }
            _ => content_of(&included, false),
        });
        self.python_content(py, &rows, &included, &content)
    }
}

/// Transactions that are being decoded (`devnet.chain.codec.Decoding`).
#[pyclass(frozen, module = "devnet.kernel.zero_kernel")]
pub struct Decoding {
    begun: Arc<Begun>,
    raws: Vec<Py<PyBytes>>,
    codec: Py<Codec>,
}

#[pymethods]
impl Decoding {
    #[getter]
    fn is_done(&self) -> bool {
        self.begun.is_done()
    }

    /// As `Codec.decode_many`, once everything is done: this thread helps.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        py.detach(|| self.begun.finish());
        let codec = self.codec.get();
        let made = PyList::empty(py);
        for (index, raw) in self.raws.iter().enumerate() {
            match self.begun.get(index) {
                Some(signed) => {
                    made.append((codec.python_signed(raw.bind(py), &signed)?, py.None()))?;
                }
                None => made.append(py.None())?,
            }
        }
        Ok(made)
    }
}

/// What is read of a transaction and of its result.
struct Row<'py> {
    kind: u8,
    encoded: Bound<'py, PyBytes>,
    blobs: usize,
    gas_used: u64,
    has_succeeded: bool,
    logs: Bound<'py, PyTuple>,
    log_parts: Vec<LogParts<'py>>,
    result: Bound<'py, PyAny>,
}

struct LogParts<'py> {
    address: Bound<'py, PyBytes>,
    topics: Vec<Bound<'py, PyBytes>>,
    data: Bound<'py, PyBytes>,
}

impl<'py> Row<'py> {
    fn of(transaction: &Bound<'py, PyAny>, result: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = transaction.py();
        let kind = transaction.getattr(intern!(py, "type"))?.extract()?;
        let blobs = match kind {
            3 => transaction.getattr(intern!(py, "blob_hashes"))?.len()?,
            _ => 0,
        };
        let logs = result
            .getattr(intern!(py, "logs"))?
            .cast_into::<PyTuple>()?;
        let log_parts = LogParts::of_all(&logs)?;
        Ok(Self {
            kind,
            encoded: transaction.getattr(intern!(py, "encoded"))?.cast_into()?,
            blobs,
            gas_used: result.getattr(intern!(py, "gas_used"))?.extract()?,
            has_succeeded: result.getattr(intern!(py, "failure"))?.is_none(),
            logs,
            log_parts,
            result: result.clone(),
        })
    }

    fn included(&self, cumulative_gas_used: u64) -> Included<'_> {
        Included {
            kind: self.kind,
            encoded: self.encoded.as_bytes(),
            has_succeeded: self.has_succeeded,
            cumulative_gas_used,
            logs: self.log_parts.iter().map(LogParts::log).collect(),
        }
    }
}

impl<'py> LogParts<'py> {
    fn of_all(logs: &Bound<'py, PyTuple>) -> PyResult<Vec<Self>> {
        let py = logs.py();
        let mut parts = Vec::with_capacity(logs.len());
        for log in logs {
            parts.push(Self {
                address: log.getattr(intern!(py, "address"))?.cast_into()?,
                topics: log.getattr(intern!(py, "topics"))?.extract()?,
                data: log.getattr(intern!(py, "data"))?.cast_into()?,
            });
        }
        Ok(parts)
    }

    fn log(&self) -> Log<'_> {
        Log {
            address: self.address.as_bytes(),
            topics: self.topics.iter().map(|topic| topic.as_bytes()).collect(),
            data: self.data.as_bytes(),
        }
    }
}

/// What is packed of a transaction.
struct Envelope<'py> {
    encoded: Bound<'py, PyBytes>,
    sender: Bound<'py, PyBytes>,
    authorities: Vec<Option<Bound<'py, PyBytes>>>,
}

impl<'py> Envelope<'py> {
    fn of(transaction: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = transaction.py();
        let mut authorities = Vec::new();
        for item in transaction
            .getattr(intern!(py, "authorizations"))?
            .cast_into::<PyTuple>()?
        {
            authorities.push(item.getattr(intern!(py, "authority"))?.extract()?);
        }
        Ok(Self {
            encoded: transaction.getattr(intern!(py, "encoded"))?.cast_into()?,
            sender: transaction.getattr(intern!(py, "sender"))?.cast_into()?,
            authorities,
        })
    }

    fn packed(&self) -> PackedTransaction<'_> {
        PackedTransaction {
            encoded: self.encoded.as_bytes(),
            sender: self.sender.as_bytes(),
            authorities: self.authorities.iter().map(bytes_or_none).collect(),
        }
    }
}

/// What is packed of a receipt.
struct PackedOutcome<'py> {
    has_succeeded: bool,
    gas_used: u64,
    effective_gas_price: U256,
    contract_address: Option<Bound<'py, PyBytes>>,
    logs: Vec<LogParts<'py>>,
}

impl<'py> PackedOutcome<'py> {
    /// None for a price of more than 256 bits.
    fn of(receipt: &Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let py = receipt.py();
        let price = receipt.getattr(intern!(py, "effective_gas_price"))?;
        let effective_gas_price = match price.extract::<u64>() {
            Ok(small) => U256::from(small),
            Err(_) => match word_from_int(&price)? {
                Some(word) => word,
                None => return Ok(None),
            },
        };
        Ok(Some(Self {
            has_succeeded: receipt.getattr(intern!(py, "status"))?.is_truthy()?,
            gas_used: receipt.getattr(intern!(py, "gas_used"))?.extract()?,
            effective_gas_price,
            contract_address: receipt
                .getattr(intern!(py, "contract_address"))?
                .extract()?,
            logs: LogParts::of_all(&receipt.getattr(intern!(py, "logs"))?.cast_into()?)?,
        }))
    }

    fn packed(&self) -> PackedReceipt<'_> {
        PackedReceipt {
            has_succeeded: self.has_succeeded,
            gas_used: self.gas_used,
            effective_gas_price: self.effective_gas_price,
            contract_address: bytes_or_none(&self.contract_address),
            logs: self.logs.iter().map(LogParts::log).collect(),
        }
    }
}

fn bytes_or_none<'a>(bytes: &'a Option<Bound<'_, PyBytes>>) -> &'a [u8] {
    bytes.as_ref().map_or(&[], |bytes| bytes.as_bytes())
}

impl Codec {
    fn python_unpacked<'py>(
        &self,
        py: Python<'py>,
        found: &[Unpacked<'_>],
        blooms: &[Option<Box<Bloom>>],
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let mut transactions = Vec::with_capacity(found.len());
        let mut receipts = Vec::with_capacity(found.len());
        let (mut cumulative_gas_used, mut first_log_index) = (0_u64, 0);
        for (item, bloom) in found.iter().zip(blooms) {
            let encoded = PyBytes::new(py, item.transaction.encoded);
            transactions.push(self.python_transaction(
                &encoded,
                &item.transaction,
                &item.hash,
                &item.sender,
                &item.authorities,
            )?);
            let receipt = &item.receipt;
            let Some(cumulative) = cumulative_gas_used.checked_add(receipt.gas_used) else {
                return Ok(None);
            };
            cumulative_gas_used = cumulative;
            receipts.push(
                self.receipt.make(
                    py,
                    [
                        item.transaction.kind.into_bound_py_any(py)?,
                        receipt.has_succeeded.into_bound_py_any(py)?,
                        cumulative.into_bound_py_any(py)?,
                        self.python_bloom(py, bloom),
                        self.python_logs(py, &receipt.logs)?.into_any(),
                        receipt.gas_used.into_bound_py_any(py)?,
                        int_from_word(py, &receipt.effective_gas_price)?,
                        match receipt.contract_address {
                            [] => py.None().into_bound(py),
                            address => python_bytes(py, address),
                        },
                        (GAS_PER_BLOB * item.transaction.blob_hashes.len() as u64)
                            .into_bound_py_any(py)?,
                        first_log_index.into_bound_py_any(py)?,
                    ],
                )?,
            );
            first_log_index += receipt.logs.len();
        }
        (
            PyTuple::new(py, transactions)?,
            PyTuple::new(py, receipts)?,
            self.python_bloom(py, &joined(blooms)),
        )
            .into_pyobject(py)
            .map(Some)
    }

    fn python_logs<'py>(&self, py: Python<'py>, logs: &[Log<'_>]) -> PyResult<Bound<'py, PyTuple>> {
        let mut made = Vec::with_capacity(logs.len());
        for log in logs {
            let topics = log.topics.iter().map(|topic| PyBytes::new(py, topic));
            made.push(self.log.make(
                py,
                [
                    python_bytes(py, log.address),
                    PyTuple::new(py, topics)?.into_any(),
                    python_bytes(py, log.data),
                ],
            )?);
        }
        PyTuple::new(py, made)
    }

    fn python_bloom<'py>(&self, py: Python<'py>, bloom: &Option<Box<Bloom>>) -> Bound<'py, PyAny> {
        match bloom {
            Some(bloom) => python_bytes(py, bloom.as_slice()),
            None => self.empty_bloom.bind(py).clone(),
        }
    }

    fn python_content<'py>(
        &self,
        py: Python<'py>,
        rows: &[Row<'py>],
        included: &[Included<'_>],
        content: &Content,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut receipts = Vec::with_capacity(rows.len());
        let (mut first_log_index, mut blob_gas_used) = (0, 0);
        for ((row, included), bloom) in rows.iter().zip(included).zip(&content.blooms) {
            let blob_gas = GAS_PER_BLOB * row.blobs as u64;
            receipts.push(self.receipt.make(
                py,
                [
                    row.kind.into_bound_py_any(py)?,
                    row.has_succeeded.into_bound_py_any(py)?,
                    included.cumulative_gas_used.into_bound_py_any(py)?,
                    self.python_bloom(py, bloom),
                    row.logs.clone().into_any(),
                    row.gas_used.into_bound_py_any(py)?,
                    row.result.getattr(intern!(py, "effective_gas_price"))?,
                    row.result.getattr(intern!(py, "contract_address"))?,
                    blob_gas.into_bound_py_any(py)?,
                    first_log_index.into_bound_py_any(py)?,
                ],
            )?);
            first_log_index += row.log_parts.len();
            blob_gas_used += blob_gas;
        }
        let gas_used = included.last().map_or(0, |last| last.cumulative_gas_used);
        (
            PyTuple::new(py, receipts)?,
            PyBytes::new(py, content.transactions_root.as_slice()),
            PyBytes::new(py, content.receipts_root.as_slice()),
            self.python_bloom(py, &content.bloom),
            gas_used,
            blob_gas_used,
            content.size,
        )
            .into_pyobject(py)
    }

    fn python_signed<'py>(
        &self,
        raw: &Bound<'py, PyBytes>,
        signed: &SignedTransaction<'_>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.python_transaction(
            raw,
            &signed.transaction,
            &signed.hash,
            &signed.sender,
            &signed.authorities,
        )
    }

    fn python_transaction<'py>(
        &self,
        encoded: &Bound<'py, PyBytes>,
        transaction: &Transaction<'_>,
        hash: &B256,
        sender: &Address,
        authorities: &[Option<Address>],
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = encoded.py();
        let none = py.None().into_bound(py);
        let max_fee = int_from_word(py, &transaction.max_fee_per_gas)?;
        let max_priority_fee = match transaction.kind {
            0 | 1 => max_fee.clone(),
            _ => int_from_word(py, &transaction.max_priority_fee_per_gas)?,
        };
        let chain_id = match &transaction.chain_id {
            Some(chain_id) => int_from_word(py, chain_id)?,
            None => none.clone(),
        };
        let to = match &transaction.to {
            Some(to) => python_bytes(py, to.as_slice()),
            None => none,
        };
        let mut entries = Vec::with_capacity(transaction.access_list.len());
        for entry in &transaction.access_list {
            let slots = python_ints(py, &entry.slots)?;
            let address = python_bytes(py, entry.address.as_slice());
            entries.push(
                self.access_list_entry
                    .make(py, [address, slots.into_any()])?,
            );
        }
        let hashes = transaction.blob_hashes.iter();
        let hashes = PyTuple::new(py, hashes.map(|hash| python_bytes(py, hash.as_slice())))?;
        self.transaction.make(
            py,
            [
                transaction.kind.into_bound_py_any(py)?,
                chain_id,
                transaction.nonce.into_bound_py_any(py)?,
                transaction.gas_limit.into_bound_py_any(py)?,
                max_fee,
                max_priority_fee,
                to,
                int_from_word(py, &transaction.value)?,
                python_bytes(py, transaction.data),
                int_from_word(py, &transaction.v)?,
                int_from_word(py, &transaction.r)?,
                int_from_word(py, &transaction.s)?,
                python_bytes(py, sender.as_slice()),
                python_bytes(py, hash.as_slice()),
                encoded.clone().into_any(),
                PyTuple::new(py, entries)?.into_any(),
                int_from_word(py, &transaction.max_fee_per_blob_gas)?,
                hashes.into_any(),
                self.python_authorizations(py, &transaction.authorizations, authorities)?
                    .into_any(),
                // No valid signature has s = 0.
                transaction.s.is_zero().into_bound_py_any(py)?,
            ],
        )
    }

    fn python_authorizations<'py>(
        &self,
        py: Python<'py>,
        items: &[Authorization],
        authorities: &[Option<Address>],
    ) -> PyResult<Bound<'py, PyTuple>> {
        let mut made = Vec::with_capacity(items.len());
        for (item, authority) in items.iter().zip(authorities) {
            made.push(self.authorization.make(
                py,
                [
                    int_from_word(py, &item.chain_id)?,
                    python_bytes(py, item.address.as_slice()),
                    item.nonce.into_bound_py_any(py)?,
                    item.y_parity.into_bound_py_any(py)?,
                    int_from_word(py, &item.r)?,
                    int_from_word(py, &item.s)?,
                    match authority {
                        Some(address) => python_bytes(py, address.as_slice()),
                        None => py.None().into_bound(py),
                    },
                ],
            )?);
        }
        PyTuple::new(py, made)
    }
}

fn python_bytes<'py>(py: Python<'py>, bytes: &[u8]) -> Bound<'py, PyAny> {
    PyBytes::new(py, bytes).into_any()
}

fn python_ints<'py>(py: Python<'py>, words: &[U256]) -> PyResult<Bound<'py, PyTuple>> {
    let mut made = Vec::with_capacity(words.len());
    for word in words {
        made.push(int_from_word(py, word)?);
    }
    PyTuple::new(py, made)
}

pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Codec>()?;
    module.add_class::<Decoding>()
}
