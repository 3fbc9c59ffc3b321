import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { network } from "hardhat";

const { ethers, networkHelpers } = await network.create("zone");

describe("Ledger on a zone", () => {
  async function deployLedger() {
    const [owner, other] = await ethers.getSigners();
    const ledger = await ethers.deployContract("Ledger", ["hardhat"], { value: 10n });
    return { ledger, owner, other };
  }

  it("is deployed and called", async () => {
    const { ledger, owner } = await networkHelpers.loadFixture(deployLedger);
    assert.equal(await ledger.title(), "hardhat");
    assert.equal(await ledger.balanceOf(owner.address), 10n);
  });

  it("changes state", async () => {
    const { ledger, other } = await networkHelpers.loadFixture(deployLedger);
    await (await ledger.connect(other).deposit("from the other", { value: 5n })).wait();
    assert.equal(await ledger.total(), 15n);
    const [event] = await ledger.queryFilter(ledger.filters.Deposited(other.address));
    assert.equal(event.args.memo, "from the other");
  });

  it("is as deployed again when the fixture is loaded again", async () => {
    const { ledger } = await networkHelpers.loadFixture(deployLedger);
    assert.equal(await ledger.total(), 10n);
    assert.deepEqual(await ledger.queryFilter(ledger.filters.Deposited()), []);
  });

  it("reverts with its custom error", async () => {
    const { ledger, other } = await networkHelpers.loadFixture(deployLedger);
    await assert.rejects(ledger.connect(other).withdraw.staticCall(1n), /execution reverted/);
  });
});
