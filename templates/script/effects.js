// Effects of 2x2 tables, and the common-effect methods that pool the tables themselves, as metaan.stats has them.

/** @typedef {{a: number, b: number, c: number, d: number}} Table */
/** @typedef {{table: Table, y: number, v: number, place: number}} Effect */
/** @typedef {{estimate: number, variance: number, shares: number[]}} Strata */

/**
 * @param {number[]} counts events and people of both arms
 * @returns {Table}
 */
const cells = ([a, n1, c, n2]) => ({ a, b: n1 - a, c, d: n2 - c });
/** @param {Table} table */
const uninformative = ({ a, b, c, d }) => (a === 0 && c === 0) || (b === 0 && d === 0);
/** @param {Table} table */
const hasZero = ({ a, b, c, d }) => [a, b, c, d].includes(0);

/** @type {Record<string, (table: Table) => number[]>} */
const EFFECTS = {
  OR: ({ a, b, c, d }) => [Math.log((a * d) / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d],
  RR: ({ a, b, c, d }) => [Math.log(a / (a + b)) - Math.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)],
  RD: ({ a, b, c, d }) => [a / (a + b) - c / (c + d), (a * b) / (a + b) ** 3 + (c * d) / (c + d) ** 3],
};

/** @type {Record<string, (zero: boolean[]) => boolean[]>} */
const WHERE = {
  only0: (zero) => zero,
  all: (zero) => zero.map(() => true),
  if0all: (zero) => zero.map(() => zero.includes(true)),
  none: (zero) => zero.map(() => false),
};

/**
 * The studies that have an effect, with it.
 * @param {{table: Table, place: number}[]} studies
 * @param {string} measure
 * @param {number} add what is added to the cells of the tables that `to` names
 * @param {string} to
 * @param {boolean} drop whether a table without events, or with nothing else, in both arms has no effect
 * @returns {Effect[]}
 */
function effects(studies, measure, add, to, drop) {
  const dropped = studies.map(({ table }) => drop && uninformative(table));
  const which = WHERE[to](studies.map(({ table }, i) => hasZero(table) && !dropped[i]));
  return studies
    .map(({ table, place }, i) => {
      const more = which[i] ? add : 0,
        { a, b, c, d } = table;
      const [y, v] = EFFECTS[measure]({ a: a + more, b: b + more, c: c + more, d: d + more });
      return { table, place, y, v };
    })
    .filter(
      ({ table: { a, b, c, d }, y, v }, i) =>
        !dropped[i] && a + b > 0 && c + d > 0 && Number.isFinite(y) && Number.isFinite(v) && v > 0,
    );
}

// ---- Mantel-Haenszel (Robins, Breslow & Greenland 1986; Greenland & Robins 1985; Sato et al. 1989)

/** @type {Record<string, (tables: Table[]) => Strata>} */
const STRATA = {
  OR(tables) {
    const parts = tables.map(({ a, b, c, d }) => {
      const n = a + b + c + d;
      return { r: (a * d) / n, s: (b * c) / n, p: (a + d) / n };
    });
    const r = sum(parts.map((x) => x.r)),
      shares = parts.map((x) => x.s),
      s = sum(shares);
    const variance =
      sum(parts.map((x) => x.p * x.r)) / r ** 2 +
      sum(parts.map((x) => (1 - x.p) * x.s)) / s ** 2 +
      sum(parts.map((x) => x.p * x.s + (1 - x.p) * x.r)) / (r * s);
    return { estimate: Math.log(r / s), variance: variance / 2, shares };
  },
  RR(tables) {
    const parts = tables.map(({ a, b, c, d }) => {
      const n1 = a + b,
        n2 = c + d,
        n = n1 + n2;
      return { r: (a * n2) / n, s: (c * n1) / n, v: (n1 * n2 * (a + c) - a * c * n) / n ** 2 };
    });
    const r = sum(parts.map((x) => x.r)),
      shares = parts.map((x) => x.s),
      s = sum(shares);
    return { estimate: Math.log(r / s), variance: sum(parts.map((x) => x.v)) / (r * s), shares };
  },
  RD(tables) {
    const parts = tables.map(({ a, b, c, d }) => {
      const n1 = a + b,
        n2 = c + d,
        n = n1 + n2;
      return {
        share: (n1 * n2) / n,
        weighted: (a * n2 - c * n1) / n,
        q: (a * d + c * b) / (2 * n),
        p: (n1 ** 2 * c - n2 ** 2 * a + (n1 * n2 * (n2 - n1)) / 2) / n ** 2,
      };
    });
    const shares = parts.map((x) => x.share),
      total = sum(shares);
    const estimate = sum(parts.map((x) => x.weighted)) / total;
    const variance = (estimate * sum(parts.map((x) => x.p)) + sum(parts.map((x) => x.q))) / total ** 2;
    return { estimate, variance, shares };
  },
};

/**
 * Peto's observed less expected events over their variance, of the tables that have one (Yusuf et al. 1985).
 * @param {{table: Table, place: number}[]} studies
 * @returns {Effect[]}
 */
function petoEffects(studies) {
  return studies
    .map(({ table, place }) => {
      const { a, b, c, d } = table,
        n1 = a + b,
        n2 = c + d,
        n = n1 + n2,
        events = a + c;
      const variance = n > 1 ? (n1 * n2 * events * (n - events)) / (n ** 2 * (n - 1)) : 0;
      return { table, place, y: (a - (n1 * events) / n) / variance, v: 1 / variance };
    })
    .filter(({ v }) => Number.isFinite(v));
}
