// Plays the days: the timeline as it stood up to a day, one day after the other, or as far as the slider is drawn.
//
// It stops by itself at the end and whenever somebody takes the slider. Nothing moves but what is shown.

import { say } from "./api.js";
import { find } from "./dom.js";
import { words } from "./words.js";

const STEP_MS = 1200;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function timeline() {
  const days = [...document.querySelectorAll("[data-day]")];
  const slider = find("until");
  const play = find("play");
  let timer;

  function show(until) {
    slider.value = String(until);
    days.forEach((day, at) => {
      day.hidden = at >= until;
      day.toggleAttribute("data-now", at === until - 1 && until < days.length);
    });
    const { says } = days[until - 1].dataset;
    slider.setAttribute("aria-valuetext", says);
    find("reached").textContent = says;
  }

  function stop() {
    clearInterval(timer);
    timer = undefined;
    play.setAttribute("aria-pressed", "false");
    play.textContent = words.timeline_play;
  }

  function forward() {
    const until = Number(slider.value) + 1;
    if (until > days.length) return ended();
    show(until);
    days[until - 1].scrollIntoView({ block: "nearest", behavior: calm.matches ? "instant" : "smooth" });
  }

  function ended() {
    stop();
    say(words.timeline_ended);
  }

  function start() {
    if (Number(slider.value) >= days.length) show(1);
    play.setAttribute("aria-pressed", "true");
    play.textContent = words.timeline_pause;
    timer = setInterval(forward, STEP_MS);
  }

  function stand(together) {
    find("days").classList.toggle("apart", !together);
    find("apart").setAttribute("aria-pressed", String(!together));
    find("together").setAttribute("aria-pressed", String(together));
  }

  play.addEventListener("click", () => (timer ? stop() : start()));
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });
  find("apart").addEventListener("click", () => stand(false));
  find("together").addEventListener("click", () => stand(true));
  show(days.length);
}

if (find("until")) timeline();
