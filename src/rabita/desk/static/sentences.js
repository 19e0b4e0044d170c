// What the API says in English, in the reader's language: faults, remarks, roles, why policy refuses.

let known = {};
let asked;

async function fetched() {
  const answer = await fetch("/desk/sentences", { credentials: "same-origin" });
  known = answer.ok ? await answer.json() : {};
}

// Ask for them once; whoever reads English needs none.
export function learn() {
  asked ??= document.documentElement.lang === "en" ? Promise.resolve() : fetched().catch(() => undefined);
  return asked;
}

// A text of several sentences is said sentence by sentence where it is not known as a whole.
export const told = (text) =>
  known[text] ??
  text
    .split(/(?<=\.) /)
    .map((each) => known[each] ?? each)
    .join(" ");
