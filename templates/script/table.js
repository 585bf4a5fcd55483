// The table of a forest plot with the rows of another view in it.

/**
 * @param {HTMLTableElement} own
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Row[]} rows
 * @param {boolean} same
 */
function viewTable(own, analysis, { choice }, rows, same) {
  const { measure } = choice;
  const table = /** @type {HTMLTableElement} */ (own.cloneNode(true)),
    { plot, protocol } = analysis;
  const lines = [...table.tBodies[0].rows],
    old = plot.rows.map(({ kind }) => (kind === "spacer" ? null : (lines.shift() ?? null)));
  const kept = rows.filter((row) => row.kind !== "spacer");
  table.tBodies[0].replaceChildren(...kept.map((row) => tableRow(row, old[row.at] ?? null, analysis, choice, same)));
  for (const head of table.tHead?.rows[0].cells ?? []) {
    if (head.textContent === plot.titles[protocol.measure][0]) head.textContent = plot.titles[measure][0];
  }
  if (!same) table.caption?.prepend(make("strong", { className: "departure on" }, `${NOT_PROTOCOL}. `));
  return table;
}

/**
 * @param {Row} row
 * @param {HTMLTableRowElement | null} old
 * @param {Analysis} analysis
 * @param {Choice} choice
 * @param {boolean} same whether the numbers are the protocol's, which keep their links
 */
function tableRow(row, old, analysis, choice, same) {
  const { columns } = analysis.plot,
    line = old ?? newRow(row, columns),
    name = line.cells[0].textContent || row.cells.label;
  columns.forEach(({ key }, i) => {
    const text = row.cells[key];
    if (text === undefined || (row.kind === "text" && i) || (same && old)) return;
    const read = row.kind.startsWith("reference") ? line.cells[i].querySelector("a") : null; // it keeps its source
    if (read) read.textContent = text;
    if (read) return;
    const isNumber = /\d/.test(text) && !(key === "label" && row.kind !== "text");
    line.cells[i].replaceChildren(
      isNumber ? numberButton(text, name, () => cellFacts(analysis, choice, row, key)) : text,
    );
  });
  line.classList.toggle("out", row.out);
  return line;
}

/**
 * @param {Row} row
 * @param {ColumnOf[]} columns
 */
function newRow({ kind }, columns) {
  if (kind === "text") {
    return make("tr", { className: kind }, make("th", { scope: "rowgroup", colSpan: columns.length }));
  }
  const inside = columns.map(({ end }, i) =>
    i ? make("td", { className: end ? "n" : "" }) : make("th", { scope: "row" }),
  );
  return make("tr", { className: kind }, ...inside);
}
