// What the other files work with. All that the script does can also be read on the page without it. It asks nothing of
// anyone and keeps nothing but the fragment of the address.

/** @typedef {{text: number, small: number, line: number, pad: number, gap: number, square: number, plain: number,
 *   margin: number}} Sizes */
/** @typedef {{effect: Record<string, string>, common: Record<string, string>, weight: Record<string, string>,
 *   tau2: Record<string, string>, ci: Record<string, string>, pi: Record<string, string>, p: Record<string, string>,
 *   random: string, q: string, people: string, subgroups: string, "i2 random": string,
 *   "i2 common": string}} Formulas */
/** @typedef {{sizes: Sizes, formulas: Formulas, choices: Record<ChoiceName, Record<string, string>>,
 *   usual: Record<string, number>,
 *   drops: Record<string, boolean>, analyses: Record<string, Analysis>, sorted: Record<string, Sortable>}} PageData */
/** @type {PageData} */
const DATA = JSON.parse(element("explore-data").textContent ?? "");
const NOT_PROTOCOL = "Not the protocol’s analysis";

/** @param {string} id */
function element(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} given its properties; those with a hyphen, and role, are attributes
 * @param {...(Node | string)} inside
 * @returns {HTMLElementTagNameMap[T]}
 */
function make(tag, given = {}, ...inside) {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.includes("-") || name === "role") one.setAttribute(name, value);
    else Object.assign(one, { [name]: value });
  }
  one.append(...inside);
  return one;
}

// What an address names is shown, also within what is folded.
function reveal() {
  const named = document.querySelector(":target");
  for (let fold = named?.closest("details"); fold; fold = fold.parentElement?.closest("details")) fold.open = true;
  if (named?.closest("details")) named.scrollIntoView();
}
addEventListener("hashchange", reveal);
reveal();
