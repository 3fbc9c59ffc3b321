import { type ZoneName, zones } from "./contracts/index.js";
import { explain, newestEntries, sign } from "./guestbook.js";

const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const zoneSelect = element<HTMLSelectElement>("zone");
const words = element<HTMLInputElement>("words");
const button = element<HTMLButtonElement>("sign");
const status = element<HTMLParagraphElement>("status");

zoneSelect.append(...Object.keys(zones).map((name) => new Option(name)));
zoneSelect.addEventListener("change", () => attempt(show));
element<HTMLFormElement>("form").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    status.textContent = "Signing …";
    await sign(chosen(), words.value);
    words.value = "";
    await show();
  });
});
attempt(show);

function chosen(): ZoneName {
  return zoneSelect.value as ZoneName;
}

async function show() {
  const zone = chosen();
  const entries = await newestEntries(zone);
  if (zone !== chosen()) return; // Another zone was chosen meanwhile.
  element("entries").replaceChildren(
    ...entries.map(({ guest, words }) => {
      const line = document.createElement("li");
      const by = document.createElement("small");
      by.textContent = guest;
      // Never as HTML: anyone may have written it.
      line.append(words, by);
      return line;
    }),
  );
  status.textContent = "";
}

async function attempt(action: () => Promise<void>) {
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    status.textContent = explain(error);
  } finally {
    button.disabled = false;
  }
}
