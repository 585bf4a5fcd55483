// A panel with where a number was read or how it was computed: the row of the appendix that its link leads to.

const panel = make("dialog", { className: "panel", "aria-labelledby": "panel-title" });
const panelTitle = make("h2", { id: "panel-title", tabIndex: -1 }),
  panelFacts = make("dl", { className: "facts" });
const panelLink = make("a"),
  panelClose = make("button", { type: "button" }, "Close");
for (const one of [panelLink, panelClose]) one.addEventListener("click", () => panel.close());
panel.addEventListener("click", (event) => {
  if (event.target === panel) panel.close();
}); // beside it
panel.append(make("div", {}, panelTitle, panelFacts, make("p", {}, panelLink), panelClose));
document.body.append(panel);

/**
 * @param {string} title
 * @param {Fact[]} facts
 * @param {string} href a place on the page that says the same, or empty
 */
function openPanel(title, facts, href) {
  panelTitle.textContent = title;
  panelFacts.replaceChildren(
    ...facts.map(([name, inside]) => make("div", {}, make("dt", {}, name), make("dd", {}, ...inside))),
  );
  panelLink.hidden = !href;
  panelLink.href = href || "#";
  panelLink.textContent = href.startsWith("#source.")
    ? "Show it in the list of sources"
    : "Show it in the list of formulas";
  panel.showModal();
  panelTitle.focus();
}

/**
 * What a row of the appendix says: its cells under their headings, or the named parts of a cell.
 * @param {HTMLTableRowElement} row
 * @returns {Fact[]}
 */
function factsOf(row) {
  const names = [...(row.closest("table")?.tHead?.rows[0].cells ?? [])].map((cell) => cell.textContent ?? "");
  return [...row.cells].slice(1).flatMap((cell, i) => {
    const named = /** @type {HTMLElement[]} */ ([...cell.querySelectorAll("[data-name]")]);
    /** @type {[string, Node][]} */
    const parts = named.length ? named.map((one) => [one.dataset.name ?? "", one]) : [[names[i + 1], cell]];
    return parts.map(([name, from]) => /** @type {[string, Node[]]} */ ([name, [...from.cloneNode(true).childNodes]]));
  });
}

/**
 * Where the second number of a cell was read, such as the people of `11/37`.
 * @param {HTMLAnchorElement} link
 * @returns {Fact[]}
 */
function alsoFacts(link) {
  const row = document.getElementById(link.dataset.also ?? "");
  if (!(row instanceof HTMLTableRowElement)) return [];
  const [value, ...rest] = factsOf(row);
  return [[row.cells[0].textContent ?? "", value[1]], ...rest];
}

/**
 * The name of a study before the name of its number, and where its paper is.
 * @param {string | undefined} id
 * @returns {{name: string, facts: Fact[]}}
 */
function ofStudy(id) {
  const card = id ? document.getElementById(`study.${id}`) : null,
    paper = card?.querySelector(".links a");
  const name = card?.querySelector("summary")?.firstChild?.textContent?.trim();
  return { name: name ? `${name}: ` : "", facts: paper ? [["Paper", [paper.cloneNode(true)]]] : [] };
}

/** @param {Event} event */
function openSource(event) {
  const link = /** @type {Element} */ (event.target).closest?.("main a[href^='#source.'], main a[href^='#formula.']");
  if (!(link instanceof HTMLAnchorElement)) return;
  const row = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (!(row instanceof HTMLTableRowElement)) return;
  event.preventDefault();
  const { name, facts } = ofStudy(row.closest("table")?.dataset.study);
  openPanel(`${name}${row.cells[0].textContent}`, [...factsOf(row), ...alsoFacts(link), ...facts], link.hash);
}

for (const link of document.querySelectorAll("main a[href^='#source.'], main a[href^='#formula.']")) {
  link.setAttribute("aria-haspopup", "dialog");
}
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window was asked for
  openSource(event);
});
document.addEventListener("keydown", (event) => {
  if (event.key === " ") openSource(event);
});
