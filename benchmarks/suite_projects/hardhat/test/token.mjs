import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { network } from "hardhat";

const { ethers, networkHelpers } = await network.create();

describe("Token", () => {
  async function deployToken() {
    const [owner, receiver] = await ethers.getSigners();
    const token = await ethers.deployContract("Token", [[owner.address], 1000n]);
    return { token, owner, receiver };
  }

  for (let amount = 1n; amount <= 20n; amount++) {
    it(`transfers ${amount}`, async () => {
      const { token, owner, receiver } = await networkHelpers.loadFixture(deployToken);
      await (await token.transfer(receiver.address, amount)).wait();
      assert.equal(await token.balanceOf(owner.address), 1000n - amount);
      assert.equal(await token.balanceOf(receiver.address), amount);
    });
  }
});
