// The rows of a forest plot for what a reader has chosen: those of the page's plot, with other results in them.

/** @typedef {{kind: string, group: number | null, study: number | null, top: number, bottom: number, drawn: boolean,
 *   effect?: string}} RowOf */
/** @typedef {{key: string, x: number, width: number, end: boolean}} ColumnOf */
/** @typedef {Axis & {columns: ColumnOf[], left: number, right: number, width: number, top: number, bottom: number,
 *   rows: RowOf[], titles: Record<string, string[]>, favours: string[], notes: string[], footer: string, band: string,
 *   by: string, untested: string}} PlotOf */
/** @typedef {{shape: "square" | "diamond" | "bar", role: string, estimate: number | null, ci: number[],
 *   weight: number | null}} Mark on the analysis scale */
/**
 * @typedef {object} Row
 * @property {string} kind
 * @property {number} at the row of the page's plot that it is, -1 for a new one
 * @property {number | null} study
 * @property {Record<string, string>} cells text by column; of a row of the page's plot only what changes
 * @property {Mark | null} mark
 * @property {boolean} out whether the study is left out
 * @property {Fit | Effect | null} from what its numbers were computed by
 */

const RESULTS = ["pooled", "sensitivity", "prediction", "text"];

/**
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Group[]} groups
 * @returns {Row[]}
 */
function plotRows(analysis, state, groups) {
  /** @type {Row[]} */
  const rows = [],
    done = new Set();
  analysis.plot.rows.forEach(({ kind, group, study }, at) => {
    if (group !== null && study !== null) {
      if (!done.has(`studies ${group}`)) rows.push(...studyRows(analysis, state, groups[group], group));
      done.add(`studies ${group}`);
    } else if (RESULTS.includes(kind)) {
      if (group === null) rows.push(plain(subgroupRow(analysis, state, groups)));
      else if (!done.has(`results ${group}`)) rows.push(...resultRows(analysis, state, groups[group]));
      done.add(`results ${group}`);
    } else rows.push({ ...plain({ kind, at }), ...(kind === "reference" && otherMeasure(analysis, state, at)) });
  });
  return rows;
}

/**
 * @param {{kind: string, at?: number, cells?: Record<string, string>, mark?: Mark, from?: Fit | Effect}} given
 * @returns {Row}
 */
const plain = (given) => ({ at: -1, study: null, cells: {}, mark: null, out: false, from: null, ...given });

/**
 * A published pool says its measure; its diamond has no place on the axis of another one.
 * @param {Analysis} analysis
 * @param {State} state
 * @param {number} at
 */
function otherMeasure({ protocol, plot }, { choice }, at) {
  if (choice.measure === protocol.measure) return {};
  const effect = plot.rows[at].effect ?? "";
  return {
    kind: "reference unmarked",
    cells: { effect: /^[A-Z]/.test(effect) ? effect : `${protocol.measure} ${effect}` },
  };
}

/**
 * The studies of a group in the order that was asked for; what it cannot place comes last.
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Group} group
 * @param {number} number its place
 */
function studyRows(analysis, state, group, number) {
  const rows = analysis.plot.rows.flatMap((row, at) =>
    row.group === number && row.study !== null ? [studyRow(analysis, state, group, row.study, at)] : [],
  );
  if (!state.sort) return rows;
  const placed = rows.map((row) => {
    const study = analysis.studies[row.study ?? 0],
      weight = row.mark?.weight ?? undefined;
    return {
      row,
      place: ORDERS[state.sort].place({ study, effect: /** @type {Effect} */ (row.from), weight }) ?? null,
    };
  });
  const known = placed
    .filter(({ place }) => place !== null)
    .sort((x, y) => (x.place < y.place ? -1 : x.place > y.place ? 1 : 0));
  return [...known, ...placed.filter(({ place }) => place === null)].map(({ row }) => row);
}

/**
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Group} group
 * @param {number} place
 * @param {number} at
 * @returns {Row}
 */
function studyRow(analysis, state, group, place, at) {
  const { measure } = state.choice,
    out = !isIn(state, analysis.studies[place]);
  const effect = out ? ownEffect(analysis, measure, place) : group.own.get(place);
  const share = { common: group.common?.weights.get(place), random: group.random?.weights.get(place) };
  const texts = /** @type {("common" | "random")[]} */ (["common", "random"]).map((model) => {
    const weight = share[model],
      shown = state.choice[model] !== "none";
    return [`weight_${model}`, out ? "left out" : !shown ? "" : weight === undefined ? NOTHING : percent(weight, 1)];
  });
  const cells = Object.fromEntries(texts);
  if (!effect)
    return { ...plain({ kind: "study", at, cells: { ...cells, effect: "not estimable" } }), study: place, out };
  const half = analysis.z * Math.sqrt(effect.v),
    ci = [effect.y - half, effect.y + half];
  const text = effectText(
    measure,
    shown(measure, effect.y),
    ci.map((x) => shown(measure, x)),
  );
  /** @type {Mark} */
  const mark = {
    shape: "square",
    role: "study",
    estimate: effect.y,
    ci: drawn(measure, ci),
    weight: share.random ?? share.common ?? null,
  };
  return { ...plain({ kind: "study", at, cells: { ...cells, effect: text }, mark, from: effect }), study: place, out };
}

