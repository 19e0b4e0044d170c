// Coming in and going: enrolment, signing in, sessions.

import { ask, change, say, tried } from "./api.js";
import { button, code, find, make, row, table, when } from "./dom.js";
import { known, made, shown } from "./passkeys.js";
import { start, startOpen } from "./rabita.js";
import { words } from "./words.js";

const NAMED_CHARS = 12;

function signIn() {
  if (location.hash === "#refused") say(words.sign_in_refused);
  offerProvider();
  if (!known()) return say(words.unsupported);
  const go = find("go");
  go.addEventListener("click", () => tried(go, enter, words.working));
}

// Offer the identity provider where there is one; where nothing is told of one, passkeys are the way.
async function offerProvider() {
  const { provider } = await ask("/access/ways").catch(() => ({ provider: "" }));
  find("provider_name").textContent = provider;
  find("provider").hidden = !provider;
}

async function enter() {
  const { public_key: options } = await ask("/access/sign-in/begin", {});
  await ask("/access/sign-in", { answer: await shown(options) });
  say(words.sign_in_done);
  location.assign("/");
}

// A link brings the code after its `#`, which no server sees: then one press makes the passkey and signs in with it.
function enrol() {
  const brought = decodeURIComponent(location.hash.slice(1));
  if (brought) history.replaceState(null, "", location.pathname);
  find("code").value = brought;
  offerWithout();
  if (!known()) return say(words.unsupported);
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(find("go"), () => keep(brought), words.working);
  });
}

async function keep(brought) {
  const code = find("code").value;
  const { public_key: options } = await ask("/access/enrol/begin", { code });
  await ask("/access/enrol", { code, answer: await made(options) });
  find("form").reset();
  if (brought === code) return enter();
  say(words.enrol_done);
}

// An exercise may let a browser without an authenticator in by the code alone.
async function offerWithout() {
  const { code } = await ask("/access/ways").catch(() => ({ code: false }));
  find("without").hidden = !code;
  find("enter-without").addEventListener("click", ({ target }) => tried(target, enterWithout, words.working));
}

async function enterWithout() {
  await ask("/access/exercise", { code: find("code").value });
  say(words.sign_in_done);
  location.assign("/");
}

async function sessions() {
  const rows = (await ask("/access/sessions")).map((each) => {
    const label = `${words.sessions_end} ${when(each.created_ms).textContent}`;
    const end = button(words.sessions_end, (node) => tried(node, () => ended(each)), { "aria-label": label });
    return row(each.own ? words.sessions_own : words.sessions_other, when(each.created_ms), when(each.seen_ms), end);
  });
  const heads = [words.sessions_which, words.sessions_began, words.sessions_seen, words.sessions_act];
  find("list").replaceChildren(table(words.sessions_caption, heads, rows));
  await passkeys();
}

async function passkeys() {
  const rows = (await ask("/access/passkeys")).map((each) => {
    const about = [code(each.id.slice(0, NAMED_CHARS)), ` ${words.passkeys_made} `, when(each.created_ms), " "];
    if (each.standing !== "active") return make("li", {}, ...about, words.passkeys_ended);
    const label = `${words.passkeys_revoke} ${each.id.slice(0, NAMED_CHARS)}`;
    const act = (node) => tried(node, () => revoked(each), words.working);
    const revoke = button(words.passkeys_revoke, act, { "aria-label": label });
    return make("li", {}, ...about, revoke);
  });
  find("passkeys").replaceChildren(...rows);
  const more = button(words.passkeys_another, (node) => tried(node, another, words.working));
  find("another").replaceChildren(more);
}

// Show a passkey within this session: what changes passkeys needs it.
async function confirm() {
  const { public_key: options } = await change("/access/confirm/begin");
  await change("/access/confirm", { answer: await shown(options) });
}

async function another() {
  await confirm();
  const { public_key: options } = await change("/access/passkeys/begin");
  await change("/access/passkeys", { answer: await made(options) });
  await passkeys();
  say(words.passkeys_done);
}

async function revoked(passkey) {
  await confirm();
  await change(`/access/passkeys/${passkey.id}/revoke`);
  location.reload(); // the session may have ended with it
}

async function ended(session) {
  await change(`/access/sessions/${session.id}/end`);
  if (session.own) location.assign("/sign-in");
  else await sessions();
}

startOpen("sign_in", signIn);
startOpen("enrol", enrol);
start("sessions", sessions);
