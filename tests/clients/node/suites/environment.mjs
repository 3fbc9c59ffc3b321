// What the Python side hands over: where the zone is, and the compiled contract of the suites.
import { readFileSync } from "node:fs";

export const HTTP = process.env.ZERO_CLIENTS_HTTP;
export const WEBSOCKET = process.env.ZERO_CLIENTS_WEBSOCKET;
export const ledger = JSON.parse(readFileSync(process.env.ZERO_CLIENTS_LEDGER, "utf8"));

// The accounts of the well-known test mnemonic, which every zone funds.
export const MNEMONIC = "test test test test test test test test test test test junk";
