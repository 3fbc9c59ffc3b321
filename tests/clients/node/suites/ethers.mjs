// ethers 6: provider, signers, contracts and subscriptions against a zone.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Contract, ContractFactory, HDNodeWallet, JsonRpcProvider, Mnemonic, WebSocketProvider, ZeroAddress, parseEther, verifyTypedData } from "ethers";

import { HTTP, MNEMONIC, WEBSOCKET, ledger } from "./environment.mjs";

const NOBODY = "0x00000000000000000000000000000000000A11cE";

const provider = new JsonRpcProvider(HTTP, undefined, { cacheTimeout: -1, polling: true, pollingInterval: 50 });
const socket = new WebSocketProvider(WEBSOCKET);
const phrase = Mnemonic.fromPhrase(MNEMONIC);
const local = HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0/2").connect(provider);

after(async () => {
  // Requests that are still on their way would be rejected with nobody listening.
  await provider.removeAllListeners();
  await socket.removeAllListeners();
  await new Promise((resolve) => setTimeout(resolve, 500));
  provider.destroy();
  await socket.destroy();
});

const deploy = async (signer, title = "ethers", value = 0n) => {
  const contract = await new ContractFactory(ledger.abi, ledger.bytecode, signer).deploy(title, { value });
  await contract.waitForDeployment();
  return contract;
};

const within = (promise) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error("nothing came")), 10_000).unref()),
  ]);

