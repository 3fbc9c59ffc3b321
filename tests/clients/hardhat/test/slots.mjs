import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { network } from "hardhat";

const { ethers, networkHelpers, provider } = await network.create("zone");

describe("Fixtures while the network settles", () => {
  let reverted = 0;

  async function deployLedger() {
    const [owner, other] = await ethers.getSigners();
    const ledger = await ethers.deployContract("Ledger", ["hardhat"], { value: 10n });
    return { ledger, owner, other };
  }

  async function untilFinal(number) {
    while ((await ethers.provider.getBlock("finalized")).number < number) await sleep(20);
  }

  for (let run = 1; run <= 5; run++) {
    it(`is as deployed in test ${run}, whatever was final before`, async () => {
      const { ledger, other } = await networkHelpers.loadFixture(deployLedger);
      assert.equal(await ledger.total(), 10n);
      for (let count = 1; count <= run; count++) {
        const sent = await ledger.connect(other).deposit(`${count}`, { value: 5n });
        const receipt = await sent.wait();
        // In some tests what goes back is final, in others it is on its way, or nobody knows of it yet.
        if (run % 2 === 1 && count === run) {
          await untilFinal(receipt.blockNumber);
          reverted += 1;
        }
      }
      assert.equal(await ledger.total(), BigInt(10 + 5 * run));
      if (run === 4) await sleep(250);
    });
  }

  it("keeps fixtures of its own for others", async () => {
    const other = async () => ({ ...(await deployLedger()), other: true });
    const { ledger } = await networkHelpers.loadFixture(other);
    assert.equal(await ledger.total(), 10n);
    await untilFinal(await ethers.provider.getBlockNumber());
  });

  it("is told when more than the zone went back", async () => {
    const status = await provider.request({ method: "zero_settlementStatus", params: [] });
    assert.equal(status.wentFurther.zone, "alpha");
    assert.match(status.wentFurther.what, /snapshot/);
    assert.ok(BigInt(status.incarnation) >= BigInt(reverted - 1));
    assert.ok(BigInt(status.height) > 0n);
  });
});
