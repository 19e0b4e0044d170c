// The alarm: rings while something of the highest urgency waits for us, until it is acknowledged. It stands alone: its
// own events, its own reading, so that whatever else fails on a page, this does not.
//
// Rules kept here: a sound needs one press, so the watch begins by arming it; until then the page says that it is
// silent. One window of a browser listens for all, one rings at a time. That the alarm hears nothing any more is itself
// told aloud, once a minute, since silence must never be ambiguous. To see an alarm is not to acknowledge it. It rings on
// where a session was idle and shows nothing more: what it asks says that something waits, and never what.

import { filled, inDigits } from "./clock.js";
import { find, make } from "./dom.js";
import { words } from "./words.js";

const KINDS = ["sealed", "arrived", "case", "told", "lost"];
const RING_EVERY_MS = 4000;
const WARN_EVERY_MS = 60_000;
const RING_HZ = [880, 660, 880, 660];
const WARN_HZ = [330, 220];
const TONE_S = 0.22;
const LOUD = 0.25;
const QUIET_MS = 60;
const LOOK_MS = 500;
const BEAT_MS = 5000;
const PATIENCE_MS = 8000;
const title = document.title;
const others = new BroadcastChannel("rabita-alarm");

let sound;
let heard = { ringing: [], lost: false };
let timer;
let next_ms = 0;
const shown = new Set();

const armed = () => sound?.state === "running";

// A few tones, one after the other, each fading so that it does not crack.
function play(tones) {
  for (const [at, hz] of tones.entries()) {
    const begin = sound.currentTime + at * TONE_S;
    const tone = new OscillatorNode(sound, { type: "triangle", frequency: hz });
    const volume = new GainNode(sound, { gain: 0 });
    volume.gain.linearRampToValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(LOUD, begin + 0.02);
    volume.gain.linearRampToValueAtTime(0, begin + TONE_S);
    tone.connect(volume).connect(sound.destination);
    tone.start(begin);
    tone.stop(begin + TONE_S);
  }
}

// Only one window of this browser sounds at a time.
async function ring() {
  const wanted = heard.ringing.length > 0 || heard.lost;
  if (!wanted || !armed() || Date.now() < next_ms) return;
  next_ms = Date.now() + (heard.ringing.length ? RING_EVERY_MS : WARN_EVERY_MS);
  const tones = heard.ringing.length ? RING_HZ : WARN_HZ;
  await navigator.locks.request("rabita-ring", { ifAvailable: true }, (lock) => {
    if (!lock) return undefined;
    play(tones);
    return new Promise((done) => setTimeout(done, RING_EVERY_MS - QUIET_MS));
  });
}

async function arm() {
  sound ??= new AudioContext();
  await sound.resume();
  play(RING_HZ.slice(0, 2));
  if (globalThis.Notification?.permission === "default") await Notification.requestPermission();
  show();
}

function show() {
  const count = heard.ringing.length;
  const mark = heard.lost ? "✕" : `▲${inDigits(count)}`;
  document.title = count || heard.lost ? `${mark} ${title}` : title;
  const text = heard.lost ? words.alarm_lost : filled(words.alarm_rings, { count: inDigits(count) });
  const link = count || heard.lost ? [make("a", { href: "/desk" }, text)] : [];
  if (find("alarm").textContent !== (link[0]?.textContent ?? "")) find("alarm").replaceChildren(...link);
  const button = find("arm");
  button.textContent = armed() ? words.alarm_try : words.alarm_arm;
  button.dataset.armed = armed() ? "yes" : "no";
}

// A note outside the browser says that something waits and never what.
function notify(fresh) {
  if (!fresh.length || globalThis.Notification?.permission !== "granted") return;
  const note = new Notification(words.alarm_note, { tag: "rabita-alarm", requireInteraction: true });
  note.addEventListener("click", () => {
    focus();
    location.assign("/desk");
  });
}

function take(told) {
  heard = told;
  if (!told.ringing.length && !told.lost) next_ms = 0;
  show();
  void ring();
}

function tell(told) {
  take(told);
  others.postMessage(told);
}

async function read() {
  const asked = { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE_MS) };
  const answer = await fetch("/desk/alarm", asked).catch(() => undefined);
  const told = answer?.ok && (await answer.json().catch(() => undefined)); // half an answer is none
  if (!told) return tell({ ...heard, lost: true });
  const { ringing } = told;
  notify(ringing.filter((each) => !shown.has(each)));
  shown.clear();
  for (const each of ringing) shown.add(each);
  tell({ ringing, lost: false });
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(() => void read(), QUIET_MS);
}

// Hear for every window of this browser, as long as this one is open; and ask again and again, should nothing be told.
function listen() {
  let source;
  const open = () => {
    source = new EventSource("/events");
    source.addEventListener("open", soon);
    source.addEventListener("error", soon);
    for (const each of KINDS) source.addEventListener(each, soon);
  };
  const beat = () => {
    if (source.readyState === EventSource.CLOSED) open();
    soon();
  };
  open();
  setInterval(beat, BEAT_MS);
  return new Promise(() => {});
}

function start() {
  find("arm").addEventListener("click", () => void arm());
  others.addEventListener("message", ({ data }) => take(data));
  if (navigator.userActivation?.hasBeenActive) {
    sound = new AudioContext();
    sound.addEventListener("statechange", show);
  }
  find("arm").disabled = false;
  show();
  void read();
  void navigator.locks.request("rabita-alarm", listen);
  setInterval(() => void ring(), LOOK_MS);
}

if ("reads" in document.body.dataset) start();
