// The page's forest plot with the rows of another view in it.

const LEAST_SHARE = 0.25; // of an equal weight, below which a study does not set the axis
const ABOVE = 26; // px, room over the plot for the mark

/**
 * @param {Element} own
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Row[]} rows
 * @param {boolean} same whether these are the protocol's numbers
 */
function viewSvg(own, analysis, state, rows, same) {
  const { measure } = state.choice,
    notes = viewNotes(analysis, state, same);
  const svg = /** @type {Element} */ (own.cloneNode(true)),
    groups = [...svg.querySelectorAll("g.row")],
    { sizes } = DATA;
  const marks = rows.flatMap((row) => (row.mark ? [row.mark] : [])),
    plot = widened(analysis.plot, rows, svg),
    light = ofLittleWeight(analysis.plot, rows);
  const axis =
    measure === analysis.protocol.measure
      ? analysis.plot
      : axisOf(
          measure,
          marks.flatMap((mark) => (light.has(mark) ? [] : (mark.estimate ?? []))),
          [...marks.flatMap((mark) => mark.ci), ...[...light].flatMap((mark) => mark.estimate ?? [])],
        );
  const frame = { plot, axis, heaviest: Math.max(...marks.map((mark) => mark.weight ?? 0)) };
  const old = plot.rows.map(({ drawn }) => (drawn ? (groups.shift() ?? null) : null));
  const bands = clearBelow(svg, plot.top);
  let y = plot.top;
  const drawn = rows.map((row) => {
    const spacer = row.kind === "spacer",
      { group, height } = drawRow(frame, row, old[row.at] ?? null, y);
    y += spacer ? 0.6 * sizes.line : height;
    return group;
  });
  y += 4;
  svg.append(
    ...background(frame, measure === analysis.protocol.measure ? bands : [], y),
    ...drawn,
    ...drawAxis(frame, measure, y),
  );
  if (measure !== analysis.protocol.measure) writeTitles(svg, analysis, measure);
  y += 9 + sizes.small + sizes.line;
  const key = ownKey(own, analysis.plot.bottom),
    down = y - (analysis.plot.bottom + 13 + sizes.small + sizes.line);
  for (const one of key.items) shift(one, 0, down);
  svg.append(...drawFavours(frame, y), ...key.items);
  y += key.height;
  const { items, bottom } = drawNotes(frame, notes, y + 10);
  svg.append(...items, ...(same ? [] : [drawText(`▲ ${NOT_PROTOCOL}`, sizes.margin, -8, "departure", { bold: true })]));
  const top = same ? 0 : -ABOVE,
    height = bottom + sizes.margin - top;
  for (const [name, value] of [
    ["viewBox", `0 ${top} ${px(plot.width)} ${px(height)}`],
    ["width", px(plot.width)],
    ["height", px(height)],
  ]) {
    svg.setAttribute(String(name), String(value));
  }
  if (!same)
    svg.querySelector("desc")?.replaceChildren(
      `${notes[0]} ${rows
        .filter((row) => row.kind === "pooled")
        .map((row) => `${row.cells.label}: ${row.cells.effect}.`)
        .join(" ")} The table has every row.`,
    );
  return svg;
}

/**
 * The studies that do not set the axis: those with less than a quarter of an equal share of the weight in their group.
 * @param {PlotOf} plot
 * @param {Row[]} rows
 */
function ofLittleWeight(plot, rows) {
  const weighed = rows.filter(({ kind, mark }) => kind === "study" && mark !== null && mark.weight !== null);
  const many = new Map();
  for (const { at } of weighed) many.set(plot.rows[at].group, (many.get(plot.rows[at].group) ?? 0) + 1);
  return new Set(
    weighed.flatMap(({ at, mark }) =>
      mark && (mark.weight ?? 0) < (LEAST_SHARE * 100) / many.get(plot.rows[at].group) ? [mark] : [],
    ),
  );
}

/**
 * Take away all that stands at or below the first row; what was a band of small effects is returned.
 * @param {Element} svg
 * @param {number} top
 */
function clearBelow(svg, top) {
  const bands = [...svg.children].filter((one) => one.matches("polygon.mid"));
  for (const one of [...svg.children]) {
    const y = Number(one.getAttribute("y") ?? one.getAttribute("y1"));
    if (one.matches("g, polygon, circle") || (one.matches("text, line") && y >= top)) one.remove();
  }
  return bands;
}

