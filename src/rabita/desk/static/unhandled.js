// Marks what was answered as not handled, and takes the mark off, on the watch and on an entry. Parts come and go while
// the page stands, so it listens on the whole page.

import { change, say, tried } from "./api.js";
import { words } from "./words.js";

const PATH = "/desk/unhandled";
const renew = () => document.dispatchEvent(new Event("rabita:due"));

async function mark(form) {
  const { line, reference } = form.dataset;
  await change(PATH, { line, reference, reason: form.elements.reason.value });
  form.closest("details").open = false;
  document.activeElement?.blur();
  renew();
  say(words.unhandled_marked);
}

async function handled(id) {
  await change(`${PATH}/${id}/end`);
  renew();
}

document.addEventListener("submit", (event) => {
  if (!("unhandled" in event.target.dataset)) return;
  event.preventDefault();
  void tried(event.target.querySelector("button"), () => mark(event.target));
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-handled]");
  if (button) void tried(button, () => handled(button.dataset.handled));
});
