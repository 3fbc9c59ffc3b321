// viem: public, wallet and test client against a zone.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createTestClient,
  createWalletClient,
  defineChain,
  encodeFunctionData,
  getContract,
  http,
  numberToHex,
  parseEther,
  parseGwei,
  publicActions,
  verifyTypedData,
  walletActions,
  webSocket,
} from "viem";
import { mnemonicToAccount } from "viem/accounts";

import { HTTP, MNEMONIC, WEBSOCKET, ledger } from "./environment.mjs";

const NOBODY = "0x00000000000000000000000000000000000a11ce";

const chainId = Number(await createPublicClient({ transport: http(HTTP) }).getChainId());
const chain = defineChain({
  id: chainId,
  name: "zone",
  nativeCurrency: { name: "ZRO", symbol: "ZRO", decimals: 18 },
  rpcUrls: { default: { http: [HTTP], webSocket: [WEBSOCKET] } },
  contracts: { multicall3: { address: "0xca11bde05977b3631167028862be2a173976ca11" } },
});
const account = mnemonicToAccount(MNEMONIC);
const other = mnemonicToAccount(MNEMONIC, { addressIndex: 1 });
const reader = createPublicClient({ chain, transport: http(), pollingInterval: 50, cacheTime: 0 });
const wallet = createWalletClient({ account, chain, transport: http() });

const sent = async (hash) => {
  const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 10_000 });
  assert.equal(receipt.status, "success");
  return receipt;
};

const deploy = async (title = "viem", value = 0n) => {
  const hash = await wallet.deployContract({ ...ledger, args: [title], value });
  const { contractAddress } = await sent(hash);
  return getContract({ address: contractAddress, abi: ledger.abi, client: { public: reader, wallet } });
};

