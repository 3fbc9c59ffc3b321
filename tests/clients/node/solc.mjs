#!/usr/bin/env node
// solc from npm as a command line compiler: `--version`, and `--standard-json` from stdin to stdout. Options of the
// native compiler that say where files may be read (`--allow-paths`, `--base-path`) are accepted and have no
// effect: whoever calls this puts the sources into the request.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const solc = createRequire(import.meta.url)("solc");

// The native compiler's spelling: 0.8.37+commit.… .Emscripten.clang
if (process.argv.includes("--version")) {
  console.log(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}`);
} else if (process.argv.includes("--standard-json")) {
  const output = JSON.parse(solc.compile(readFileSync(0, "utf8")));
  output.compiler = solc.version();
  process.stdout.write(JSON.stringify(output));
} else {
  console.error("solc.mjs answers --version and --standard-json only");
  process.exitCode = 2;
}
