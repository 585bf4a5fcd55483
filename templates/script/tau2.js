// Estimators of the between-study variance, as metaan.stats.pooling.tau2; each is cut at 0.

/**
 * Whether all effects are equal but for rounding, as metaan.stats.numerics.ties.
 * @param {Effect[]} studies
 */
function identical(studies) {
  const effects = studies.map(({ y }) => y);
  return Math.max(...effects) - Math.min(...effects) <= 1e-12 * Math.max(...effects.map(Math.abs));
}

/**
 * The sums that every estimator needs, with any weights: `trace` is that of W - ww' / sum(w).
 * @param {Effect[]} studies
 * @param {number[]} w
 */
function weightedSums(studies, w) {
  const total = sum(w),
    mean = sum(studies.map(({ y }, i) => w[i] * y)) / total;
  const residual = studies.map(({ y }) => y - mean);
  return {
    w,
    total,
    mean,
    residual,
    q: identical(studies) ? 0 : sum(residual.map((r, i) => w[i] * r * r)),
    trace: sum(w.map((x) => (x * (total - x)) / total)),
  };
}

/**
 * @param {Effect[]} studies
 * @param {number} tau2
 */
const weighted = (studies, tau2) =>
  weightedSums(
    studies,
    studies.map(({ v }) => 1 / (v + tau2)),
  );

/**
 * The method of moments with any weights (DerSimonian & Kacker 2007, eq. 6).
 * @param {Effect[]} studies
 * @param {number[]} w
 */
function moments(studies, w) {
  const { q, total, trace } = weightedSums(studies, w);
  const expected = sum(studies.map(({ v }, i) => w[i] * v)) - sum(studies.map(({ v }, i) => w[i] ** 2 * v)) / total;
  return Math.max(0, (q - expected) / trace);
}

/** @param {Effect[]} studies */
function derSimonianLaird(studies) {
  const { q, trace } = weighted(studies, 0);
  return Math.max(0, (q - (studies.length - 1)) / trace);
}

/** @param {Effect[]} studies */
const hedges = (studies) =>
  moments(
    studies,
    studies.map(() => 1),
  );

/**
 * Hunter & Schmidt 1990; `factor` enlarges Q in the corrected form.
 * @param {Effect[]} studies
 * @param {number} factor
 */
function hunterSchmidt(studies, factor) {
  const { q, total } = weighted(studies, 0);
  return Math.max(0, (factor * q - studies.length) / total);
}

/** @param {Effect[]} studies */
function sidikJonkman(studies) {
  const k = studies.length,
    mean = sum(studies.map(({ y }) => y)) / k;
  const crude = sum(studies.map(({ y }) => (y - mean) ** 2)) / k;
  return crude === 0 ? 0 : (crude * weighted(studies, crude).q) / (k - 1);
}

/**
 * The tau2 at which the generalised Q meets a value, by Newton's method on 1 / Q, which is concave; 0 if it starts
 * below.
 * @param {Effect[]} studies
 * @param {number} target
 */
function solveQ(studies, target) {
  const start = weighted(studies, 0);
  if (start.q <= target) return 0;
  let tau2 = (start.q - target) / start.trace;
  for (let i = 0; i < 200; i++) {
    const { w, residual, q } = weighted(studies, tau2);
    const fall = sum(residual.map((r, j) => (w[j] * r) ** 2));
    const step = Math.max((q * (q - target)) / (target * fall), -tau2);
    tau2 += step;
    if (Math.abs(step) <= 1e-15 * tau2) break;
  }
  return tau2;
}

/** @param {Effect[]} studies */
const pauleMandel = (studies) => solveQ(studies, studies.length - 1);

/**
 * The median-unbiased form: the generalised Q meets its median.
 * @param {Effect[]} studies
 */
function pauleMandelMedian(studies) {
  const df = studies.length - 1;
  return solveQ(
    studies,
    bisect((q) => chiSquaredTail(df, q) - 0.5, 0, df + 1),
  );
}

/**
 * Where a function changes from positive to not positive between two places.
 * @param {(x: number) => number} f
 * @param {number} low
 * @param {number} high
 */
function bisect(f, low, high) {
  for (let middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
    if (f(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The highest maximum of the likelihood (Viechtbauer 2005, eqs. 12 and 15), or of the restricted one: the sign of the
 * slope on a grid brackets every local maximum.
 * @param {Effect[]} studies
 * @param {boolean} restricted
 */
function maximumLikelihood(studies, restricted) {
  /** @param {number} tau2 */
  const slope = (tau2) => {
    const { w, residual, total, trace } = weighted(studies, tau2);
    return sum(residual.map((r, i) => (w[i] * r) ** 2)) - (restricted ? trace : total);
  };
  /** @param {number} tau2 */
  const likelihood = (tau2) => {
    const { w, total, q } = weighted(studies, tau2);
    return sum(w.map(Math.log)) - q - (restricted ? Math.log(total) : 0);
  };
  const grid = likelihoodGrid(studies, restricted),
    slopes = grid.map(slope),
    tops = slopes[0] <= 0 ? [0] : [];
  slopes[grid.length - 1] = Math.min(0, slopes[grid.length - 1]); // it is below 0 but for rounding
  for (let i = 0; i + 1 < grid.length; i++) {
    if (slopes[i] > 0 && slopes[i + 1] <= 0) tops.push(bisect(slope, grid[i], grid[i + 1]));
  }
  return tops.reduce((best, x) => (likelihood(x) > likelihood(best) ? x : best));
}

/**
 * Places from 0 to a bound beyond which the slope of the likelihood is negative.
 * @param {Effect[]} studies
 * @param {boolean} restricted
 */
function likelihoodGrid(studies, restricted) {
  const v = studies.map((one) => one.v),
    k = v.length,
    lowest = Math.min(...v),
    highest = Math.max(...v);
  const mean = sum(studies.map(({ y }) => y)) / k;
  const spread = sum(studies.map(({ y }) => (y - mean) ** 2)) / (restricted ? k - 1 : k);
  const bound = 0.5 * (spread + Math.sqrt(spread * (spread + 4 * (highest - lowest)))) - lowest;
  const top = bound * (1 + 1e-9) + 1e-9 * lowest,
    grid = [0];
  if (top <= 0) return grid;
  for (let x = 0.25 * lowest; x < top; x *= 3) grid.push(x);
  return [...grid, top];
}

/** @type {Record<string, (studies: Effect[]) => number>} */
const TAU2 = {
  DL: derSimonianLaird,
  HE: hedges,
  HS: (studies) => hunterSchmidt(studies, 1),
  HSk: (studies) => hunterSchmidt(studies, studies.length / (studies.length - 1)),
  SJ: sidikJonkman,
  ML: (studies) => maximumLikelihood(studies, false),
  REML: (studies) => maximumLikelihood(studies, true),
  PM: pauleMandel,
  EB: pauleMandel, // the same root
  PMM: pauleMandelMedian,
  DL2: (studies) => moments(studies, weighted(studies, derSimonianLaird(studies)).w),
  CA2: (studies) => moments(studies, weighted(studies, hedges(studies)).w),
};