describe("public and wallet client", () => {
  test("a contract is deployed, called and written to", async () => {
    const contract = await deploy("hello", 7n);
    assert.equal(await contract.read.title(), "hello");
    assert.equal(await contract.read.balanceOf([account.address]), 7n);
    await sent(await contract.write.deposit(["more"], { value: 5n }));
    assert.equal(await contract.read.total(), 12n);
    assert.equal(await reader.getBalance({ address: contract.address }), 12n);
  });

  test("events are read from a receipt, from logs and from a filter", async () => {
    const contract = await deploy();
    const filter = await reader.createContractEventFilter({ ...contract, eventName: "Deposited" });
    const receipt = await sent(await contract.write.deposit(["by the book"], { value: 3n }));
    assert.equal(receipt.logs.length, 1);
    const [event] = await contract.getEvents.Deposited(
      { from: account.address },
      { fromBlock: receipt.blockNumber, toBlock: receipt.blockNumber },
    );
    assert.deepEqual(event.args, { from: account.address, amount: 3n, memo: "by the book" });
    const changes = await reader.getFilterChanges({ filter });
    assert.deepEqual(changes.map((log) => log.args.memo), ["by the book"]);
    assert.equal(await reader.uninstallFilter({ filter }), true);
  });

  test("a custom error is decoded from a call, an estimate and a simulation", async () => {
    const contract = await deploy();
    const decoded = (error) => {
      assert.ok(error instanceof BaseError);
      const reverted = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
      assert.equal(reverted.data.errorName, "TooMuch");
      assert.deepEqual(reverted.data.args, [1n, 0n]);
      return true;
    };
    await assert.rejects(contract.simulate.withdraw([1n], { account }), decoded);
    await assert.rejects(contract.estimateGas.withdraw([1n], { account }), decoded);
  });

  test("a revert reason and a panic reach the caller", async () => {
    const contract = await deploy();
    await assert.rejects(contract.read.fail(["because"]), /because/);
    await assert.rejects(contract.read.divide([1n, 0n]), /Division or modulo by zero|Panic|panic/);
  });

  test("a transaction that reverts is mined and says so", async () => {
    const contract = await deploy();
    const hash = await contract.write.withdraw([1n], { gas: 100_000n });
    const receipt = await reader.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, "reverted");
  });

  test("many reads go in one multicall", async () => {
    const contract = await deploy("multi", 1n);
    const results = await reader.multicall({
      contracts: [
        { ...contract, functionName: "title" },
        { ...contract, functionName: "total" },
        { ...contract, functionName: "divide", args: [1n, 0n] },
      ],
    });
    assert.deepEqual(results.map((result) => result.status), ["success", "success", "failure"]);
    assert.deepEqual(results.slice(0, 2).map((result) => result.result), ["multi", 1n]);
  });

  test("state overrides change what a call sees", async () => {
    const contract = await deploy();
    const total = await reader.readContract({
      ...contract,
      functionName: "total",
      stateOverride: [
        { address: contract.address, stateDiff: [{ slot: numberToHex(1, { size: 32 }), value: numberToHex(99, { size: 32 }) }] },
      ],
    });
    assert.equal(total, 99n);
  });

  test("every envelope of a transfer is accepted and comes back as sent", async () => {
    for (const request of [
      { type: "legacy", gasPrice: parseGwei("5") },
      { type: "eip2930", gasPrice: parseGwei("5"), accessList: [{ address: NOBODY, storageKeys: [numberToHex(1, { size: 32 })] }] },
      { type: "eip1559", maxFeePerGas: parseGwei("5"), maxPriorityFeePerGas: parseGwei("1") },
    ]) {
      const hash = await wallet.sendTransaction({ to: NOBODY, value: 1n, ...request });
      const receipt = await sent(hash);
      const transaction = await reader.getTransaction({ hash });
      assert.equal(transaction.type, request.type);
      assert.equal(receipt.type, request.type);
      assert.equal(transaction.from, account.address.toLowerCase());
      assert.equal(receipt.gasUsed, request.accessList ? 21_000n + 2_400n + 1_900n : 21_000n);
    }
  });

  test("a set-code transaction gives an account the code of a contract", async () => {
    const contract = await deploy("delegate");
    const authority = mnemonicToAccount(MNEMONIC, { addressIndex: 5 });
    const authorization = await createWalletClient({ account: authority, chain, transport: http() }).signAuthorization({
      contractAddress: contract.address,
    });
    const receipt = await sent(await wallet.sendTransaction({ to: authority.address, data: encodeFunctionData({ abi: ledger.abi, functionName: "deposit", args: ["mine"] }), authorizationList: [authorization], value: 2n }));
    assert.equal(receipt.type, "eip7702");
    const code = await reader.getCode({ address: authority.address });
    assert.equal(code, `0xef0100${contract.address.slice(2).toLowerCase()}`);
    const itself = await reader.readContract({ abi: ledger.abi, address: authority.address, functionName: "whoAmI" });
    assert.equal(itself, authority.address);
    assert.equal(await reader.readContract({ abi: ledger.abi, address: authority.address, functionName: "total" }), 2n);
  });

  test("typed data signed by the node recovers to the account", async () => {
    const typed = {
      domain: { name: "Zone", version: "1", chainId, verifyingContract: NOBODY },
      types: { Mail: [{ name: "to", type: "address" }, { name: "contents", type: "string" }] },
      primaryType: "Mail",
      message: { to: NOBODY, contents: "hello" },
    };
    const remote = createWalletClient({ account: account.address, chain, transport: http() });
    const signature = await remote.signTypedData(typed);
    assert.equal(signature, await wallet.signTypedData(typed));
    assert.equal(await verifyTypedData({ ...typed, address: account.address, signature }), true);
    assert.equal(await remote.signMessage({ message: "hello" }), await wallet.signMessage({ message: "hello" }));
  });

  test("blocks are simulated", async () => {
    const contract = await deploy();
    const [first, second] = await reader.simulateBlocks({
      blocks: [
        {
          blockOverrides: { time: (await reader.getBlock()).timestamp + 10n },
          stateOverrides: [{ address: NOBODY, balance: parseEther("5") }],
          calls: [
            { account: NOBODY, to: other.address, value: parseEther("1") },
            { account: NOBODY, abi: ledger.abi, to: contract.address, functionName: "deposit", args: ["simulated"], value: 4n },
          ],
        },
        { calls: [{ account: NOBODY, abi: ledger.abi, to: contract.address, functionName: "total" }] },
      ],
    });
    assert.deepEqual(first.calls.map((call) => call.status), ["success", "success"]);
    assert.equal(first.calls[1].logs.length, 1);
    assert.equal(second.calls[0].result, 4n);
    assert.equal(second.number, first.number + 1n);
    assert.equal(await contract.read.total(), 0n);
  });

  test("calls are simulated with the changes of assets", async () => {
    const { results, assetChanges } = await reader.simulateCalls({
      account: account.address,
      calls: [{ to: NOBODY, value: parseEther("1.5") }],
      traceAssetChanges: true,
    });
    assert.deepEqual(results.map((result) => result.status), ["success"]);
    assert.equal(assetChanges[0].value.diff, -parseEther("1.5"));
  });

  test("an access list is made", async () => {
    const contract = await deploy("list", 1n);
    const { accessList, gasUsed } = await reader.createAccessList({
      account,
      to: contract.address,
      data: encodeFunctionData({ abi: ledger.abi, functionName: "total" }),
    });
    assert.ok(gasUsed > 21_000n);
    assert.deepEqual(accessList.map((entry) => [entry.address, entry.storageKeys]), [
      [contract.address, [numberToHex(1, { size: 32 })]],
    ]);
  });

  test("fees are estimated from history", async () => {
    const history = await reader.getFeeHistory({ blockCount: 4, rewardPercentiles: [25, 75] });
    assert.equal(history.baseFeePerGas.length, history.gasUsedRatio.length + 1);
    const fees = await reader.estimateFeesPerGas();
    const { baseFeePerGas } = await reader.getBlock();
    assert.ok(fees.maxFeePerGas >= baseFeePerGas);
    assert.ok((await reader.getBlobBaseFee()) >= 1n);
  });

  test("a contract is deployed to the same address through the deterministic proxy", async () => {
    const proxy = "0x4e59b44847b379578588920ca78fbf26c0b4956c";
    const salt = numberToHex(Date.now(), { size: 32 });
    // Init code that returns the one byte 0x00.
    const receipt = await sent(await wallet.sendTransaction({ to: proxy, data: `${salt}60015ff3` }));
    assert.equal(receipt.status, "success");
    const { data } = await reader.call({ to: proxy, data: `${salt}60015ff3`, blockNumber: receipt.blockNumber - 1n });
    assert.equal(await reader.getCode({ address: data }), "0x00");
  });
});

