// The handover: draws it up, has a passkey sign it, prints it.

import { change, say, tried } from "./api.js";
import { find } from "./dom.js";
import { shown } from "./passkeys.js";
import { words } from "./words.js";

const BOTH = 2;
const address = ({ line, handing }, deed) => `/lines/${line}/handovers/${handing}/${deed}`;

async function drawUp(form) {
  const { from_post: from, to_post: to, remarks } = form.elements;
  const said = { from_post: from.value, to_post: to.value, remarks: remarks.value };
  await change(`/lines/${form.dataset.line}/handovers/draw-up`, said);
  location.reload();
}

async function sign({ dataset }) {
  const { public_key: options } = await change(address(dataset, "begin"));
  const told = await change(address(dataset, "sign"), { answer: await shown(options) });
  say(told.signatures === BOTH ? words.handover_kept : words.handover_waits);
  if (told.signatures === BOTH) location.assign(`/desk/handovers/${told.number}?line=${dataset.line}`);
  else location.reload();
}

async function drop({ dataset }) {
  await change(address(dataset, "drop"));
  location.reload();
}

find("draw-up")?.addEventListener("submit", (event) => {
  event.preventDefault();
  void tried(find("go"), () => drawUp(event.target));
});
find("sign")?.addEventListener("click", ({ target }) => tried(target, () => sign(target), words.working));
find("drop")?.addEventListener("click", ({ target }) => tried(target, () => drop(target)));
if (find("wizard")) find("wizard").inert = false; // a press before this script had come would be lost
find("print")?.addEventListener("click", () => print());
