// Begin a draft, and go to where it is written. A page that leads to writing asks this; by a link, /desk/draft asks.

import { change } from "./api.js";

// `procedure` and `act` by their names; `basis` what it answers (a reference or digest, or a list, the first the act
// answered); `said` whatever else of `Said` is known already.
export async function begin(line, procedure, act, basis = [], said = {}) {
  const body = { line, procedure, act, said: { ...said, basis: [basis].flat() } };
  const { id } = await change("/drafts", body);
  location.assign(`/desk/draft#${id}`);
}
