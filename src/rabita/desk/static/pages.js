// What lists and cases do: filters go into the address, views are kept, drafts are begun, several at once are answered.
//
// A draft that is begun says nothing. Several acts can be acknowledged by drafts at once, never those at FLASH.

import { change, say, tried } from "./api.js";
import { begin } from "./begin.js";
import { filled } from "./clock.js";
import { find } from "./dom.js";
import { words } from "./words.js";

const chosen = new Map(); // what is chosen, by digest: it stays chosen when the list is fetched again

// Only what is given goes into the address, so that the same view has one address.
function filter(event) {
  const form = event.target.closest("form[data-filter]");
  if (!form) return;
  event.preventDefault();
  const given = [...new FormData(form)].map(([name, value]) => [name, value.trim()]);
  const query = new URLSearchParams(given.filter(([, value]) => value));
  location.assign(query.size ? `${form.dataset.filter}?${query}` : form.dataset.filter);
}

function keepView(event) {
  const form = event.target.closest("form[data-keep-view]");
  if (!form) return;
  event.preventDefault();
  const told = new FormData(form);
  const view = { name: told.get("name").trim(), address: form.dataset.keepView, shared: told.has("shared") };
  tried(form.querySelector("button"), async () => {
    await change("/desk/views", view);
    location.reload();
  });
}

function press(event) {
  const node = event.target.closest("button");
  if (!node) return;
  const { line, procedure, act, said } = node.dataset;
  if ("begin" in node.dataset) {
    const { basis, ...more } = JSON.parse(said);
    tried(node, () => begin(line, procedure, act, basis, more));
  } else if ("dropView" in node.dataset) {
    tried(node, async () => {
      await change(`/desk/views/${node.dataset.dropView}/drop`);
      location.reload();
    });
  } else if ("acknowledge" in node.dataset) {
    tried(node, acknowledge, words.pages_beginning);
  } else if ("unchoose" in node.dataset) {
    chosen.clear();
    mark();
    find("main").focus();
  }
}

async function acknowledge() {
  for (const [digest, { line, procedure, act, lane }] of chosen) {
    await change("/drafts", { line, procedure, act, said: { basis: [digest], precedence: lane } });
    chosen.delete(digest);
  }
  location.assign("/desk/drafts");
}

// A state is one of a procedure; another procedure has others.
function choose(event) {
  const state = find("filter-state");
  if (event.target.id === "filter-procedure" && state) state.value = "";
}

function pick(event) {
  if (!("pick" in event.target.dataset)) return;
  const { basis, ...act } = event.target.dataset;
  if (event.target.checked) chosen.set(basis, act);
  else chosen.delete(basis);
  mark();
  say(filled(words.pages_chosen, { count: chosen.size }));
}

// The list as it stands now shows what is chosen; what is no longer there, or no longer waits, is chosen no more.
function mark() {
  const bulk = find("bulk");
  if (!bulk) return;
  const boxes = [...document.querySelectorAll("[data-pick]")];
  const there = new Set(boxes.map((each) => each.dataset.basis));
  for (const digest of [...chosen.keys()]) if (!there.has(digest)) chosen.delete(digest);
  for (const box of boxes) box.checked = chosen.has(box.dataset.basis);
  bulk.hidden = !chosen.size;
  bulk.querySelector("[data-chosen]").textContent = filled(words.pages_chosen, { count: chosen.size });
}

document.addEventListener("submit", filter);
document.addEventListener("submit", keepView);
document.addEventListener("click", press);
document.addEventListener("change", choose);
document.addEventListener("change", pick);
document.addEventListener("rabita:live", mark);
mark();
