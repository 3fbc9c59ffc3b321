// Keeps one solc from npm loaded: each line on stdin is a request {"input": TEXT} with solc's standard JSON, each line
// on stdout the reply {"output": TEXT} or {"failure": WORDS}. The first line is {"version": TEXT}, or a failure.
// Arguments: the folder of the package, and after how many seconds without a request the process ends.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { join } from "node:path";

const [folder, idleSeconds] = process.argv.slice(2);
// Compilers print to the console now and then; stdout is for replies alone.
console.log = console.info = console.error;
const reply = (value) => process.stdout.write(JSON.stringify(value) + "\n");

let compile;
try {
  const solc = createRequire(join(folder, "package.json"))(folder);
  // Before 0.5 `compile` took another format.
  compile = solc.compileStandardWrapper ?? solc.compile;
  reply({ version: solc.version() });
} catch (error) {
  reply({ failure: String(error?.stack ?? error) });
  process.exit(1);
}

let idle = null;
const rest = () => {
  clearTimeout(idle);
  idle = setTimeout(() => process.exit(0), 1000 * Number(idleSeconds));
};
rest();

createInterface({ input: process.stdin, crlfDelay: Infinity, terminal: false })
  .on("line", (line) => {
    try {
      reply({ output: compile(JSON.parse(line).input) });
    } catch (error) {
      reply({ failure: String(error?.stack ?? error) });
      // A compiler that ran into the end of its memory or stack is not asked again.
      process.stdout.once("drain", () => process.exit(1));
      if (process.stdout.writableLength === 0) process.exit(1);
    }
    rest();
  })
  .on("close", () => process.exit(0));
