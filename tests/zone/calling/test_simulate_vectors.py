"""Some of execution-apis' recorded exchanges of eth_simulateV1 (tests/eth_simulateV1 there, made with geth):
the parts of the answers that depend on the request alone."""

from __future__ import annotations

from devnet.chain.types import ZERO_ADDRESS, Address, Hash32, Wei
from devnet.execution import AccountOverride
from devnet.zone.calling.simulate import TRANSFER_LOG_ADDRESS, simulate
from devnet.zone.messages import BlockOverrides, CallRequest, SimulatedBlock
from tests.zone.calling.setting import simulation_site

SENDER = Address(b"\xc0" + bytes(19))
RECIPIENT = Address(b"\xc1" + bytes(19))
CONTRACT = Address(b"\xc2" + bytes(19))


def test_blobs() -> None:
    """ethSimulate-blobs: a contract returns the blob hashes 0, 1 and 2."""
    code = bytes.fromhex(
        "6080604052348015600e575f80fd5b505f3660605f49600149600249604051602001602b93929190605d565b604051602081830303"
        "8152906040529050915050805190602001f35b5f819050919050565b6057816047565b82525050565b5f606082019050606e5f83"
        "01866050565b607960208301856050565b608460408301846050565b94935050505056fea26469706673582212206284471b1492"
        "5acedc8cf50c596b6850cfda0372471ee8893750f3e61bf3778164736f6c634300081a0033"
    )
    blob = Hash32(bytes.fromhex("010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"))
    request = CallRequest(
        sender=SENDER,
        to=CONTRACT,
        max_fee_per_gas=Wei(16),
        max_fee_per_blob_gas=Wei(10),
        blob_hashes=(blob,),
    )
    state = {SENDER: AccountOverride(balance=Wei(10**9)), CONTRACT: AccountOverride(code=code)}
    first, second = simulate(
        simulation_site(),
        [
            SimulatedBlock((request,), state, BlockOverrides(base_fee=Wei(15), blob_base_fee=Wei(0))),
            SimulatedBlock((request,), {}, BlockOverrides(blob_base_fee=Wei(1))),
        ],
        validation=True,
    )
    for outcome, base_fee, nonce, gas in ((first, 15, 0, 30_000_000), (second, 14, 1, 30_000_000)):
        header, (result,) = outcome.block.header, outcome.results
        assert result.output == blob + bytes(64)
        assert (result.gas_used, result.gas_peak, result.effective_gas_price) == (0x53F6, 0x53F6, base_fee)
        assert (header.base_fee_per_gas, header.blob_gas_used, header.excess_blob_gas) == (
            base_fee,
            0x20000,
            0,
        )
        (transaction,) = outcome.block.transactions
        assert (transaction.type, transaction.nonce, transaction.gas_limit) == (3, nonce, gas)


def test_selfdestruct_logs_what_it_sends() -> None:
    """ethSimulate-self-destructive-contract-produces-logs."""
    code = bytes.fromhex(
        "6080604052348015600f57600080fd5b506004361060285760003560e01c806383197ef014602d575b600080fd5b60336035565b00"
        "5b600073ffffffffffffffffffffffffffffffffffffffff16fffea26469706673582212208e566fde20a17fff9658b9b1db37e2"
        "7876fd8934ccf9b2aa308cabd37698681f64736f6c63430008120033"
    )
    # On the recorded chain the zero address exists, and it is the coinbase, which is always warm.
    state = {
        CONTRACT: AccountOverride(code=code, balance=Wei(2_000_000)),
        ZERO_ADDRESS: AccountOverride(balance=Wei(1)),
    }
    block = BlockOverrides(coinbase=ZERO_ADDRESS)
    request = CallRequest(sender=SENDER, to=CONTRACT, data=bytes.fromhex("83197ef0"))
    (outcome,) = simulate(simulation_site(), [SimulatedBlock((request,), state, block)], trace_transfers=True)
    (result,) = outcome.results
    (log,) = result.logs
    assert (result.status, result.gas_used, log.address) == (True, 0x664A, TRANSFER_LOG_ADDRESS)
    assert log.topics[1:] == (Hash32(bytes(12) + CONTRACT), Hash32(bytes(32)))
    assert int.from_bytes(log.data, "big") == 2_000_000


def test_code_in_place_of_a_precompile() -> None:
    """ethSimulate-override-precompile-code-without-move."""
    identity = Address(bytes(19) + b"\x04")
    state = {identity: AccountOverride(code=bytes.fromhex("602a60005260206000f3"))}
    request = CallRequest(sender=SENDER, to=identity, data=b"\x12\x34")
    (outcome,) = simulate(simulation_site(), [SimulatedBlock((request,), state, BlockOverrides())])
    assert outcome.results[0].output == bytes(31) + b"\x2a"
    assert outcome.results[0].gas_used == 0x5258


def test_validated_transfers_share_the_gas_cap() -> None:
    """ethSimulate-simple-validation-fulltx, whose base block holds more than the cap."""
    requests = (
        CallRequest(sender=SENDER, to=RECIPIENT, max_fee_per_gas=Wei(16), value=Wei(10**10)),
        CallRequest(sender=RECIPIENT, to=CONTRACT, max_fee_per_gas=Wei(16), value=Wei(1000)),
    )
    state = {SENDER: AccountOverride(balance=Wei(10**12))}
    block = BlockOverrides(base_fee=Wei(15), gas_limit=200_000_000)
    (outcome,) = simulate(simulation_site(), [SimulatedBlock(requests, state, block)], validation=True)
    assert [result.gas_used for result in outcome.results] == [21_000, 21_000]
    assert [item.gas_limit for item in outcome.block.transactions] == [0x2FAF080, 0x2FA9E78]
    assert [result.effective_gas_price for result in outcome.results] == [15, 15]
