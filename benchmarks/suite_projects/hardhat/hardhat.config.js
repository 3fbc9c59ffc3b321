import hardhatEthers from "@nomicfoundation/hardhat-ethers";
import networkHelpers from "@nomicfoundation/hardhat-network-helpers";
import nodeTestRunner from "@nomicfoundation/hardhat-node-test-runner";
import { fileURLToPath } from "node:url";

export default {
  plugins: [hardhatEthers, networkHelpers, nodeTestRunner],
  solidity: {
    version: "0.8.37",
    // The compiler of the Node project: nothing is downloaded.
    path: fileURLToPath(import.meta.resolve("solc/soljson.js")),
    settings: { optimizer: { enabled: true }, evmVersion: "paris" },
  },
};
