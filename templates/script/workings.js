// How a number that was computed here came about: its formula in words, in the words of the appendix, and its inputs.

/** @typedef {[string, (Node | string)[]]} Fact */

const LISTED = 40; // from here on studies are not listed one by one

/** @param {number} x */
const exact = (x) => String(Number(x.toPrecision(6))).replace("-", MINUS);

/** @param {Table} table */
const tableText = (table) =>
  Object.entries(table)
    .map(([name, count]) => `${name} = ${count}`)
    .join(", ");

/**
 * @param {Analysis} analysis
 * @param {Studies} effects
 */
function inputsText({ studies }, effects) {
  if (effects.length >= LISTED) return `y and v of ${effects.length} studies`;
  const own = (/** @type {{y?: number, v?: number}} */ { y, v }) =>
    y === undefined || v === undefined ? "" : `: y = ${exact(y)}, v = ${exact(v)}`;
  return effects.map((one) => `${studies[one.place].label}${own(one)}`).join("; ");
}

/**
 * @param {Record<string, string>} words
 * @param {string} method
 * @param {string} measure
 */
const wordsOf = (words, method, measure) => words[`${method} ${measure}`] ?? words[method] ?? method;

/**
 * How a pooled result was computed.
 * @param {Analysis} analysis
 * @param {Choice} choice
 * @param {Fit} fit
 * @returns {Fact[]}
 */
function fitFacts(analysis, { measure, pi }, fit) {
  const { formulas } = DATA,
    random = fit.model === "random";
  const tau2 = fit.tau2 === null ? "" : `; τ² = ${exact(fit.tau2)}`;
  const known = `estimate = ${exact(fit.estimate)}, standard error = ${exact(fit.se)}${tau2}`;
  return [
    ["Formula", [`${random ? formulas.random : wordsOf(formulas.common, fit.method, measure)}.`]],
    ["Interval", [`${formulas.ci[fit.ci_method]}${isRatio(measure) ? "; shown are the exponentials" : ""}.`]],
    ["p", [`${formulas.p[fit.df === null ? "normal" : "t"]}: ${pText(fit.p)}.`]],
    ...(random ? /** @type {Fact[]} */ ([["τ²", [`${formulas.tau2[fit.method]}.`]]]) : []),
    ["I²", [`${formulas[random ? "i2 random" : "i2 common"]}.`]],
    ...(fit.pi ? /** @type {Fact[]} */ ([["Prediction interval", [`${formulas.pi[pi]}.`]]]) : []),
    ["Heterogeneity", [`${formulas.q}.`]],
    ["Inputs", [`${known}; ${inputsText(analysis, fit.studies)}`]],
  ];
}

/**
 * How one cell of the table was computed.
 * @param {Analysis} analysis
 * @param {Choice} choice
 * @param {Row} row
 * @param {string} column
 * @returns {Fact[]}
 */
function cellFacts(analysis, choice, row, column) {
  const { formulas } = DATA,
    { from } = row;
  if (row.study !== null) return studyFacts(analysis, choice, row, column);
  if (from && "model" in from) {
    if (column !== "experimental" && column !== "control") return fitFacts(analysis, choice, from);
    const labels = from.studies.map(({ place }) => analysis.studies[place].label);
    return [
      ["Formula", [`${formulas.people}.`]],
      ["Inputs", [labels.join(", ")]],
    ];
  }
  return [
    ["Formula", [`${formulas.subgroups}.`]],
    ["Inputs", ["the result of each group and its standard error"]],
  ];
}

/**
 * @param {Analysis} analysis
 * @param {Choice} choice
 * @param {Row} row
 * @param {string} column
 * @returns {Fact[]}
 */
function studyFacts(analysis, { measure, common }, row, column) {
  const { formulas } = DATA,
    table = tableText(cells(analysis.counts[row.study ?? 0]));
  const effect = /** @type {Effect | null} */ (row.from);
  const yv = effect ? `; y = ${exact(effect.y)}, v = ${exact(effect.v)}` : "";
  if (column === "effect")
    return [
      ["Formula", [`${formulas.effect[measure]}.`]],
      ["Inputs", [table + yv]],
    ];
  const method = column === "weight_common" ? common : "random";
  const how = row.out ? "left out here: it has no weight" : wordsOf(formulas.weight, method, measure);
  return [
    ["Formula", [`${how}.`]],
    ["Inputs", [table + yv]],
  ];
}

/**
 * A number that shows in the panel how it was computed.
 * @param {string} text
 * @param {string} title
 * @param {() => Fact[]} facts
 */
function numberButton(text, title, facts) {
  const button = make("button", { type: "button", className: "number", "aria-haspopup": "dialog" }, text);
  button.addEventListener("click", () => openPanel(title, [["Value", [text]], ...facts()], ""));
  return button;
}
