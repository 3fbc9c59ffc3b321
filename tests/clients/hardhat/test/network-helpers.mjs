// Every helper of hardhat-network-helpers.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { network } from "hardhat";

const { ethers, networkHelpers: helpers, provider } = await network.create("zone");
const NOBODY = "0x00000000000000000000000000000000000A11cE";

describe("network helpers", () => {
  let clean;
  beforeEach(async () => {
    clean = await helpers.takeSnapshot();
  });
  afterEach(() => clean.restore());

  const latest = () => ethers.provider.getBlock("latest");

  it("mine", async () => {
    const start = await latest();
    await helpers.mine();
    assert.equal((await latest()).number, start.number + 1);
    await helpers.mine(5, { interval: 20 });
    const end = await latest();
    assert.equal(end.number, start.number + 6);
    assert.ok(end.timestamp >= start.timestamp + 80);
    await helpers.mine(10_000);
    assert.equal((await latest()).number, start.number + 10_006);
  });

  it("mineUpTo", async () => {
    const target = (await latest()).number + 12;
    await helpers.mineUpTo(target);
    assert.equal((await latest()).number, target);
    await assert.rejects(helpers.mineUpTo(target - 1));
  });

  it("time.increase, increaseTo, latest, latestBlock, setNextBlockTimestamp", async () => {
    const start = await helpers.time.latest();
    const increased = await helpers.time.increase(3600);
    assert.equal(increased, start + 3600);
    assert.equal(await helpers.time.latest(), start + 3600);
    await helpers.time.increaseTo(start + 7200);
    assert.equal(await helpers.time.latest(), start + 7200);
    await helpers.time.setNextBlockTimestamp(start + 9000);
    const number = await helpers.time.latestBlock();
    await helpers.mine();
    assert.equal(await helpers.time.latestBlock(), number + 1);
    assert.equal(await helpers.time.latest(), start + 9000);
  });

  it("setBalance and setNonce", async () => {
    await helpers.setBalance(NOBODY, 12345n);
    await helpers.setNonce(NOBODY, 7);
    assert.equal(await ethers.provider.getBalance(NOBODY), 12345n);
    assert.equal(await ethers.provider.getTransactionCount(NOBODY), 7);
  });

  it("setCode, setStorageAt and getStorageAt", async () => {
    await helpers.setCode(NOBODY, "0x60005460005260206000f3");
    await helpers.setStorageAt(NOBODY, 0, 42);
    assert.equal(BigInt(await helpers.getStorageAt(NOBODY, 0)), 42n);
    assert.equal(BigInt(await ethers.provider.call({ to: NOBODY })), 42n);
  });

  it("setPrevRandao", async () => {
    // PREVRANDAO PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN
    await helpers.setCode(NOBODY, "0x4460005260206000f3");
    await helpers.setPrevRandao(0x1234);
    await helpers.mine();
    const block = await provider.request({ method: "eth_getBlockByNumber", params: ["latest", false] });
    assert.equal(BigInt(block.mixHash), 0x1234n);
    assert.equal(BigInt(await ethers.provider.call({ to: NOBODY, blockTag: block.number })), 0x1234n);
  });

  it("setNextBlockBaseFeePerGas, setBlockGasLimit and setCoinbase", async () => {
    await helpers.setNextBlockBaseFeePerGas(10n ** 10n);
    await helpers.setBlockGasLimit(20_000_000);
    await helpers.setCoinbase(NOBODY);
    await helpers.mine();
    const block = await latest();
    assert.equal(block.baseFeePerGas, 10n ** 10n);
    assert.equal(block.gasLimit, 20_000_000n);
    assert.equal(block.miner, NOBODY);
  });

  it("impersonateAccount and stopImpersonatingAccount", async () => {
    await helpers.setBalance(NOBODY, 10n ** 18n);
    await helpers.impersonateAccount(NOBODY);
    const signer = await ethers.getSigner(NOBODY);
    const [receiver] = await ethers.getSigners();
    const receipt = await (await signer.sendTransaction({ to: receiver.address, value: 1n })).wait();
    assert.equal(receipt.from, NOBODY);
    await helpers.stopImpersonatingAccount(NOBODY);
    await assert.rejects(signer.sendTransaction({ to: receiver.address, value: 1n }));
  });

  it("dropTransaction", async () => {
    await provider.request({ method: "evm_setAutomine", params: [false] });
    try {
      const [signer] = await ethers.getSigners();
      const response = await signer.sendTransaction({ to: NOBODY, value: 1n });
      assert.equal(await helpers.dropTransaction(response.hash), true);
      await helpers.mine();
      assert.equal(await ethers.provider.getTransaction(response.hash), null);
    } finally {
      await provider.request({ method: "evm_setAutomine", params: [true] });
    }
  });

  it("takeSnapshot restores more than once", async () => {
    const snapshot = await helpers.takeSnapshot();
    for (const value of [1n, 2n]) {
      await helpers.setBalance(NOBODY, value);
      await helpers.mine();
      await snapshot.restore();
      assert.equal(await ethers.provider.getBalance(NOBODY), 0n);
    }
  });

  it("loadFixture and clearSnapshots", async () => {
    let runs = 0;
    async function fixture() {
      runs += 1;
      await helpers.setBalance(NOBODY, 77n);
      return runs;
    }
    assert.equal(await helpers.loadFixture(fixture), 1);
    await helpers.setBalance(NOBODY, 78n);
    assert.equal(await helpers.loadFixture(fixture), 1);
    assert.equal(await ethers.provider.getBalance(NOBODY), 77n);
    helpers.clearSnapshots();
    assert.equal(await helpers.loadFixture(fixture), 2);
  });
});
