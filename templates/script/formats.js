// Numbers in words, as metaan.report.language.formats writes them. A minus is U+2212.

const MINUS = "−",
  NOTHING = "–";

/**
 * The digits of a number that are the same on every machine.
 * @param {number} x
 */
const portable = (x) => Number(x.toPrecision(12));
/**
 * What is to be rounded: halves go up, also where arithmetic left them a last digit short.
 * @param {number} x
 */
const up = (x) => portable(x) * (1 + 1e-13);

/**
 * A number with that many decimals, with more beside no effect; what rounds to zero has no sign.
 * @param {number} x
 * @param {number} decimals
 * @param {number | null} none
 * @returns {string}
 */
function fixed(x, decimals, none = null) {
  x = portable(x);
  if (none === 0 && Math.abs(x) < 10 ** (-10 - decimals)) x = 0; // a rounding error beside numbers with these decimals
  if (none === 0 && x !== 0 && Math.abs(x) < 5e-7) return scientific(x);
  const short = rounded(x, decimals);
  if (none === null || x === none) return short;
  for (let digits = decimals; digits <= 12; digits += 1) {
    const text = rounded(x, digits);
    if (Number(text.replace(MINUS, "-")) !== none) return text;
  }
  return short;
}

/**
 * A number with that many decimals.
 * @param {number} x
 * @param {number} decimals
 */
const rounded = (x, decimals) => signed(x, up(Math.abs(x)).toFixed(decimals));

/**
 * @param {number} x
 * @param {string} text
 */
const signed = (x, text) => (x < 0 && /[1-9]/.test(text) ? MINUS + text : text);

/**
 * How many decimals a size deserves: two to three significant digits.
 * @param {number} size
 */
function decimalsOf(size) {
  if (size >= 100 || size === 0) return size ? 0 : 2;
  if (size >= 0.1) return size >= 10 ? 1 : 2;
  return 1 - Math.floor(Math.log10(size));
}

/**
 * @param {number} x
 * @param {number | null} none no effect, beside which more digits are written
 */
function number(x, none = null) {
  x = portable(x);
  if (!Number.isFinite(x)) return Number.isNaN(x) ? NOTHING : x > 0 ? "∞" : `${MINUS}∞`;
  const size = Math.abs(x);
  if (size && !(size >= 5e-7 && size < 999999.5)) return scientific(x);
  const first = fixed(size, decimalsOf(size)),
    fewer = decimalsOf(Number(first));
  const short = fewer < decimalsOf(size) ? fixed(size, fewer) : first;
  if (x !== none && Number(short) === none) return fixed(x, decimalsOf(size), none);
  if (size < 1000) return signed(x, short);
  return signed(x, Number(up(size).toExponential(size < 1e5 ? 2 : 3)).toFixed(0));
}

/** @param {number} x */
function scientific(x) {
  const [mantissa, exponent] = up(Math.abs(x)).toExponential(1).split("e");
  const raised = [...String(Number(exponent))].map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)]));
  return signed(x, `${mantissa}×10${raised.join("")}`);
}

/** @param {string} measure */
const isRatio = (measure) => measure !== "RD";
/**
 * From the analysis scale to the one that is shown; a difference of risks ends at -1 and 1.
 * @param {string} measure
 * @param {number} x
 */
const shown = (measure, x) => (isRatio(measure) ? Math.exp(x) : Math.min(Math.max(x, -1), 1));

/**
 * An interval as it is drawn, on the analysis scale: as far as it is shown.
 * @param {string} measure
 * @param {number[]} ci
 */
const drawn = (measure, ci) => (isRatio(measure) ? ci : ci.map((x) => shown(measure, x)));

/**
 * How the numbers of an interval are written: ratios each for itself, differences with common decimals, as ratios have
 * where their bounds differ and would be written alike.
 * @param {string} measure
 * @param {number[]} ci
 * @returns {(x: number) => string}
 */
function writer(measure, [lb, ub]) {
  const width = ub - lb,
    none = isRatio(measure) ? 1 : 0;
  const alone = isRatio(measure) && number(lb) !== number(ub);
  if (alone || !(width > 1e-7 && width < 1e6)) return (x) => number(x, none);
  const decimals = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(width))));
  return (x) => fixed(x, decimals, none);
}

/**
 * @param {string} measure
 * @param {number[]} ci on the scale that is shown
 */
const boundsText = (measure, ci) => ci.map(writer(measure, ci)).join(" to ");
/**
 * @param {string} measure
 * @param {number} estimate
 * @param {number[]} ci
 */
const effectText = (measure, estimate, ci) => `${writer(measure, ci)(estimate)} (${boundsText(measure, ci)})`;

/** @param {number} x */
const percent = (x, decimals = 0) => `${fixed(x, decimals)}%`;
/** @param {number} k */
const studiesText = (k) => `${k} ${k === 1 ? "study" : "studies"}`;
/** @param {string} text */
const upperFirst = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/**
 * A p value with its sign; rounding never moves it across 0.05.
 * @param {number} p
 */
function pText(p) {
  p = portable(p);
  if (p < 0.001) return "p < 0.001";
  if (p > 0.99) return "p > 0.99";
  let decimals = p >= 0.0995 ? 2 : 3;
  while (p < 0.05 && Number(fixed(p, decimals)) >= 0.05 && decimals < 12) decimals += 1;
  return `p = ${fixed(p, decimals)}`;
}
