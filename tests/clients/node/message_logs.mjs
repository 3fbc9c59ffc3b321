// Reads a message's logs with viem and ethers, which know nothing of Zero; prints what they found as JSON.
import { Contract, JsonRpcProvider } from "ethers";
import { createPublicClient, http, parseAbi } from "viem";

const { ALPHA, BETA, ENDPOINT, SENDER, RECEIVER } = process.env;
const endpoint = [
  "struct Origin { uint32 srcEid; bytes32 sender; uint64 nonce; }",
  "event PacketSent(bytes encodedPayload, bytes options, address sendLibrary)",
  "event PacketVerified(Origin origin, address receiver, bytes32 payloadHash)",
  "event PacketDelivered(Origin origin, address receiver)",
];
const application = [
  "event OFTSent(bytes32 indexed guid, uint32 dstEid, address indexed fromAddress, uint256 amountSentLD, uint256 amountReceivedLD)",
  "event OFTReceived(bytes32 indexed guid, uint32 srcEid, address indexed toAddress, uint256 amountReceivedLD)",
];
const origin = "tuple(uint32 srcEid, bytes32 sender, uint64 nonce) origin";
const places = [
  [ALPHA, ENDPOINT, endpoint, ["PacketSent"]],
  [BETA, ENDPOINT, endpoint, ["PacketVerified", "PacketDelivered"]],
  [ALPHA, SENDER, application, ["OFTSent"]],
  [BETA, RECEIVER, application, ["OFTReceived"]],
];

const found = { viem: [], ethers: [] };
for (const [url, address, abi, names] of places) {
  const client = createPublicClient({ transport: http(url) });
  const events = parseAbi(abi).filter((item) => item.type === "event" && names.includes(item.name));
  for (const log of await client.getLogs({ address, events, fromBlock: 0n, strict: true })) {
    found.viem.push([log.eventName, log.transactionHash, log.args.guid ?? Number(log.args.origin?.nonce ?? 0)]);
  }
  const provider = new JsonRpcProvider(url, undefined, { staticNetwork: true });
  const readable = abi.slice(abi === endpoint ? 1 : 0).map((text) => text.replace("Origin origin", origin));
  const contract = new Contract(address, readable, provider);
  for (const name of names) {
    for (const log of await contract.queryFilter(name, 0)) {
      found.ethers.push([log.eventName, log.transactionHash, log.args.toObject().guid ?? Number(log.args.toObject().origin?.nonce ?? 0)]);
    }
  }
  provider.destroy();
}
console.log(JSON.stringify(found));
