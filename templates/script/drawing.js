// Rows as shapes and texts in the page's plot, in the geometry of metaan.report.drawing.layout.

/** @typedef {{plot: PlotOf, axis: Axis, heaviest: number}} Frame */

/**
 * @param {string} tag
 * @param {Record<string, string | number>} given
 * @param {string} [text]
 */
function draw(tag, given, text) {
  const one = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(given))
    one.setAttribute(name, String(typeof value === "number" ? px(value) : value));
  if (text !== undefined) one.textContent = text;
  return one;
}

/** @param {number} x */
const px = (x) => Math.round(x * 100) / 100;

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} role
 * @param {{size?: number, anchor?: string, bold?: boolean}} [look]
 */
function drawText(text, x, y, role, { size = DATA.sizes.text, anchor = "start", bold = false } = {}) {
  return draw(
    "text",
    {
      x,
      y,
      "font-size": size,
      class: role,
      ...(anchor !== "start" && { "text-anchor": anchor }),
      ...(bold && { "font-weight": "bold" }),
    },
    text,
  );
}

/**
 * @param {number[][]} points
 * @param {string} role
 */
const drawShape = (points, role) =>
  draw("polygon", { points: points.map((point) => point.map(px).join(",")).join(" "), class: role });
/**
 * @param {number[]} ends
 * @param {string} role
 */
const drawLine = ([x1, y1, x2, y2], role) => draw("line", { x1, y1, x2, y2, class: role });

const pen = make("canvas").getContext("2d");

/**
 * @param {string} text
 * @param {number} size
 * @param {boolean} bold
 */
function textWidth(text, size, bold = false) {
  if (!pen) return 0.6 * size * text.length;
  pen.font = `${bold ? "bold " : ""}${size}px "Liberation Sans", Arimo, Arial, Helvetica, "Nimbus Sans", sans-serif`;
  return 1.02 * pen.measureText(text).width;
}

/**
 * @param {string} text
 * @param {number} size
 * @param {number} width
 * @param {boolean} bold
 */
function wrapText(text, size, width, bold = false) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines[lines.length - 1],
      joined = last ? `${last} ${word}` : word;
    if (last && textWidth(joined, size, bold) > width + 0.01) lines.push(word);
    else lines[lines.length - 1] = joined;
  }
  return lines;
}

/**
 * @param {Frame} frame
 * @param {number} x on the analysis scale
 */
const across = ({ plot, axis }, x) => plot.left + ((x - axis.lo) / (axis.hi - axis.lo)) * (plot.right - plot.left);

/**
 * One mark; what reaches beyond the axis is cut off there and ends in an arrow.
 * @param {Frame} frame
 * @param {Mark} mark
 * @param {number} y
 */
function drawMark(frame, mark, y) {
  const { left, right } = frame.plot,
    [lo, hi] = mark.ci.map((x) => across(frame, x));
  const ends = [Math.max(lo, left), Math.min(hi, right)];
  const arrows = [
    ...(lo < left ? [arrow(left - 6, left + 1, y, mark)] : []),
    ...(hi > right ? [arrow(right + 6, right - 1, y, mark)] : []),
  ];
  if (ends[0] > ends[1]) return arrows.slice(0, 1);
  return [...SHAPES[mark.shape](frame, mark, ends, y), ...arrows];
}

/**
 * @param {number} tip
 * @param {number} back
 * @param {number} y
 * @param {Mark} mark
 */
const arrow = (tip, back, y, { role }) =>
  drawShape(
    [
      [tip, y],
      [back, y - 4],
      [back, y + 4],
    ],
    `arrow ${role}`,
  );

/** @type {Record<string, (frame: Frame, mark: Mark, ends: number[], y: number) => Element[]>} */
const SHAPES = {
  square(frame, mark, [lo, hi], y) {
    const x = across(frame, mark.estimate ?? 0),
      { square, plain: small } = DATA.sizes;
    const half = (mark.weight === null ? small : square * Math.sqrt(mark.weight / frame.heaviest)) / 2;
    const line = drawLine([lo, y, hi, y], `interval ${mark.role}`);
    if (x < frame.plot.left || x > frame.plot.right) return [line];
    const corners = [
      [x - half, y - half],
      [x + half, y - half],
      [x + half, y + half],
      [x - half, y + half],
    ];
    return [line, drawShape(corners, `square ${mark.role}`), drawLine([x, y - 3, x, y + 3], `centre ${mark.role}`)];
  },
  diamond(frame, { estimate, role }, [lo, hi], y) {
    const x = across(frame, estimate ?? 0),
      inside = x >= frame.plot.left && x <= frame.plot.right;
    const middle = inside ? x : (lo + hi) / 2;
    return [
      drawShape(
        [
          [lo, y],
          [middle, y - 6],
          [hi, y],
          [middle, y + 6],
        ],
        `diamond ${role}`,
      ),
    ];
  },
  bar: (_frame, { role }, [lo, hi], y) => [
    drawShape(
      [
        [lo, y - 2.5],
        [hi, y - 2.5],
        [hi, y + 2.5],
        [lo, y + 2.5],
      ],
      `bar ${role}`,
    ),
  ],
};

