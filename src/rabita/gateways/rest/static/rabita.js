// The officers' pages: asks for passkeys and talks to this node's API. It writes text only, never markup.

const words = document.body.dataset;
const said = document.getElementById("said");
const go = document.getElementById("go");

const packed = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const unpacked = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));

async function ask(path, body, csrf) {
  const asked = { credentials: "same-origin", headers: { accept: "application/json" } };
  if (body !== undefined) {
    asked.method = "POST";
    asked.headers["content-type"] = "application/json";
    asked.body = JSON.stringify(body);
    if (csrf) asked.headers["x-rabita-csrf"] = csrf;
  }
  const answer = await fetch(path, asked);
  const told = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(told.title), { told: true, status: answer.status });
  return told;
}

const listed = (credentials) => (credentials ?? []).map((each) => ({ ...each, id: unpacked(each.id) }));

async function made(options) {
  const publicKey = {
    ...options,
    challenge: unpacked(options.challenge),
    user: { ...options.user, id: unpacked(options.user.id) },
    excludeCredentials: listed(options.excludeCredentials),
  };
  const passkey = await navigator.credentials.create({ publicKey });
  return written(passkey, { attestationObject: packed(passkey.response.attestationObject) });
}

async function shown(options) {
  const publicKey = { ...options, challenge: unpacked(options.challenge), allowCredentials: listed(options.allowCredentials) };
  const passkey = await navigator.credentials.get({ publicKey });
  const { authenticatorData, signature, userHandle } = passkey.response;
  return written(passkey, {
    authenticatorData: packed(authenticatorData),
    signature: packed(signature),
    ...(userHandle ? { userHandle: packed(userHandle) } : {}),
  });
}

const written = (passkey, response) => ({
  id: passkey.id,
  rawId: packed(passkey.rawId),
  type: passkey.type,
  response: { clientDataJSON: packed(passkey.response.clientDataJSON), ...response },
});

async function signIn() {
  const { public_key: options } = await ask("/access/sign-in/begin", {});
  await ask("/access/sign-in", { answer: await shown(options) });
  said.textContent = words.signInDone;
  location.assign("/sessions");
}

async function enrol() {
  const code = document.getElementById("code").value;
  const { public_key: options } = await ask("/access/enrol/begin", { code });
  await ask("/access/enrol", { code, answer: await made(options) });
  document.getElementById("form").reset();
  said.textContent = words.enrolDone;
}

const when = (milliseconds) => new Date(milliseconds).toISOString().replace("T", " ").slice(0, 16) + "Z";

async function sessions() {
  const { csrf } = await ask("/access/session");
  const table = document.getElementById("sessions");
  const rows = (await ask("/access/sessions")).map((each) => {
    const end = document.createElement("button");
    end.textContent = words.sessionsEnd;
    end.setAttribute("aria-label", `${words.sessionsEnd} ${when(each.created_ms)}`);
    end.addEventListener("click", () => tried(end, () => ended(each, csrf)));
    const row = document.createElement("tr");
    const cells = [each.own ? words.sessionsOwn : words.sessionsOther, when(each.created_ms), when(each.seen_ms), end];
    for (const cell of cells) row.insertCell().append(cell);
    return row;
  });
  table.tBodies[0].replaceChildren(...rows);
  table.hidden = false;
  go.hidden = false;
  go.onclick = () => tried(go, () => left(csrf));
}

async function ended(session, csrf) {
  await ask(`/access/sessions/${session.id}/end`, {}, csrf);
  if (session.own) location.assign("/sign-in");
  else await sessions();
}

async function left(csrf) {
  await ask("/access/sign-out", {}, csrf);
  location.assign("/sign-in");
}

async function tried(button, act) {
  button.disabled = true;
  said.textContent = button.form || words.page === "sign_in" ? words.working : "";
  try {
    await act();
  } catch (fault) {
    if (fault.status === 401) said.textContent = words.sessionsNone;
    else said.textContent = fault.told ? fault.message : fault instanceof DOMException ? words.cancelled : words.failed;
  } finally {
    button.disabled = false;
  }
}

if (!window.PublicKeyCredential && words.page !== "sessions") {
  said.textContent = words.unsupported;
} else if (words.page === "sign_in") {
  go.addEventListener("click", () => tried(go, signIn));
} else if (words.page === "enrol") {
  document.getElementById("form").addEventListener("submit", (event) => {
    event.preventDefault();
    tried(go, enrol);
  });
} else {
  tried(go, sessions);
}
