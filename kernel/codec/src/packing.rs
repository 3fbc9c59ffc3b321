//! Blocks' transactions and receipts as archives have them (`devnet/chain/content_packing.py`).

use revm::primitives::{Address, B256, U256};

use crate::Transaction;
use crate::parse::Reader;
use crate::receipts::{Log, log_size, put_log};
use crate::rlp::{
    header_size, number_size, number64_size, put_list_header, put_number, put_number64, put_text,
    text_size,
};

/// A transaction as it is packed.
pub struct PackedTransaction<'a> {
    pub encoded: &'a [u8],
    pub sender: &'a [u8],
    /// Empty where a signature is none.
    pub authorities: Vec<&'a [u8]>,
}

/// A receipt as it is packed: what cannot be derived.
pub struct PackedReceipt<'a> {
    pub has_succeeded: bool,
    pub gas_used: u64,
    pub effective_gas_price: U256,
    /// Empty where none was created.
    pub contract_address: &'a [u8],
    pub logs: Vec<Log<'a>>,
}

/// The two lists, one after the other.
pub fn pack(transactions: &[PackedTransaction<'_>], receipts: &[PackedReceipt<'_>]) -> Vec<u8> {
    let transactions_size = transactions.iter().map(|item| listed(item.size().0)).sum();
    let receipts_size = receipts.iter().map(|item| listed(item.size().0)).sum();
    let mut out = Vec::with_capacity(listed(transactions_size) + listed(receipts_size));
    put_list_header(&mut out, transactions_size);
    for item in transactions {
        item.put(&mut out);
    }
    put_list_header(&mut out, receipts_size);
    for item in receipts {
        item.put(&mut out);
    }
    out
}

/// Bytes of a list whose members take so many.
fn listed(content: usize) -> usize {
    header_size(content) + content
}

impl<'a> PackedTransaction<'a> {
    /// Bytes of the members, and of those of the authorities.
    fn size(&self) -> (usize, usize) {
        let authorities = self.authorities.iter().map(|item| text_size(item)).sum();
        let content = text_size(self.encoded) + text_size(self.sender) + listed(authorities);
        (content, authorities)
    }

    fn put(&self, out: &mut Vec<u8>) {
        let (content, authorities) = self.size();
        put_list_header(out, content);
        put_text(out, self.encoded);
        put_text(out, self.sender);
        put_list_header(out, authorities);
        for authority in &self.authorities {
            put_text(out, authority);
        }
    }

    fn read(mut fields: Reader<'a>) -> Option<Self> {
        let encoded = fields.text()?;
        let sender = fields.sized::<20>()?;
        let mut items = fields.list()?;
        let mut authorities = Vec::new();
        while !items.is_at_end() {
            authorities.push(optional_address(items.text()?)?);
        }
        fields.is_at_end().then_some(Self {
            encoded,
            sender,
            authorities,
        })
    }
}

impl<'a> PackedReceipt<'a> {
    /// Bytes of the members, and of the logs.
    fn size(&self) -> (usize, usize) {
        let logs = self.logs.iter().map(log_size).sum();
        let content = 1
            + number64_size(self.gas_used)
            + number_size(&self.effective_gas_price)
            + text_size(self.contract_address)
            + listed(logs);
        (content, logs)
    }

    fn put(&self, out: &mut Vec<u8>) {
        let (content, logs) = self.size();
        put_list_header(out, content);
        put_number64(out, u64::from(self.has_succeeded));
        put_number64(out, self.gas_used);
        put_number(out, &self.effective_gas_price);
        put_text(out, self.contract_address);
        put_list_header(out, logs);
        for log in &self.logs {
            put_log(out, log);
        }
    }

    fn read(mut fields: Reader<'a>) -> Option<Self> {
        let has_succeeded = match fields.text()? {
            [] => false,
            [1] => true,
            _ => return None,
        };
        let gas_used = fields.number64()?;
        let effective_gas_price = fields.number()?;
        let contract_address = optional_address(fields.text()?)?;
        let mut items = fields.list()?;
        let mut logs = Vec::new();
        while !items.is_at_end() {
            logs.push(read_log(items.list()?)?);
        }
        fields.is_at_end().then_some(Self {
            has_succeeded,
            gas_used,
            effective_gas_price,
            contract_address,
            logs,
        })
    }
}

fn read_log(mut fields: Reader<'_>) -> Option<Log<'_>> {
    let address = fields.sized::<20>()?;
    let mut items = fields.list()?;
    let mut topics: Vec<&[u8]> = Vec::with_capacity(items.left() / 33);
    while !items.is_at_end() {
        topics.push(items.sized::<32>()?);
    }
    let data = fields.text()?;
    fields.is_at_end().then_some(Log {
        address,
        topics,
        data,
    })
}

fn optional_address(bytes: &[u8]) -> Option<&[u8]> {
    matches!(bytes.len(), 0 | 20).then_some(bytes)
}

/// A transaction out of an archive.
pub struct Unpacked<'a> {
    pub transaction: Transaction<'a>,
    pub hash: B256,
    pub sender: Address,
    pub authorities: Vec<Option<Address>>,
    pub receipt: PackedReceipt<'a>,
}

/// The inverse of `pack`, with 32 bytes of hash for each transaction; `None` for what is not well-formed.
pub fn unpack<'a>(
    transactions: &'a [u8],
    receipts: &'a [u8],
    hashes: &[u8],
) -> Option<Vec<Unpacked<'a>>> {
    let mut transactions = whole_list(transactions)?;
    let mut receipts = whole_list(receipts)?;
    let (hashes, []) = hashes.as_chunks::<32>() else {
        return None;
    };
    let mut found = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let packed = PackedTransaction::read(transactions.list()?)?;
        let transaction = Transaction::decode(packed.encoded)?;
        if transaction.authorizations.len() != packed.authorities.len() {
            return None;
        }
        found.push(Unpacked {
            transaction,
            hash: B256::from(hash),
            sender: Address::from_slice(packed.sender),
            authorities: packed
                .authorities
                .iter()
                .map(|authority| Address::try_from(*authority).ok())
                .collect(),
            receipt: PackedReceipt::read(receipts.list()?)?,
        });
    }
    (transactions.is_at_end() && receipts.is_at_end()).then_some(found)
}

fn whole_list(encoded: &[u8]) -> Option<Reader<'_>> {
    let mut reader = Reader::new(encoded);
    let members = reader.list()?;
    reader.is_at_end().then_some(members)
}
