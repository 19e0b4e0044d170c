// Asks this node's API as any program does. What changes something carries the session's own value against forgery.

import { find } from "./dom.js";
import { learn, told as inWords } from "./sentences.js";
import { words } from "./words.js";

const UNAUTHORIZED = 401;
const BAD_REQUEST = 400;
let csrf = "";

// What people are told as it is.
export class Told extends Error {}

export class Refused extends Told {
  constructor(status, problem) {
    super(problem.detail ? `${inWords(problem.title)} (${inWords(problem.detail)})` : inWords(problem.title));
    this.status = status;
    this.code = problem.code;
  }
}

export async function ask(path, body) {
  const answer = await sent(path, body);
  return answer.json().catch(() => {
    throw new Told(words.failed); // half an answer is none
  });
}

async function sent(path, body) {
  const asked = { credentials: "same-origin", headers: { accept: "application/json" } };
  if (body !== undefined) {
    asked.method = "POST";
    asked.headers["content-type"] = "application/json";
    asked.body = JSON.stringify(body);
    if (csrf) asked.headers["x-rabita-csrf"] = csrf;
  }
  const answer = await fetch(path, asked).catch(() => undefined);
  if (!answer) throw new Told(words.failed);
  if (answer.ok) return answer;
  return refuse(answer.status, await answer.json());
}

async function refuse(status, told) {
  if (status === UNAUTHORIZED || told.code === "csrf-refused") csrf = "";
  await learn();
  throw new Refused(status, told);
}

// Send a file, and tell how much of it has gone (0 to 1), which `fetch` does not; *signal* breaks it off.
export async function send(path, file, gone, signal) {
  if (!csrf) await whoami();
  const asked = new XMLHttpRequest();
  signal.addEventListener("abort", () => asked.abort(), { once: true });
  const answer = new Promise((resolve) => {
    asked.onload = () => resolve(JSON.parse(asked.responseText));
    asked.onerror = asked.onabort = () => resolve(undefined);
  });
  asked.upload.onprogress = ({ loaded, total }) => gone(total ? loaded / total : 1);
  asked.open("POST", path);
  asked.setRequestHeader("accept", "application/json");
  asked.setRequestHeader("content-type", "application/octet-stream");
  asked.setRequestHeader("x-rabita-csrf", csrf);
  asked.send(file);
  const told = await answer;
  if (!told) throw new Told(words.failed);
  return asked.status < BAD_REQUEST ? told : refuse(asked.status, told);
}

// Ask for what comes piece by piece, one JSON object a line, as it comes.
export const pieces = async function* (path, body = {}) {
  if (!csrf) await whoami();
  const answer = await sent(path, body);
  let rest = "";
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    yield* lines.map((each) => JSON.parse(each));
  }
};

// Change something; whoever signed in again in another window goes on here.
export async function change(path, body = {}) {
  if (!csrf) await whoami();
  return ask(path, body);
}

export async function whoami() {
  const told = await ask("/access/session");
  csrf = told.csrf;
  return { ...told.principal, may: told.may };
}

// Every row of a list that comes in pages.
export async function everything(path) {
  const rows = [];
  let cursor = "";
  do {
    const page = await ask(`${path}${path.includes("?") ? "&" : "?"}count=200&cursor=${encodeURIComponent(cursor)}`);
    rows.push(...page.rows);
    cursor = page.next;
  } while (cursor);
  return rows;
}

export function say(text) {
  find("said").textContent = text;
}

export function sentence(fault) {
  if (fault.status === UNAUTHORIZED) return words.not_signed_in;
  if (fault instanceof Told) return fault.message;
  if (fault instanceof DOMException) return words.cancelled;
  reportError(fault);
  return words.failed;
}

// Carry out what a button asks for, and say aloud what became of it; the button waits meanwhile.
export async function tried(node, act, waiting = "") {
  node.disabled = true;
  say(waiting);
  try {
    await act();
    return true;
  } catch (fault) {
    say(sentence(fault));
    find("enter").hidden = fault.status !== UNAUTHORIZED;
    return false;
  } finally {
    node.disabled = false;
  }
}
