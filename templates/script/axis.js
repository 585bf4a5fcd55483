// The axis of a plot of another measure, as metaan.report.forest.axis makes it. Places on it are on the analysis scale.

/** @typedef {{value: number, label: string}} Tick */
/** @typedef {{lo: number, hi: number, ticks: Tick[]}} Axis */

const MOST_TICKS = 7;

/**
 * An axis that shows every point and no effect, and of the intervals what does not crush the rest.
 * @param {string} measure
 * @param {number[]} points
 * @param {number[]} ends of all intervals
 * @returns {Axis}
 */
function axisOf(measure, points, ends) {
  const inner = [0, ...points].filter(Number.isFinite),
    outer = ends.filter(Number.isFinite);
  const [lo, hi] = axisRange(inner, outer, isRatio(measure) ? 0.7 : 0);
  const values = isRatio(measure) ? [...ratioTicks(Math.exp(lo), Math.exp(hi)), 1] : [...linearTicks(lo, hi), 0];
  const kept = [...new Set(values.map((x) => Number(x.toPrecision(10))))].sort((x, y) => x - y);
  const ticks = kept
    .filter((x) => lo <= position(measure, x) && position(measure, x) <= hi)
    .map((value) => ({ value, label: tickLabel(value) }));
  return { lo, hi, ticks };
}

/**
 * @param {string} measure
 * @param {number} value on the scale that is shown
 */
const position = (measure, value) => (isRatio(measure) ? Math.log(value) : value);

/**
 * Reach beyond the points by at most their own spread, or by the median reach of the intervals.
 * @param {number[]} inner
 * @param {number[]} ends
 * @param {number} least
 */
function axisRange(inner, ends, least) {
  const low = Math.min(...inner),
    high = Math.max(...inner);
  const reaches = [
    ...ends.filter((x) => x < low).map((x) => low - x),
    ...ends.filter((x) => x > high).map((x) => x - high),
  ].sort((x, y) => x - y);
  const room = Math.max(high - low, reaches[Math.floor(reaches.length / 2)] ?? 0, least);
  const fullLow = Math.min(low, ...ends),
    fullHigh = Math.max(high, ...ends);
  let lo = Math.max(fullLow, low - room),
    hi = Math.min(fullHigh, high + room);
  if (fullHigh - fullLow <= 1.3 * (hi - lo)) [lo, hi] = [fullLow, fullHigh];
  const span = hi - lo,
    pad = span > 1e-6 * least ? 0.03 * span : Math.max(Math.abs(lo), 1) * 0.1;
  return [lo - pad, hi + pad];
}

/** @param {number} x */
function tickLabel(x) {
  if (x && !(Math.abs(x) >= 1e-6 && Math.abs(x) < 1e7)) return number(x);
  return (
    (x < 0 ? MINUS : "") +
    Math.abs(x)
      .toFixed(10)
      .replace(/\.?0+$/, "")
  );
}

/**
 * Steps of 1, 2, 5 where they fit, whole decades (or every n-th) where they do not.
 * @param {number} lo
 * @param {number} hi
 */
function ratioTicks(lo, hi) {
  /** @type {number[]} */
  const decades = [];
  for (let d = Math.floor(Math.log10(lo)); d <= Math.ceil(Math.log10(hi)); d++) decades.push(d);
  const fine = decades.flatMap((d) => [1, 2, 5].map((m) => m * 10 ** d)).filter((x) => lo <= x && x <= hi);
  if (fine.length < 3) return linearTicks(lo, hi).filter((x) => x > 0);
  if (fine.length <= MOST_TICKS) return fine;
  const step = Math.ceil(decades.length / MOST_TICKS);
  const whole = decades
    .filter((d) => d % step === 0)
    .map((d) => 10 ** d)
    .filter((x) => lo <= x && x <= hi);
  if (whole.length >= 3) return whole;
  return fine.filter((x) => "15".includes(x.toExponential()[0]) || fine.length <= MOST_TICKS + 2);
}

/**
 * @param {number} lo
 * @param {number} hi
 */
function linearTicks(lo, hi) {
  const rough = (hi - lo) / 5,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((x) => x >= rough) ?? 10 * power;
  const count = Math.floor(hi / step) - Math.ceil(lo / step) + 1;
  return Array.from({ length: count }, (_, i) => (Math.ceil(lo / step) + i) * step);
}
