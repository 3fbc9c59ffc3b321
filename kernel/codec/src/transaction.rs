use revm::primitives::{Address, B256, U256, keccak256};

use crate::parse::Reader;
use crate::recovery::signer;
use crate::rlp::{put_list_header, put_number, put_number64, put_text};

const LEGACY: u8 = 0;
const ACCESS_LIST: u8 = 1;
const BLOB: u8 = 3;
const SET_CODE: u8 = 4;

/// EIP-7702: what precedes a signed authorization.
const AUTHORIZATION_MAGIC: u8 = 5;

/// One account of an EIP-2930 access list and the slots of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessListEntry {
    pub address: Address,
    pub slots: Vec<U256>,
}

/// One EIP-7702 authorization as signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    pub chain_id: U256,
    pub address: Address,
    pub nonce: u64,
    pub y_parity: u8,
    pub r: U256,
    pub s: U256,
}

impl Authorization {
    /// The recovered signer; `None` where the signature is no valid one.
    pub fn authority(&self) -> Option<Address> {
        let mut fields = Vec::with_capacity(64);
        put_number(&mut fields, &self.chain_id);
        put_text(&mut fields, self.address.as_slice());
        put_number64(&mut fields, self.nonce);
        let mut signed = Vec::with_capacity(68);
        signed.push(AUTHORIZATION_MAGIC);
        put_list_header(&mut signed, fields.len());
        signed.extend_from_slice(&fields);
        signer(
            &keccak256(&signed),
            &U256::from(self.y_parity),
            &self.r,
            &self.s,
        )
    }
}

/// A transaction as its canonical encoding has it: nothing is hashed or recovered yet.
///
/// The fields are those of `devnet.chain.transaction.Transaction`; an impersonated one has s = 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction<'a> {
    pub kind: u8,
    /// `None` for a legacy transaction without EIP-155 replay protection.
    pub chain_id: Option<U256>,
    pub nonce: u64,
    pub gas_limit: u64,
    /// The gas price where the type has one price.
    pub max_fee_per_gas: U256,
    /// The gas price where the type has one price.
    pub max_priority_fee_per_gas: U256,
    /// `None` creates a contract.
    pub to: Option<Address>,
    pub value: U256,
    pub data: &'a [u8],
    /// As encoded: 27/28 or EIP-155's for legacy, the y parity for typed transactions.
    pub v: U256,
    pub r: U256,
    pub s: U256,
    pub access_list: Vec<AccessListEntry>,
    pub max_fee_per_blob_gas: U256,
    pub blob_hashes: Vec<B256>,
    pub authorizations: Vec<Authorization>,
    /// The EIP-2718 envelope.
    pub encoded: &'a [u8],
    /// The encoded members before the signature.
    signed: &'a [u8],
}

impl<'a> Transaction<'a> {
    /// The transaction with that canonical encoding: exactly what the reference takes, but for blob transactions
    /// with a sidecar. `None` for everything else.
    pub fn decode(encoded: &'a [u8]) -> Option<Self> {
        let kind = match *encoded.first()? {
            0xc0.. => LEGACY,
            kind @ ACCESS_LIST..=SET_CODE => kind,
            _ => return None,
        };
        let mut outer = Reader::new(&encoded[usize::from(kind != LEGACY)..]);
        let mut members = outer.list()?;
        if !outer.is_at_end() {
            return None;
        }
        let all = members;
        let mut chain_id = None;
        if kind != LEGACY {
            chain_id = Some(members.number()?);
        }
        let nonce = members.number64()?;
        let max_priority_fee_per_gas = members.number()?;
        let max_fee_per_gas = match kind {
            LEGACY | ACCESS_LIST => max_priority_fee_per_gas,
            _ => members.number()?,
        };
        let gas_limit = members.number64()?;
        let to = match members.text()? {
            [] if kind < BLOB => None,
            recipient => Some(Address::from(<[u8; 20]>::try_from(recipient).ok()?)),
        };
        let value = members.number()?;
        let data = members.text()?;
        let mut access_list = Vec::new();
        if kind != LEGACY {
            access_list = read_access_list(members.list()?)?;
        }
        let mut max_fee_per_blob_gas = U256::ZERO;
        let mut blob_hashes = Vec::new();
        if kind == BLOB {
            max_fee_per_blob_gas = members.number()?;
            let mut items = members.list()?;
            while !items.is_at_end() {
                blob_hashes.push(B256::from(items.sized::<32>()?));
            }
        }
        let mut authorizations = Vec::new();
        if kind == SET_CODE {
            let mut items = members.list()?;
            while !items.is_at_end() {
                authorizations.push(read_authorization(items.list()?)?);
            }
        }
        let signed = all.before(&members);
        let (v, r, s) = (members.number()?, members.number()?, members.number()?);
        if !members.is_at_end() {
            return None;
        }
        if kind == LEGACY && v >= U256::from(35) {
            chain_id = Some((v - U256::from(35)) >> 1);
        }
        Some(Self {
            kind,
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas,
            max_priority_fee_per_gas,
            to,
            value,
            data,
            v,
            r,
            s,
            access_list,
            max_fee_per_blob_gas,
            blob_hashes,
            authorizations,
            encoded,
            signed,
        })
    }

    /// The transaction's hash.
    pub fn hash(&self) -> B256 {
        keccak256(self.encoded)
    }

    /// The recovered signer; `None` where the signature is no valid one (an impersonated one has none).
    pub fn sender(&self) -> Option<Address> {
        let y_parity = if self.kind != LEGACY {
            self.v
        } else if self.chain_id.is_some() {
            (self.v - U256::from(35)) & U256::ONE
        } else {
            self.v.checked_sub(U256::from(27))?
        };
        signer(&self.signing_digest(), &y_parity, &self.r, &self.s)
    }

    /// The hash that the sender signs.
    fn signing_digest(&self) -> B256 {
        let mut end = Vec::new();
        if self.kind == LEGACY
            && let Some(chain_id) = &self.chain_id
        {
            put_number(&mut end, chain_id);
            end.extend_from_slice(&[0x80, 0x80]);
        }
        let mut message = Vec::with_capacity(self.signed.len() + 48);
        if self.kind != LEGACY {
            message.push(self.kind);
        }
        put_list_header(&mut message, self.signed.len() + end.len());
        message.extend_from_slice(self.signed);
        message.extend_from_slice(&end);
        keccak256(&message)
    }
}

fn read_access_list(mut items: Reader<'_>) -> Option<Vec<AccessListEntry>> {
    let mut entries = Vec::new();
    while !items.is_at_end() {
        let mut pair = items.list()?;
        let address = Address::from(pair.sized::<20>()?);
        let mut slot_items = pair.list()?;
        if !pair.is_at_end() {
            return None;
        }
        let mut slots = Vec::with_capacity(slot_items.left() / 33);
        while !slot_items.is_at_end() {
            slots.push(U256::from_be_bytes(*slot_items.sized::<32>()?));
        }
        entries.push(AccessListEntry { address, slots });
    }
    Some(entries)
}

fn read_authorization(mut fields: Reader<'_>) -> Option<Authorization> {
    let chain_id = fields.number()?;
    let address = Address::from(fields.sized::<20>()?);
    let nonce = fields.number64()?;
    let y_parity = u8::try_from(fields.number64()?).ok()?;
    let (r, s) = (fields.number()?, fields.number()?);
    fields.is_at_end().then_some(Authorization {
        chain_id,
        address,
        nonce,
        y_parity,
        r,
        s,
    })
}