/**
 * Make room for effects that are longer than the column: what stands right of it moves. Returns the plot with its new
 * places.
 * @param {PlotOf} plot
 * @param {Row[]} rows
 * @param {Element} svg
 * @returns {PlotOf}
 */
function widened(plot, rows, svg) {
  const column = plot.columns.find(({ key }) => key === "effect");
  const widest = Math.max(
    ...rows.map(({ kind, cells: { effect = "" } }) => textWidth(effect, DATA.sizes.text, kind === "pooled")),
  );
  const more = column ? widest - column.width : 0;
  if (!column || more <= 0) return plot;
  const from = column.x - column.width;
  for (const one of svg.querySelectorAll("text, circle, line.rule")) {
    for (const name of ["x", "cx", "x1", "x2"]) {
      const x = Number(one.getAttribute(name) ?? 0);
      if (x > from && x > plot.right) one.setAttribute(name, String(px(x + more)));
    }
  }
  const columns = plot.columns.map((one) => (one.x > from && one.x > plot.right ? { ...one, x: one.x + more } : one));
  return { ...plot, columns, width: plot.width + more };
}

/**
 * The line of no effect, under the rows, and the bands of the page's plot.
 * @param {Frame} frame
 * @param {Element[]} bands
 * @param {number} bottom
 */
function background(frame, bands, bottom) {
  const x = across(frame, 0),
    { top } = frame.plot;
  const shapes = bands.map((band) => {
    const sides = [
      ...new Set((band.getAttribute("points") ?? "").split(" ").map((point) => Number(point.split(",")[0]))),
    ];
    return drawShape(
      [
        [sides[0], top],
        [sides[1], top],
        [sides[1], bottom],
        [sides[0], bottom],
      ],
      "mid",
    );
  });
  return [...shapes, drawLine([x, top, x, bottom], "null")];
}

/**
 * Put another measure into the headings.
 * @param {Element} svg
 * @param {Analysis} analysis
 * @param {string} measure
 */
function writeTitles(svg, { plot, protocol }, measure) {
  for (const one of svg.querySelectorAll("text.head")) {
    const i = plot.titles[protocol.measure].indexOf(one.textContent ?? "");
    if (i >= 0) one.textContent = plot.titles[measure][i];
  }
}

/**
 * @param {Frame} frame
 * @param {string[]} notes
 * @param {number} bottom
 */
function drawNotes({ plot }, notes, bottom) {
  const { small, margin } = DATA.sizes;
  const items = notes.flatMap((note, i) => {
    const lines = wrapText(note, small, plot.width - 2 * margin).map((line) =>
      drawText(line, margin, (bottom += small + 4), i ? "note" : "note departure", { size: small }),
    );
    bottom += 3;
    return lines;
  });
  return { items, bottom };
}

/**
 * Copies of what says which sign of bias means what, and how high it is: circles below the rows, and what stands
 * beside them.
 * @param {Element} own
 * @param {number} below
 */
function ownKey(own, below) {
  const heights = [...own.children].filter((one) => one.matches("circle")).map((one) => Number(one.getAttribute("cy")));
  const lines = heights.filter((y) => y > below);
  const items = [...own.children]
    .filter((one) => {
      const y = Number(one.getAttribute("cy") ?? one.getAttribute("y") ?? -1);
      return lines.some((line) => Math.abs(line - y) < DATA.sizes.small);
    })
    .map((one) => /** @type {Element} */ (one.cloneNode(true)));
  const last = Math.max(0, ...lines),
    favours = Number(own.querySelector("text.favours")?.getAttribute("y"));
  return { items, height: last ? last + 9 - favours : 0 };
}

/**
 * @param {Element} one
 * @param {number} right
 * @param {number} down
 */
function shift(one, right, down) {
  for (const [name, more] of /** @type {[string, number][]} */ ([
    ["x", right],
    ["cx", right],
    ["y", down],
    ["cy", down],
  ])) {
    const at = one.getAttribute(name);
    if (at !== null && more) one.setAttribute(name, String(px(Number(at) + more)));
  }
}
