// One group of studies, pooled as the controls say. Everything is on the analysis scale here, logarithms for ratios.

/**
 * @typedef {object} Choice what is pooled, and how
 * @property {string} measure
 * @property {string} common
 * @property {string} random
 * @property {string} ci
 * @property {string} pi
 */
/**
 * @typedef {object} Rules what an analysis adds to zero cells, by measure, and the level of its intervals with its
 *   normal quantile
 * @property {number[][]} counts
 * @property {Record<string, number>} add
 * @property {string} to
 * @property {number} level
 * @property {number} z
 */
/**
 * @typedef {object} Fit
 * @property {string} model
 * @property {string} method
 * @property {string} ci_method
 * @property {number} estimate
 * @property {number} se
 * @property {number | null} df
 * @property {number} p
 * @property {number[]} ci
 * @property {number[] | null} pi
 * @property {number | null} tau2
 * @property {number} i2
 * @property {number} q
 * @property {number} q_df
 * @property {number} q_p
 * @property {Map<number, number>} weights percent, by the place of the study
 * @property {Studies} studies
 */
/** @typedef {{table: Table, place: number, y?: number, v?: number}[]} Studies those of a result */
/** @typedef {{k: number, own: Map<number, Effect>, common: Fit | null, random: Fit | null, reason: string}} Group */
/** @typedef {{model: string, method: string, studies: Studies, estimate: number, se: number, q: number,
 *   q_df: number, shares: number[]}} Mean */

/** @type {Record<string, (k: number, tau2: number, se: number, q: number) => {se: number, df: number | null}>} */
const CI = {
  wald: (_k, _tau2, se) => ({ se, df: null }),
  t: (k, _tau2, se) => ({ se, df: k - 1 }),
  hksj: (k, _tau2, se, q) => ({ se: se * Math.sqrt(q / (k - 1)), df: k - 1 }),
  "hksj-adhoc": (k, _tau2, se, q) => ({ se: se * Math.max(1, Math.sqrt(q / (k - 1))), df: k - 1 }),
  auto: (k, tau2, se, q) => CI[k > 2 && tau2 > 0 ? "hksj-adhoc" : "wald"](k, tau2, se, q),
};

/** @type {Record<string, (k: number) => number | null>} */
const PI = { "t(k-1)": (k) => k - 1, "t(k-2)": (k) => k - 2, normal: () => null };

/** @typedef {(studies: Effect[], tables: {table: Table, place: number}[], measure: string) => Mean | string} Common */
/** @type {Record<string, Common>} */
const COMMON = { MH: mantelHaenszel, IV: inverseVariance, Peto: peto };

/**
 * Every table that says something is pooled, also that of a study without an effect of its own.
 * @param {Effect[]} known
 * @param {{table: Table, place: number}[]} tables
 * @param {string} measure
 */
function mantelHaenszel(known, tables, measure) {
  const withEffect = new Map(known.map((one) => [one.place, one]));
  const kept = tables.filter(({ table }) => measure === "RD" || table.a + table.c > 0);
  const informative = kept.filter(({ table }) => !uninformative(table));
  const used = measure === "OR" ? informative : kept;
  const { estimate, variance, shares } = STRATA[measure](used.map((one) => one.table));
  if (!Number.isFinite(estimate) || !(variance > 0)) return "no finite estimate by Mantel-Haenszel";
  const own = effects(informative, measure, DATA.usual[measure], "only0", false);
  const q = sum(own.map(({ y, v }) => (y - estimate) ** 2 / v));
  const q_df = Math.max(own.length - 1, 0);
  const studies = used.map((one) => withEffect.get(one.place) ?? one);
  return { model: "common", method: "MH", studies, estimate, se: Math.sqrt(variance), q, q_df, shares };
}

/** @param {Effect[]} studies */
function inverseVariance(studies) {
  const { w, total, mean, q } = weighted(studies, 0);
  const q_df = studies.length - 1;
  return { model: "common", method: "IV", studies, estimate: mean, se: Math.sqrt(1 / total), q, q_df, shares: w };
}

/**
 * @param {Effect[]} _
 * @param {{table: Table, place: number}[]} tables
 * @param {string} measure
 */
function peto(_, tables, measure) {
  if (measure !== "OR") return "Peto’s method gives odds ratios only";
  const studies = petoEffects(tables);
  if (studies.length === 0) return "no finite estimate by Peto’s method";
  const q_df = Math.max(tables.filter(({ table }) => !uninformative(table)).length - 1, 0);
  return { ...inverseVariance(studies), method: "Peto", q_df };
}

