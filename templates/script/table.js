// The table of a forest plot with the rows of another view in it.

/**
 * @param {HTMLTableElement} own
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Row[]} rows
 * @param {boolean} same
 */
function viewTable(own, analysis, { choice: { measure } }, rows, same) {
  const table = /** @type {HTMLTableElement} */ (own.cloneNode(true)),
    { plot, protocol } = analysis;
  const lines = [...table.tBodies[0].rows],
    old = plot.rows.map(({ kind }) => (kind === "spacer" ? null : (lines.shift() ?? null)));
  const kept = rows.filter((row) => row.kind !== "spacer");
  table.tBodies[0].replaceChildren(...kept.map((row) => tableRow(row, old[row.at] ?? null, plot)));
  for (const head of table.tHead?.rows[0].cells ?? []) {
    if (head.textContent === plot.titles[protocol.measure][0]) head.textContent = plot.titles[measure][0];
  }
  if (!same) table.caption?.prepend(make("strong", { className: "departure on" }, `${NOT_PROTOCOL}. `));
  return table;
}

/**
 * @param {Row} row
 * @param {HTMLTableRowElement | null} old
 * @param {PlotOf} plot
 */
function tableRow(row, old, { columns }) {
  const line = old ?? newRow(row, columns);
  columns.forEach(({ key }, i) => {
    if (row.kind === "text" || row.cells[key] === undefined) return;
    line.cells[i].replaceChildren(row.cells[key]);
  });
  line.classList.toggle("out", row.out);
  return line;
}

/**
 * @param {Row} row
 * @param {ColumnOf[]} columns
 */
function newRow({ kind, cells: { label } }, columns) {
  if (kind === "text") {
    return make("tr", { className: kind }, make("th", { scope: "rowgroup", colSpan: columns.length }, label));
  }
  const inside = columns.map(({ end }, i) =>
    i ? make("td", { className: end ? "n" : "" }) : make("th", { scope: "row" }),
  );
  return make("tr", { className: kind }, ...inside);
}