/**
 * A row of the page's plot with other numbers, or a new one; and how high it is.
 * @param {Frame} frame
 * @param {Row} row
 * @param {Element | null} old the row on the page
 * @param {number} top where it shall stand
 */
function drawRow(frame, row, old, top) {
  const { sizes } = DATA,
    was = frame.plot.rows[row.at],
    start = was ? was.top : top;
  const group = old ?? draw("g", { class: `row ${row.kind}` });
  group.setAttribute("transform", `translate(0 ${px(top - start)})`);
  group.classList.toggle("out", row.out);
  if (row.mark || row.out || row.kind === "study" || row.kind.endsWith("unmarked")) clearMarks(group);
  const middle = start + sizes.pad + sizes.line / 2 - 1;
  if (row.mark) group.append(...drawMark(frame, row.mark, middle));
  const lines = writeCells(frame, row, group, start);
  return { group, height: was ? was.bottom - was.top : lines * sizes.line + 2 * sizes.pad };
}

/** @param {Element} group */
function clearMarks(group) {
  for (const one of group.querySelectorAll(".interval, .square, .centre, .diamond, .bar, .arrow")) one.remove();
}

/**
 * Write the texts of a row over those that stand in the same columns.
 * @param {Frame} frame
 * @param {Row} row
 * @param {Element} group
 * @param {number} start
 */
function writeCells({ plot }, row, group, start) {
  const { sizes } = DATA,
    kind = row.kind.split(" ")[0],
    bold = kind === "pooled";
  let most = 1;
  for (const { key, x, width, end } of plot.columns) {
    const text = row.cells[key];
    if (text === undefined) continue;
    for (const one of group.querySelectorAll("text"))
      if (Math.abs(Number(one.getAttribute("x")) - x) < 0.02) one.remove();
    const room = kind === "text" ? plot.left - sizes.gap - sizes.margin : key === "label" ? width : Infinity;
    const lines = wrapText(text, sizes.text, room, bold);
    most = Math.max(most, lines.length);
    const look = { anchor: end ? "end" : "start", bold };
    const y = start + sizes.pad + sizes.text - 2;
    group.append(...lines.map((line, i) => drawText(line, x, y + i * sizes.line, kind, look)));
  }
  return most;
}

/**
 * The axis with its ticks and their labels, of which no effect always has room.
 * @param {Frame} frame
 * @param {string} measure
 * @param {number} y
 */
function drawAxis(frame, measure, y) {
  const { left, right } = frame.plot,
    { small } = DATA.sizes,
    none = isRatio(measure) ? 1 : 0;
  const items = [drawLine([left, y, right, y], "axis")];
  /** @type {number[][]} */
  const taken = [];
  for (const { value, label } of [...frame.axis.ticks].sort(
    (one, other) => Number(other.value === none) - Number(one.value === none),
  )) {
    const x = across(frame, position(measure, value)),
      half = textWidth(label, small) / 2 + 4;
    items.push(drawLine([x, y, x, y + 4], "axis"));
    if (taken.some(([lo, hi]) => x + half > lo && x - half < hi)) continue;
    taken.push([x - half, x + half]);
    items.push(drawText(label, x, y + 6 + small, "tick", { size: small, anchor: "middle" }));
  }
  return items;
}

/**
 * What each side favours, beside the line of no effect or at the ends where that is too near to one.
 * @param {Frame} frame
 * @param {number} y
 */
function drawFavours(frame, y) {
  const { left, right, favours } = frame.plot,
    { small: size } = DATA.sizes,
    none = across(frame, 0);
  const texts = [`← ${favours[0]}`, `${favours[1]} →`],
    [before, after] = texts.map((text) => textWidth(text, size));
  const fits = none - 4 - before >= left && none + 4 + after <= right;
  return [
    drawText(texts[0], fits ? none - 4 : left, y, "favours", { size, anchor: fits ? "end" : "start" }),
    drawText(texts[1], fits ? none + 4 : right, y, "favours", { size, anchor: fits ? "start" : "end" }),
  ];
}
