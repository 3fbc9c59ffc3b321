//! What a block does after its transactions and fees: the messages that its logs tell of go into the zone's
//! outbox (protocol section 8). It mirrors `devnet.chain.outbox` and `devnet.execution.pyevm.system_calls`.

use revm::primitives::{Address, B256, Log, U256, address, b256, keccak256};
use zero_primitives::Bytes;

use crate::calls::Frames;
use crate::machine::{Machine, Stopped};
use crate::system_calls::call;
use crate::transaction::TransactionResult;

const ENDPOINT: Address = address!("1a44076050125825900e736c501f859c50fe728c");
const OUTBOX: Address = address!("5a45524f00000000000000000000000000000006");
/// keccak256("PacketSent(bytes,bytes,address)").
const PACKET_SENT: B256 = b256!("1ab700d4ced0c005b164c0f789fd09fcbb0156d4c2041b8a3bfbcd961cd1567f");
const HEADER_SIZE: usize = 81;
const GUID_SIZE: usize = 32;
/// Selector of `append(bytes32[])`.
const APPEND: [u8; 4] = [0xbd, 0x95, 0x95, 0x5c];
/// Messages of one call, which has the gas of a system call.
const MOST_LEAVES: usize = 8_192;

/// What the outbox holds of the packet that a log tells of; None for other logs.
pub fn leaf_of(log: &Log) -> Option<B256> {
    if log.address != ENDPOINT || log.data.topics().first() != Some(&PACKET_SENT) {
        return None;
    }
    let packet = first_bytes(&log.data.data)?;
    if packet.len() < HEADER_SIZE + GUID_SIZE {
        return None;
    }
    let (header, payload) = packet.split_at(HEADER_SIZE);
    Some(keccak256([header, keccak256(payload).as_slice()].concat()))
}

/// The messages of a block, by its results in order.
pub fn leaves_of<'a, E: 'a>(
    results: impl Iterator<Item = &'a Result<TransactionResult, E>>,
) -> Vec<B256> {
    results
        .filter_map(|result| result.as_ref().ok())
        .flat_map(|result| result.logs.iter().filter_map(leaf_of))
        .collect()
}

/// Appends messages to the zone's outbox.
pub fn append(machine: &mut Machine, frames: &mut Frames, leaves: &[B256]) -> Result<(), Stopped> {
    for leaves in leaves.chunks(MOST_LEAVES) {
        let mut data = Vec::with_capacity(4 + 32 * (2 + leaves.len()));
        data.extend_from_slice(&APPEND);
        data.extend_from_slice(&U256::from(32).to_be_bytes::<32>());
        data.extend_from_slice(&U256::from(leaves.len()).to_be_bytes::<32>());
        for leaf in leaves {
            data.extend_from_slice(leaf.as_slice());
        }
        call(machine, frames, OUTBOX, Bytes::from(data))?;
    }
    Ok(())
}

/// The first argument of ABI-encoded ones, which are bytes; None where it is not there in full.
fn first_bytes(data: &[u8]) -> Option<&[u8]> {
    let begin = word_at(data, 0)?;
    let length = word_at(data, begin)?;
    let begin = begin.checked_add(32)?;
    data.get(begin..begin.checked_add(length)?)
}

/// The word at that offset, as a size.
fn word_at(data: &[u8], offset: usize) -> Option<usize> {
    let word = data.get(offset..offset.checked_add(32)?)?;
    usize::try_from(U256::from_be_slice(word)).ok()
}