/**
 * @param {Mean} mean
 * @param {Rules} rules
 * @returns {Fit}
 */
function commonFit(mean, { z }) {
  const { estimate, se, q, q_df } = mean;
  return {
    ...described(mean),
    ci_method: "wald",
    df: null,
    p: normalTail(estimate / se),
    pi: null,
    tau2: null,
    ci: [estimate - z * se, estimate + z * se],
    i2: q > 0 && q_df ? Math.max(0, (100 * (q - q_df)) / q) : 0,
  };
}

/** @param {Mean} mean */
function described({ model, method, studies, estimate, se, q, q_df, shares }) {
  const total = sum(shares);
  const weights = new Map(studies.map(({ place }, i) => [place, (100 * shares[i]) / total]));
  return { model, method, studies, estimate, se, q, q_df, q_p: q_df ? chiSquaredTail(q_df, q) : 1, weights };
}

/**
 * @param {Effect[]} studies
 * @param {Choice} choice
 * @param {Rules} rules
 * @returns {Fit}
 */
function randomFit(studies, { random, ci, pi }, { level, z }) {
  const k = studies.length,
    tau2 = TAU2[random](studies),
    start = inverseVariance(studies);
  const { w, total, mean, q } = weighted(studies, tau2);
  const { se, df } = CI[ci](k, tau2, Math.sqrt(1 / total), q);
  const half = (df === null ? z : tQuantile(df, level, z)) * se;
  const typical = (k - 1) / weighted(studies, 0).trace;
  return {
    ...described({ ...start, model: "random", method: random, estimate: mean, se, shares: w }),
    ci_method: ci,
    df,
    tau2,
    p: df === null ? normalTail(mean / se) : tTail(df, mean / se),
    ci: [mean - half, mean + half],
    pi: k < 3 ? null : predicted(mean, Math.sqrt(tau2 + se * se), PI[pi](k), level, z),
    i2: (100 * tau2) / (typical + tau2),
  };
}

/**
 * @param {number} mean
 * @param {number} spread
 * @param {number | null} df
 * @param {number} level
 * @param {number} z
 */
function predicted(mean, spread, df, level, z) {
  const half = (df === null ? z : tQuantile(df, level, z)) * spread;
  return [mean - half, mean + half];
}

/**
 * Pool the studies at these places.
 * @param {Rules} rules
 * @param {number[]} places
 * @param {Choice} choice
 * @returns {Group}
 */
function poolGroup(rules, places, choice) {
  const tables = places.map((place) => ({ table: cells(rules.counts[place]), place }));
  const { measure, common, random } = choice;
  const used = effects(tables, measure, rules.add[measure], rules.to, DATA.drops[measure]);
  /** @type {Group} */
  const group = {
    k: used.length,
    own: new Map(used.map((one) => [one.place, one])),
    common: null,
    random: null,
    reason: "",
  };
  if (group.k < 2) {
    const one = "one study with an effect size: there is nothing to pool";
    const none = places.length === 1 ? "its only study has no effect size"
      : `all ${places.length} studies are left out: none has an effect size`;
    return { ...group, reason: group.k ? one : none };
  }
  if (common in COMMON) {
    const mean = COMMON[common](used, tables, measure);
    if (typeof mean === "string") group.reason = mean;
    else group.common = commonFit(mean, rules);
  }
  if (random in TAU2) {
    const fit = randomFit(used, choice, rules);
    if (fit.se > 0) group.random = fit;
    else group.reason = "no standard error of random effects: undefined where all effects are identical";
  }
  return group;
}

/**
 * The test for subgroup differences (Borenstein et al. 2009, eq. 19.18); a group of one study enters with its effect,
 * and without a result of every group there is no test.
 * @param {Group[]} groups
 * @param {"common" | "random"} model
 * @returns {{q: number, df: number, p: number} | null}
 */
function between(groups, model) {
  const found = groups.filter((group) => group.k > 0);
  const means = found.flatMap((group) => {
    const fit = group[model];
    if (fit) return [{ y: fit.estimate, v: fit.se ** 2 }];
    return group.k === 1 ? [...group.own.values()] : [];
  });
  if (means.length < Math.max(2, found.length)) return null;
  const total = sum(means.map(({ v }) => 1 / v)),
    mean = sum(means.map(({ y, v }) => y / v)) / total;
  const q = sum(means.map(({ y, v }) => (y - mean) ** 2 / v)),
    df = means.length - 1;
  return { q, df, p: chiSquaredTail(df, q) };
}