describe("provider and signers", () => {
  test("the node's own accounts sign", async () => {
    const signer = await provider.getSigner(0);
    assert.equal(signer.address, HDNodeWallet.fromMnemonic(phrase).address);
    const contract = await deploy(signer, "node", 3n);
    assert.equal(await contract.title(), "node");
    assert.equal(await contract.balanceOf(signer.address), 3n);
  });

  test("a local wallet signs, and nonces follow one another without waiting", async () => {
    const first = await provider.getTransactionCount(local.address);
    const responses = [];
    for (let i = 0; i < 5; i++) responses.push(await local.sendTransaction({ to: NOBODY, value: 1n }));
    const receipts = await Promise.all(responses.map((response) => response.wait()));
    assert.deepEqual(receipts.map((receipt) => receipt.status), [1, 1, 1, 1, 1]);
    assert.equal(await provider.getTransactionCount(local.address), first + 5);
  });

  test("events are parsed from a receipt and found by a query", async () => {
    const contract = await deploy(local);
    const receipt = await (await contract.deposit("found", { value: 9n })).wait();
    assert.equal(receipt.logs[0].fragment.name, "Deposited");
    const [event] = await contract.queryFilter(contract.filters.Deposited(local.address), receipt.blockNumber);
    assert.deepEqual([...event.args], [local.address, 9n, "found"]);
  });

  test("a custom error comes back from a call, and its data from an estimate", async () => {
    const contract = await deploy(local);
    await assert.rejects(contract.withdraw.staticCall(1n), (error) => {
      assert.equal(error.code, "CALL_EXCEPTION");
      assert.equal(error.revert.name, "TooMuch");
      assert.deepEqual([...error.revert.args], [1n, 0n]);
      return true;
    });
    await assert.rejects(contract.withdraw.estimateGas(1n), (error) => {
      assert.equal(error.code, "CALL_EXCEPTION");
      assert.equal(contract.interface.parseError(error.data).name, "TooMuch");
      return true;
    });
  });

  test("a reason and a panic are decoded", async () => {
    const contract = await deploy(local);
    await assert.rejects(contract.fail("because"), (error) => error.code === "CALL_EXCEPTION" && error.reason === "because");
    await assert.rejects(contract.divide(1n, 0n), (error) => error.code === "CALL_EXCEPTION" && /18|division/i.test(error.reason));
  });

  test("errors of sending have the codes that ethers knows", async () => {
    const poor = HDNodeWallet.createRandom().connect(provider);
    await assert.rejects(poor.sendTransaction({ to: NOBODY, value: parseEther("1") }), (error) => error.code === "INSUFFICIENT_FUNDS");
    const nonce = await provider.getTransactionCount(local.address);
    await assert.rejects(
      local.sendTransaction({ to: NOBODY, nonce: nonce - 1, gasLimit: 21_000n }),
      (error) => error.code === "NONCE_EXPIRED",
    );
  });

  test("blocks come with their transactions and a hash that matches the header", async () => {
    const response = await local.sendTransaction({ to: NOBODY, value: 1n });
    const receipt = await response.wait();
    const block = await provider.getBlock(receipt.blockNumber, true);
    assert.deepEqual(block.prefetchedTransactions.map((transaction) => transaction.hash), [response.hash]);
    assert.equal(block.hash, receipt.blockHash);
    assert.equal((await provider.getBlock(block.parentHash)).number, block.number - 1);
    assert.ok((await provider.getBlock("finalized")).number <= block.number);
  });

  test("a set-code transaction", async () => {
    const contract = await deploy(local, "delegate");
    const authority = HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0/6").connect(provider);
    const authorization = await authority.authorize({ address: await contract.getAddress() });
    const receipt = await (
      await local.sendTransaction({ type: 4, to: ZeroAddress, authorizationList: [authorization] })
    ).wait();
    assert.equal(receipt.type, 4);
    const delegated = new Contract(authority.address, ledger.abi, provider);
    assert.equal(await delegated.whoAmI(), authority.address);
  });

  test("typed data signed by the node recovers to the account", async () => {
    const signer = await provider.getSigner(1);
    const { chainId } = await provider.getNetwork();
    const domain = { name: "Zone", version: "1", chainId, verifyingContract: NOBODY };
    const types = { Mail: [{ name: "to", type: "address" }, { name: "contents", type: "string" }] };
    const message = { to: NOBODY, contents: "hello" };
    const signature = await signer.signTypedData(domain, types, message);
    assert.equal(verifyTypedData(domain, types, message, signature), signer.address);
  });

  test("fee data, storage, code and logs", async () => {
    const contract = await deploy(local, "short", 5n);
    const address = await contract.getAddress();
    const fees = await provider.getFeeData();
    assert.ok(fees.maxFeePerGas > 0n && fees.gasPrice > 0n);
    assert.equal(BigInt(await provider.getStorage(address, 1)), 5n);
    assert.equal(await provider.getCode(address), ledger.deployedBytecode);
    assert.deepEqual(await provider.getLogs({ address, fromBlock: 0, toBlock: "latest" }), []);
  });

  test("requests of one tick go in one batch and all come back", async () => {
    const balances = await Promise.all(Array.from({ length: 40 }, (_, i) => provider.getBalance(HDNodeWallet.fromMnemonic(phrase, `m/44'/60'/0'/0/${i % 10}`).address)));
    assert.ok(balances.every((balance) => balance > 0n));
  });

  test("events are followed by polling", async () => {
    const contract = await deploy(local);
    const coming = new Promise((resolve) => contract.once("Deposited", (from, amount, memo) => resolve([from, amount, memo])));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await contract.deposit("polled", { value: 2n });
    assert.deepEqual(await within(coming), [local.address, 2n, "polled"]);
  });
});

describe("WebSocket", () => {
  test("new blocks are announced", async () => {
    const coming = new Promise((resolve) => socket.once("block", resolve));
    await socket.getBlockNumber();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const receipt = await (await local.sendTransaction({ to: NOBODY, value: 1n })).wait();
    assert.equal(await within(coming), receipt.blockNumber);
  });

  test("events of a contract are announced", async () => {
    const contract = await deploy(local);
    const watched = new Contract(await contract.getAddress(), ledger.abi, socket);
    const coming = new Promise((resolve) => watched.once("Deposited", (from, amount, memo) => resolve(memo)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await (await contract.deposit("announced", { value: 2n })).wait();
    assert.equal(await within(coming), "announced");
  });

  test("pending transactions are announced", async () => {
    const coming = new Promise((resolve) => socket.once("pending", resolve));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const response = await local.sendTransaction({ to: NOBODY, value: 1n });
    assert.equal(await within(coming), response.hash);
    await socket.off("pending");
  });
});
