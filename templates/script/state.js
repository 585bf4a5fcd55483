// What a reader has chosen of one analysis, and the same as text in the address.

/** @typedef {"measure" | "common" | "random" | "ci" | "pi"} ChoiceName */
/** @typedef {"design" | "bias" | "without"} FilterName */
/** @typedef {{id: string, label: string, design: string, bias: string, severity: number | null, year: number | null,
 *   counts: number[]}} Study */
/** @typedef {{name: string, overall: boolean, tested: boolean, studies: number[]}} GroupOf */
/** @typedef {Rules & {title: string, protocol: Choice, coverage: string, groups: GroupOf[], studies: Study[],
 *   plot: PlotOf}} Analysis */
/**
 * @typedef {object} State
 * @property {Choice} choice
 * @property {Record<FilterName, Set<string>>} off what is left out: designs, judgements, single studies
 * @property {string} sort
 */

/** @type {Record<string, {words: string, place: (one: {study: Study, effect?: Effect, weight?: number}) => any}>} */
const ORDERS = {
  year: { words: "year, oldest first", place: ({ study }) => study.year },
  effect: { words: "effect, smallest first", place: ({ effect }) => effect?.y },
  weight: { words: "weight, largest first", place: ({ weight }) => (weight === undefined ? undefined : -weight) },
  precision: { words: "precision, most precise first", place: ({ effect }) => effect?.v },
  name: { words: "name", place: ({ study }) => study.label.toLowerCase() },
  bias: { words: "risk of bias, lowest first", place: ({ study }) => study.severity },
};

const VIEW = "view."; // what the address calls it

/** @type {ChoiceName[]} */
const CHOICE_NAMES = ["measure", "common", "random", "ci", "pi"];
/** @type {FilterName[]} */
const FILTER_NAMES = ["design", "bias", "without"];

/**
 * @param {Analysis} analysis
 * @returns {State}
 */
const protocolState = (analysis) => ({
  choice: { ...analysis.protocol },
  off: { design: new Set(), bias: new Set(), without: new Set() },
  sort: "",
});

/**
 * Whether the numbers are those of the protocol; the order of the studies changes none.
 * @param {Analysis} analysis
 * @param {State} state
 */
const isProtocol = (analysis, { choice, off }) =>
  CHOICE_NAMES.every((name) => choice[name] === analysis.protocol[name]) &&
  FILTER_NAMES.every((name) => !off[name].size);

/**
 * @param {State} state
 * @param {Study} study
 */
const isFiltered = ({ off }, study) => off.design.has(study.design) || off.bias.has(study.bias);
/**
 * @param {State} state
 * @param {Study} study
 */
const isIn = (state, study) => !isFiltered(state, study) && !state.off.without.has(study.id);

/**
 * The values that a filter can leave out.
 * @param {Analysis} analysis
 * @param {FilterName} name
 */
const levels = (analysis, name) => [
  ...new Set(analysis.studies.map((one) => (name === "without" ? one.id : one[name]))),
];

/**
 * What differs from the protocol, as `name.value` joined by signs that an address leaves as they are.
 * @param {Analysis} analysis
 * @param {State} state
 */
function stateText(analysis, { choice, off, sort }) {
  const chosen = CHOICE_NAMES.filter((name) => choice[name] !== analysis.protocol[name]);
  const parts = [
    ...chosen.map((name) => [name, choice[name]]),
    ...FILTER_NAMES.flatMap((name) => [...off[name]].map((value) => [name, value])),
    ...(sort ? [["sort", sort]] : []),
  ];
  return parts.map(([name, value]) => `${name}.${encodeURIComponent(value)}`).join("*");
}

/**
 * Read such a text. What this page does not have is left out and named in `unknown`.
 * @param {Analysis} analysis
 * @param {string} text
 */
function readState(analysis, text) {
  const state = protocolState(analysis);
  /** @type {string[]} */
  const unknown = [];
  for (const part of text ? text.split("*") : []) {
    const point = part.indexOf("."),
      name = part.slice(0, Math.max(0, point)),
      value = decoded(part.slice(point + 1));
    if (!take(analysis, state, name, value)) unknown.push(part);
  }
  return { state, unknown };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/**
 * Put one value into a state; false where there is no such name or value.
 * @param {Analysis} analysis
 * @param {State} state
 * @param {string} name
 * @param {string} value
 */
function take(analysis, state, name, value) {
  const chosen = CHOICE_NAMES.find((one) => one === name),
    filter = FILTER_NAMES.find((one) => one === name);
  if (chosen && Object.hasOwn(DATA.choices[chosen], value)) state.choice[chosen] = value;
  else if (filter && levels(analysis, filter).includes(value)) state.off[filter].add(value);
  else if (name === "sort" && Object.hasOwn(ORDERS, value)) state.sort = value;
  else return false;
  return true;
}
