// Keeps a page as the node has it. It hears the node's events, fetches the page's own address again, and takes over
// every part that has an id and `data-live` where it changed; what has the focus, what is open and what is scrolled stay.
//
// It says in words how fresh the page is: a page that hears nothing must not look like one where nothing happens.

import { say } from "./api.js";
import { filled, nowMs, timeHere } from "./clock.js";
import { find } from "./dom.js";
import { words } from "./words.js";

const KINDS = ["sealed", "arrived", "receipted", "case", "told", "line", "lost"];
const QUIET_MS = 120; // several events at once are one change
const LEAST_MS = 500; // between two fetches
const BUSY_MS = 3000; // until a part that somebody works in is looked at again
const BEAT_MS = 15_000;
const PATIENCE_MS = 8000;
const OK = 200;
const FIELDS = "input, textarea, select";

const given = new Map(); // each part as the node gave it, before anything here counted in it
let source;
let timer;
let fetched_ms = 0;
let state = "waiting";

const parts = (root) => [...root.querySelectorAll("[data-live][id]")];

// Fetch the page again. The browser parses it as a document, which runs nothing in it.
function page() {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest();
    asked.open("GET", `${location.pathname}${location.search}`);
    asked.responseType = "document";
    asked.timeout = PATIENCE_MS;
    asked.onload = () => {
      const elsewhere = new URL(asked.responseURL).pathname !== location.pathname;
      if (asked.status === OK && !elsewhere) resolve(asked.responseXML);
      else reject(elsewhere ? "out" : "lost");
    };
    asked.onerror = asked.ontimeout = () => reject("lost");
    asked.send();
  });
}

// What has the focus, by what is found again in the part that comes.
function named(node) {
  const tag = node.localName;
  if (node.id) return `#${CSS.escape(node.id)}`;
  for (const name of ["data-key", "href", "name"]) {
    if (node.hasAttribute(name)) return `${tag}[${name}="${CSS.escape(node.getAttribute(name))}"]`;
  }
  return tag;
}

function swap(part, next) {
  const focus = part.contains(document.activeElement) && named(document.activeElement);
  const open = [...part.querySelectorAll("details[open][id]")].map((each) => each.id);
  const scrolled = [...part.querySelectorAll(".wide")].map((each) => each.scrollLeft);
  part.replaceWith(next);
  for (const id of open) find(id)?.setAttribute("open", "");
  for (const [at, each] of [...next.querySelectorAll(".wide")].entries()) each.scrollLeft = scrolled[at] ?? 0;
  if (!focus) return;
  const again = next.matches(focus) ? next : next.querySelector(focus);
  if (!again) next.tabIndex = -1;
  (again ?? next).focus({ preventScroll: true });
}

// Somebody writes in it, or has marked words of it.
function busy(part) {
  const at = document.activeElement;
  if (part.contains(at) && at.matches(FIELDS)) return true;
  if ([...part.querySelectorAll("details[open] form")].length) return true;
  const marked = getSelection();
  return Boolean(marked?.toString()) && part.contains(marked.anchorNode);
}

function take(next) {
  let waits = false;
  for (const part of parts(document)) {
    const then = next.getElementById(part.id);
    if (!then || given.get(part.id)?.isEqualNode(then)) continue;
    if (busy(part)) {
      waits = true;
      continue;
    }
    given.set(part.id, then.cloneNode(true));
    swap(part, document.adoptNode(then));
  }
  document.dispatchEvent(new Event("rabita:live"));
  if (waits) later(BUSY_MS);
}

function later(ms = QUIET_MS) {
  clearTimeout(timer);
  timer = setTimeout(() => void refresh(), Math.max(ms, fetched_ms + LEAST_MS - Date.now()));
}

// Renew the page; without live parts only where it is asked whether we are let in still.
async function refresh(always = false) {
  fetched_ms = Date.now();
  if (!given.size && !always) return fresh();
  try {
    take(await page());
    fresh();
  } catch (fault) {
    if (fault !== "lost" && fault !== "out") throw fault;
    lost(fault);
  }
}

function fresh() {
  if (state === "lost") say(words.live_back);
  tell("live", filled(words.live_fresh, { time: timeHere(nowMs()) }));
}

function lost(how) {
  if (state === how || state === "out") return;
  const text = how === "out" ? words.live_out : filled(words.live_lost, { time: timeHere(nowMs()) });
  tell(how, text);
  say(text);
  find("enter").hidden = how !== "out";
}

function tell(now, text) {
  state = now;
  find("heard").dataset.state = now;
  find("heard").textContent = text;
}

// Ask whether the node is there. What was missed meanwhile is fetched as soon as it is.
async function beat() {
  if (document.hidden || state === "out") return;
  const answer = await fetch("/health", { signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => undefined);
  if (!answer?.ok) return lost("lost");
  if (state !== "lost" && source?.readyState !== EventSource.CLOSED) return fresh();
  await refresh(true);
  if (state === "live") listen();
}

// A hidden page hears nothing and hears it all at once when it is seen again: browsers hold few connections.
function listen() {
  source?.close();
  source = undefined;
  if (document.hidden || state === "out" || !("reads" in document.body.dataset)) return;
  source = new EventSource("/events");
  source.addEventListener("open", () => later());
  source.addEventListener("error", ({ target }) => void (target.readyState === EventSource.CLOSED ? refresh(true) : beat()));
  for (const each of KINDS) source.addEventListener(each, () => later());
}

export function live() {
  if (!find("heard")) return;
  for (const each of parts(document)) given.set(each.id, each.cloneNode(true));
  document.addEventListener("visibilitychange", listen);
  document.addEventListener("rabita:due", () => later());
  addEventListener("offline", () => lost("lost"));
  addEventListener("online", () => void beat());
  setInterval(() => void beat(), BEAT_MS);
  fresh();
  listen();
}
