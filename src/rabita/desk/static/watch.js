// The watch: begins the draft of an answer, puts off what is owed, takes it up again. Parts come and go while the page
// stands, so it listens on the whole page.

import { change, say, tried } from "./api.js";
import { begin } from "./begin.js";
import { words } from "./words.js";

async function putOff(form) {
  const { line, case: id, duty, reference } = form.dataset;
  const reason = form.elements.reason.value;
  await change("/desk/snoozes", { line, case: id, duty, reference, reason, minutes: Number(form.elements.minutes.value) });
  form.closest("details").open = false;
  document.activeElement?.blur();
  document.dispatchEvent(new Event("rabita:due"));
  say(words.watch_snoozed);
}

async function takeUp(id) {
  await change(`/desk/snoozes/${id}/end`);
  document.dispatchEvent(new Event("rabita:due"));
}

function pressed({ target }) {
  const answer = target.closest("[data-answer]");
  const up = target.closest("[data-take-up]");
  if (up) void tried(up, () => takeUp(up.dataset.takeUp));
  if (!answer) return;
  const { line, procedure, act, lane, basis } = answer.dataset;
  void tried(answer, () => begin(line, procedure, act, basis, { precedence: lane }));
}

document.addEventListener("click", pressed);
document.addEventListener("submit", (event) => {
  if (!("snooze" in event.target.dataset)) return;
  event.preventDefault();
  void tried(event.target.querySelector("button"), () => putOff(event.target));
});
