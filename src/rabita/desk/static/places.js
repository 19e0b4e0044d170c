// Where one is in a draft: told to the node while one writes, which stores nothing in the browser; gone back to when the
// draft is opened again.

import { ask, change } from "./api.js";
import { find } from "./dom.js";

const QUIET_MS = 400;
const path = (draft) => `/desk/drafts/${draft}/spot`;

// Tell whenever the writer has come to rest somewhere in *root*; that a place is lost harms nobody.
export function remember(draft, root) {
  let field;
  let timer;
  const rest = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!field?.isConnected) return;
      const [first, last] = [field.selectionStart ?? 0, field.selectionEnd ?? 0];
      const top = Math.max(0, Math.round(scrollY));
      change(path(draft), { field: field.id, first, last, top }).catch(() => undefined);
    }, QUIET_MS);
  };
  const come = ({ target }) => {
    if (!target.id.startsWith("said.")) return;
    field = target;
    rest();
  };
  root.addEventListener("focusin", come);
  for (const each of ["input", "keyup", "pointerup"]) root.addEventListener(each, rest);
  addEventListener("scroll", rest, { passive: true });
}

// Go back to where one was; nothing where one never was, or what was there is gone.
export async function goBack(draft) {
  const { field, first, last, top } = await ask(path(draft));
  const node = field && find(field);
  if (!node) return;
  node.closest("details")?.setAttribute("open", "");
  node.focus({ preventScroll: true });
  if (node.matches("textarea, input:not([type])")) node.setSelectionRange(first, last);
  scrollTo({ top, behavior: "instant" });
}
