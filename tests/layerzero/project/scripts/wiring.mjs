// Wires applications with the library that LayerZero's task `lz:oapp:wire` calls, and prints what it did and what it reads
// back. Input: {owner, abi, nodes: [{eid, url, address, config}], edges: [{from, to, config}]}; "7n" is a bigint.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const { Contract } = require("@ethersproject/contracts");
const { JsonRpcProvider } = require("@ethersproject/providers");
const { OmniSignerEVM } = require("@layerzerolabs/devtools-evm");
const { setDefaultLogLevel } = require("@layerzerolabs/io-devtools");
const { configureOApp } = require("@layerzerolabs/ua-devtools");
const { createOAppFactory } = require("@layerzerolabs/ua-devtools-evm");

const asBigint = (_, value) => (/^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value);
const asText = (_, value) => (typeof value === "bigint" ? `${value}n` : value);

setDefaultLogLevel("error");
const wanted = JSON.parse(readFileSync(0, "utf8"), asBigint);
const connect = (url) => Object.assign(new JsonRpcProvider(url), { pollingInterval: 50 });
const providers = new Map(wanted.nodes.map(({ eid, url }) => [eid, connect(url)]));
const factory = createOAppFactory(async ({ eid, address }) => ({
  eid,
  contract: new Contract(address, wanted.abi).connect(providers.get(eid)),
}));
const graph = {
  contracts: wanted.nodes.map(({ eid, address, config }) => ({ point: { eid, address }, config })),
  connections: wanted.edges.map(({ from, to, config }) => ({ vector: { from, to }, config })),
};

const transactions = await configureOApp(graph, factory);
for (const transaction of transactions) {
  const signer = providers.get(transaction.point.eid).getSigner(wanted.owner);
  const sent = await new OmniSignerEVM(transaction.point.eid, signer).signAndSend(transaction);
  await sent.wait();
}

const read = [];
for (const { from, to } of wanted.edges) {
  const oapp = await factory(from);
  const endpoint = await oapp.getEndpointSDK();
  const sends = await endpoint.getSendLibrary(from.address, to.eid);
  const [receives, isDefault] = await endpoint.getReceiveLibrary(from.address, to.eid);
  const both = async (library, kind) => ({
    own: await endpoint.getAppUlnConfig(from.address, library, to.eid, kind),
    used: await endpoint.getUlnConfig(from.address, library, to.eid, kind),
  });
  read.push({
    from: from.eid,
    to: to.eid,
    peer: await oapp.getPeer(to.eid),
    delegate: await oapp.getDelegate(),
    enforced: await oapp.getEnforcedOptions(to.eid, 1),
    sendLibrary: sends,
    isDefaultSendLibrary: await endpoint.isDefaultSendLibrary(from.address, to.eid),
    defaultSendLibrary: await endpoint.getDefaultSendLibrary(to.eid),
    receiveLibrary: receives,
    isDefaultReceiveLibrary: isDefault,
    defaultReceiveLibrary: await endpoint.getDefaultReceiveLibrary(to.eid),
    timeout: await endpoint.getReceiveLibraryTimeout(from.address, to.eid),
    executor: {
      own: await endpoint.getAppExecutorConfig(from.address, sends, to.eid),
      used: await endpoint.getExecutorConfig(from.address, sends, to.eid),
    },
    sends: await both(sends, "send"),
    receives: await both(receives, "receive"),
  });
}
const done = transactions.map(({ point, description }) => [point.eid, description]);
console.log(JSON.stringify({ done, read }, asText));
