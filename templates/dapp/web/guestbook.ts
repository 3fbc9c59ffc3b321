import {
  BaseError,
  ContractFunctionRevertedError,
  createPublicClient,
  createWalletClient,
  custom,
  defineChain,
  type EIP1193Provider,
  http,
} from "viem";
import { at, type ZoneName, zones } from "./contracts/index.js";

export async function newestEntries(zone: ZoneName) {
  return reader(zone).readContract({ ...at("Guestbook", zone), functionName: "newest", args: [20n] });
}

/** Ends when the words are in a block. */
export async function sign(zone: ZoneName, words: string) {
  const { client, account } = await signer(zone);
  // Asks first, which tells why it would fail.
  const { request } = await reader(zone).simulateContract({
    ...at("Guestbook", zone),
    functionName: "sign",
    args: [words],
    account,
  });
  const hash = await client.writeContract(request);
  await reader(zone).waitForTransactionReceipt({ hash, pollingInterval: 200 });
}

/** In words: the contract's custom error where it was one. */
export function explain(error: unknown): string {
  if (error instanceof BaseError) {
    const revert = error.walk((cause) => cause instanceof ContractFunctionRevertedError);
    if (revert instanceof ContractFunctionRevertedError && revert.data) {
      return `${revert.data.errorName}(${(revert.data.args ?? []).join(", ")})`;
    }
    return error.shortMessage;
  }
  return String(error);
}

function reader(zone: ZoneName) {
  return createPublicClient({ chain: defineChain(zones[zone]), transport: http() });
}

/** A wallet where the browser has one; else the first account of the devnet, which signs itself. */
async function signer(zone: ZoneName) {
  const chain = defineChain(zones[zone]);
  const provider = (window as { ethereum?: EIP1193Provider }).ethereum;
  const client = createWalletClient({ chain, transport: provider ? custom(provider) : http() });
  if (provider) {
    await client.addChain({ chain });
    await client.switchChain({ id: chain.id });
  }
  const [account] = provider ? await client.requestAddresses() : await client.getAddresses();
  return { client, account };
}
