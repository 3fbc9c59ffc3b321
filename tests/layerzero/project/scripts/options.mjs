// Answers a line of JSON, a list of options, with what LayerZero's builder makes of it, until the input ends.
import { createInterface } from "node:readline";
import { Options } from "@layerzerolabs/lz-v2-utilities";

const add = {
  receive: (options, gas, value) => options.addExecutorLzReceiveOption(gas, value),
  drop: (options, amount, receiver) => options.addExecutorNativeDropOption(amount, receiver),
  compose: (options, index, gas, value) => options.addExecutorComposeOption(index, gas, value),
  ordered: (options) => options.addExecutorOrderedExecutionOption(),
  read: (options, gas, size, value) => options.addExecutorLzReadOption(gas, size, value),
};

for await (const line of createInterface({ input: process.stdin })) {
  const options = Options.newOptions();
  for (const [kind, ...values] of JSON.parse(line)) add[kind](options, ...values);
  console.log(options.toHex());
}