describe("subscriptions", () => {
  let socket;
  before(() => {
    socket = createPublicClient({ chain, transport: webSocket(WEBSOCKET) });
  });
  after(async () => {
    const client = await socket.transport.getRpcClient();
    client.close();
  });

  const first = (start) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("nothing came")), 10_000);
      const stop = start((value) => {
        clearTimeout(timer);
        stop();
        resolve(value);
      }, reject);
    });
  // A subscription is asked for in the background; it is there once a later request is answered.
  const settled = async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await socket.getBlockNumber();
  };

  test("new heads come over a WebSocket", async () => {
    const coming = first((resolve, onError) => socket.watchBlocks({ onBlock: resolve, onError }));
    await settled();
    const receipt = await sent(await wallet.sendTransaction({ to: NOBODY, value: 1n }));
    const block = await coming;
    assert.equal(block.hash, receipt.blockHash);
  });

  test("logs of a contract come over a WebSocket", async () => {
    const contract = await deploy();
    const coming = first((resolve, onError) =>
      socket.watchContractEvent({ ...contract, eventName: "Deposited", onLogs: resolve, onError }),
    );
    await settled();
    await sent(await contract.write.deposit(["watched"], { value: 1n }));
    const [log] = await coming;
    assert.equal(log.args.memo, "watched");
  });

  test("pending transactions come over a WebSocket", async () => {
    const coming = first((resolve, onError) => socket.watchPendingTransactions({ onTransactions: resolve, onError }));
    await settled();
    const hash = await wallet.sendTransaction({ to: NOBODY, value: 1n });
    assert.deepEqual(await coming, [hash]);
  });
});