/**
 * The effect of a study that is left out.
 * @param {Analysis} analysis
 * @param {string} measure
 * @param {number} place
 */
function ownEffect({ counts, add, to }, measure, place) {
  const table = cells(counts[place]);
  return effects([{ table, place }], measure, add[measure], to, DATA.drops[measure])[0];
}

/**
 * Diamonds, the prediction interval, and the line under them.
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Group} group
 * @returns {Row[]}
 */
function resultRows(analysis, { choice }, group) {
  const { measure } = choice,
    { common, random } = group,
    first = random ?? common;
  const totals = first ? totalCells(analysis, common ?? first) : {};
  const rows = [
    ...(common ? [diamondRow(common, group, measure, totals)] : []),
    ...(random ? [diamondRow(random, group, measure, common ? {} : totals)] : []),
  ];
  if (random?.pi) {
    const label = `Prediction interval, ${choice.pi.replace("-", MINUS)}`;
    /** @type {Mark} */
    const mark = { shape: "bar", role: "prediction", estimate: null, ci: drawn(measure, random.pi), weight: null };
    const effect = boundsText(
      measure,
      random.pi.map((x) => shown(measure, x)),
    );
    rows.push(plain({ kind: "prediction", cells: { label, effect }, mark, from: random }));
  }
  const line = first ? heterogeneityText(first) : upperFirst(group.reason || "nothing is pooled");
  return [...rows, plain({ kind: "text", cells: { label: line }, ...(first && { from: first }) })];
}

/**
 * @param {Fit} fit
 * @param {Group} group
 * @param {string} measure
 * @param {Record<string, string>} totals
 */
function diamondRow(fit, { k }, measure, totals) {
  const { model, estimate, ci, studies } = fit;
  const size = studies.length === k ? "" : `, ${studies.length} studies`;
  const effect = effectText(
    measure,
    shown(measure, estimate),
    ci.map((x) => shown(measure, x)),
  );
  /** @type {Mark} */
  const mark = { shape: "diamond", role: model, estimate, ci: drawn(measure, ci), weight: null };
  return plain({
    kind: "pooled",
    cells: { label: modelName(fit) + size, effect, [`weight_${model}`]: "100%", ...totals },
    mark,
    from: fit,
  });
}

/** @param {Fit} fit */
function modelName({ model, method, ci_method }) {
  const interval = ci_method === "wald" ? "" : `, ${DATA.choices.ci[ci_method].split(" (")[0]}`;
  if (model === "random") return `Random effects, ${method}${interval}`;
  const name = DATA.choices.common[method];
  return `Common (fixed) effect, ${method === "IV" ? name.toLowerCase() : name}`;
}

/**
 * Events and people of the studies of a result.
 * @param {Analysis} analysis
 * @param {Fit} fit
 */
function totalCells({ counts }, { studies }) {
  const total = [0, 1, 2, 3].map((i) => sum(studies.map(({ place }) => counts[place][i])));
  return { experimental: `${total[0]}/${total[1]}`, control: `${total[2]}/${total[3]}` };
}

/** @param {Fit} fit */
function heterogeneityText({ tau2, i2, q, q_df, q_p }) {
  const first = tau2 === null ? "" : `τ² = ${tau2 === 0 ? "0" : number(tau2)}, `;
  return `Heterogeneity: ${first}I² = ${percent(i2)}, Q = ${number(q)}, df = ${q_df}, ${pText(q_p)}`;
}

/**
 * @param {Analysis} analysis
 * @param {State} state
 * @param {Group[]} groups
 */
function subgroupRow({ plot, groups: names }, { choice }, groups) {
  const apart = groups.filter((_, i) => names[i].tested && !names[i].overall);
  const tests = /** @type {["random" | "common", string][]} */ ([
    ["random", "random effects"],
    ["common", "common effect"],
  ]).flatMap(([model, name]) => {
    const test = choice[model] === "none" ? null : between(apart, model);
    return test ? [`${name}: Q = ${number(test.q)}, df = ${test.df}, ${pText(test.p)}`] : [];
  });
  const label = tests.length
    ? `Test for subgroup differences by ${plot.by} (${tests.join("; ")})${plot.untested}`
    : "Test for subgroup differences: fewer than two groups with a result";
  return { kind: "text", cells: { label } };
}
