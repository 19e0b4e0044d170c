// The officers' pages: what each of them does. Scripts write text only, never markup, and ask this node alone.

import { say, sentence, tried, whoami } from "./api.js";
import { draft } from "./draft.js";
import { drafts } from "./drafts.js";
import { find } from "./dom.js";
import { enrol, leave, sessions, signIn } from "./entering.js";
import { officers } from "./officers.js";
import { release } from "./release.js";
import { review } from "./review.js";

const OPEN = { sign_in: signIn, enrol };
const PAGES = { drafts, draft, review, release, officers, sessions };
const page = document.body.dataset.page;

// The address names a draft after its #, so the link to the page's main part goes there without it.
function skip(event) {
  event.preventDefault();
  find("main").focus();
}

async function start() {
  document.querySelector(".skip").addEventListener("click", skip);
  const out = find("sign-out");
  if (out) out.addEventListener("click", () => tried(out, leave));
  if (OPEN[page]) return OPEN[page]();
  if (PAGES[page]) return PAGES[page](await whoami());
}

start().catch((fault) => {
  say(sentence(fault));
  find("enter").hidden = fault.status !== 401;
});