for (const mode of ["anvil", "hardhat"]) {
  describe(`test client, ${mode} names`, () => {
    const client = createTestClient({ mode, chain, transport: http(), cacheTime: 0, pollingInterval: 50 })
      .extend(publicActions)
      .extend(walletActions);
    let clean;
    before(async () => {
      clean = await client.snapshot();
    });
    beforeEach(async () => {
      await client.revert({ id: clean });
      clean = await client.snapshot();
    });
    after(() => client.revert({ id: clean }));

    test("mine", async () => {
      const start = await client.getBlock();
      await client.mine({ blocks: 3, interval: 10 });
      const end = await client.getBlock();
      assert.equal(end.number, start.number + 3n);
      assert.ok(end.timestamp >= start.timestamp + 20n);
    });

    test("mine a large count", async () => {
      const start = await client.getBlockNumber();
      await client.mine({ blocks: 1000 });
      assert.equal(await client.getBlockNumber(), start + 1000n);
    });

    test("setBalance", async () => {
      await client.setBalance({ address: NOBODY, value: parseEther("3") });
      assert.equal(await client.getBalance({ address: NOBODY }), parseEther("3"));
    });

    test("setNonce", async () => {
      const nonce = (await client.getTransactionCount({ address: other.address })) + 7;
      await client.setNonce({ address: other.address, nonce });
      assert.equal(await client.getTransactionCount({ address: other.address }), nonce);
      const sender = createWalletClient({ account: other, chain, transport: http() });
      await sent(await sender.sendTransaction({ to: NOBODY, value: 1n }));
      assert.equal(await client.getTransactionCount({ address: other.address }), nonce + 1);
    });

    test("setCode and setStorageAt", async () => {
      // PUSH1 0 SLOAD PUSH1 0 MSTORE PUSH1 32 PUSH1 0 RETURN
      await client.setCode({ address: NOBODY, bytecode: "0x60005460005260206000f3" });
      assert.equal(await client.getCode({ address: NOBODY }), "0x60005460005260206000f3");
      const value = numberToHex(42, { size: 32 });
      await client.setStorageAt({ address: NOBODY, index: 0, value });
      assert.equal(await client.getStorageAt({ address: NOBODY, slot: "0x0" }), value);
      assert.equal((await client.call({ to: NOBODY })).data, value);
    });

    test("impersonateAccount and stopImpersonatingAccount", async () => {
      await client.setBalance({ address: NOBODY, value: parseEther("1") });
      await client.impersonateAccount({ address: NOBODY });
      const hash = await client.sendTransaction({ account: NOBODY, to: other.address, value: 5n });
      await sent(hash);
      assert.equal((await client.getTransaction({ hash })).from, NOBODY);
      await client.stopImpersonatingAccount({ address: NOBODY });
      await assert.rejects(client.sendTransaction({ account: NOBODY, to: other.address, value: 5n }));
    });

    test("setAutomine, getAutomine, txpool and dropTransaction", async () => {
      await client.setAutomine(false);
      try {
        assert.equal(await client.getAutomine(), false);
        const hash = await wallet.sendTransaction({ to: NOBODY, value: 9n });
        const status = await client.getTxpoolStatus();
        assert.equal(status.pending, 1);
        const content = await client.getTxpoolContent();
        const [byNonce] = Object.values(content.pending);
        assert.deepEqual(Object.values(byNonce).map((transaction) => transaction.hash), [hash]);
        const inspected = await client.inspectTxpool();
        assert.equal(Object.keys(inspected.pending).length, 1);
        await client.dropTransaction({ hash });
        assert.equal((await client.getTxpoolStatus()).pending, 0);
        await client.mine({ blocks: 1 });
        assert.equal((await client.getBlock()).transactions.length, 0);
      } finally {
        await client.setAutomine(true);
      }
      assert.equal(await client.getAutomine(), true);
    });

    test("setNextBlockTimestamp and increaseTime", async () => {
      const { timestamp } = await client.getBlock();
      await client.setNextBlockTimestamp({ timestamp: timestamp + 1000n });
      await client.mine({ blocks: 1 });
      assert.equal((await client.getBlock()).timestamp, timestamp + 1000n);
      await client.increaseTime({ seconds: 500 });
      await client.mine({ blocks: 1 });
      assert.ok((await client.getBlock()).timestamp >= timestamp + 1500n);
    });

    test("setNextBlockBaseFeePerGas", async () => {
      await client.setNextBlockBaseFeePerGas({ baseFeePerGas: parseGwei("9") });
      await client.mine({ blocks: 1 });
      assert.equal((await client.getBlock()).baseFeePerGas, parseGwei("9"));
    });

    test("setBlockGasLimit and setCoinbase", async () => {
      await client.setBlockGasLimit({ gasLimit: 12_345_678n });
      await client.setCoinbase({ address: NOBODY });
      await client.mine({ blocks: 1 });
      const block = await client.getBlock();
      assert.equal(block.gasLimit, 12_345_678n);
      assert.equal(block.miner, NOBODY);
    });

    test("snapshot and revert", async () => {
      const before = await client.getBlockNumber();
      const balance = await client.getBalance({ address: NOBODY });
      const id = await client.snapshot();
      await sent(await wallet.sendTransaction({ to: NOBODY, value: 11n }));
      await client.revert({ id });
      assert.equal(await client.getBlockNumber(), before);
      assert.equal(await client.getBalance({ address: NOBODY }), balance);
    });

    test("dumpState and loadState", async () => {
      await client.setBalance({ address: NOBODY, value: 123n });
      await client.mine({ blocks: 1 });
      const state = await client.dumpState();
      await client.setBalance({ address: NOBODY, value: 456n });
      await client.loadState({ state });
      assert.equal(await client.getBalance({ address: NOBODY }), 123n);
    });

    test("setLoggingEnabled", async () => {
      await client.setLoggingEnabled(false);
      await client.setLoggingEnabled(true);
    });
  });
}

