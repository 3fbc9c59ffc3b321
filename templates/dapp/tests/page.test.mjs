// The page of the folder that this runs in, in a real browser. test_page.py starts it.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import { context } from "esbuild";
import { chromium } from "playwright-core";

let bundle, browser, page;

before(async () => {
  browser = await launch();
  bundle = await context({ entryPoints: ["main.ts"], bundle: true, format: "esm", outdir: "dist" });
  const { port } = await bundle.serve({ servedir: ".", host: "127.0.0.1", port: 0 });
  page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`http://127.0.0.1:${port}/`);
});

after(async () => {
  await browser?.close();
  await bundle?.dispose();
});

test("each zone has its own entries, and words are never HTML", async () => {
  assert.deepEqual(await page.locator("#zone option").allTextContents(), ["alpha", "beta"]);
  await sign("alpha", "Hello <b>alpha</b>");
  await expectEntries(["Hello <b>alpha</b>"]);
  await sign("beta", "Hello beta");
  await expectEntries(["Hello beta"]);
  await sign("beta", "And again");
  await expectEntries(["And again", "Hello beta"]);
});

test("the contract's refusals are shown", async () => {
  await sign("alpha", "a".repeat(81));
  await page.getByText("TooLong(81, 80)").waitFor();
  await sign("alpha", "");
  await page.getByText("NothingWritten()").waitFor();
});

async function sign(zone, words) {
  await page.selectOption("#zone", zone);
  await page.fill("#words", words);
  await page.click("#sign:enabled");
}

async function expectEntries(words) {
  await page.waitForFunction(
    (expected) => {
      const lines = [...document.querySelectorAll("#entries li")];
      return JSON.stringify(lines.map((line) => line.firstChild.data)) === JSON.stringify(expected);
    },
    words,
  );
}

/** A browser of this machine, or the one that playwright-core has installed. */
async function launch() {
  const paths = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"];
  const ways = [
    ...paths.filter((path) => path && existsSync(path)).map((executablePath) => ({ executablePath })),
    { channel: "chrome" },
    { channel: "msedge" },
    {},
  ];
  for (const way of ways) {
    try {
      return await chromium.launch(way);
    } catch {
      // The next one.
    }
  }
  console.log("no browser: 77");
  process.exit(77);
}