// viem sends the same method for both modes with another unit for Hardhat (milliseconds); zones take Anvil's seconds.
describe("test client, what only Anvil has", () => {
  const client = createTestClient({ mode: "anvil", chain, transport: http() });

  test("setIntervalMining", async () => {
    await client.setAutomine(false);
    await client.setIntervalMining({ interval: 1 });
    try {
      const start = await reader.getBlockNumber();
      await new Promise((resolve) => setTimeout(resolve, 2500));
      assert.ok((await reader.getBlockNumber()) > start);
    } finally {
      await client.setIntervalMining({ interval: 0 });
      await client.setAutomine(true);
    }
  });

  test("setBlockTimestampInterval and removeBlockTimestampInterval", async () => {
    await client.setBlockTimestampInterval({ interval: 77 });
    await client.mine({ blocks: 1 });
    const first = await reader.getBlock();
    await client.mine({ blocks: 1 });
    assert.equal((await reader.getBlock()).timestamp, first.timestamp + 77n);
    await client.removeBlockTimestampInterval();
    await client.mine({ blocks: 1 });
    assert.notEqual((await reader.getBlock()).timestamp, first.timestamp + 2n * 77n);
  });

  test("sendUnsignedTransaction", async () => {
    const id = await client.snapshot();
    await client.impersonateAccount({ address: other.address });
    const hash = await client.sendUnsignedTransaction({ from: other.address, to: NOBODY, value: 3n });
    await sent(hash);
    await client.stopImpersonatingAccount({ address: other.address });
    await client.revert({ id });
  });

  test("reset", async () => {
    await client.mine({ blocks: 2 });
    await client.reset();
    assert.equal(await reader.getBlockNumber(), 0n);
  });
});
