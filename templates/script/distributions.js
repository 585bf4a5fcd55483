// Tails of the normal, chi-squared and t distributions. Degrees of freedom are whole numbers here, which makes the
// series finite and spares a gamma function.

/** @param {number[]} list */
const sum = (list) => list.reduce((total, x) => total + x, 0);

/**
 * The complementary error function of x >= 0: a series of positive terms, and a continued fraction in the tail.
 * @param {number} x
 */
function erfc(x) {
  const bell = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (x >= 2) {
    let fraction = x;
    for (let i = 200; i > 0; i--) fraction = x + i / 2 / fraction;
    return bell / fraction;
  }
  let term = 2 * bell * x,
    total = term;
  for (let n = 1; term > 1e-17 * total; n++) total += term *= (2 * x * x) / (2 * n + 1);
  return 1 - total;
}

/**
 * The two-sided tail of the normal distribution.
 * @param {number} z
 */
const normalTail = (z) => erfc(Math.abs(z) / Math.SQRT2);

/**
 * The upper tail of the chi-squared distribution (Abramowitz & Stegun 1964, 26.4.4 and 26.4.5).
 * @param {number} df
 * @param {number} q
 */
function chiSquaredTail(df, q) {
  if (df < 1 || q <= 0) return 1;
  const x = q / 2,
    odd = df % 2 === 1;
  let total = odd ? erfc(Math.sqrt(x)) : 0,
    log = odd ? Math.log(2 * Math.sqrt(x / Math.PI)) - x : -x;
  for (let a = odd ? 1.5 : 1; a <= df / 2; a++) {
    total += Math.exp(log);
    log += Math.log(x / a);
  }
  return Math.min(1, total);
}

/**
 * One over the beta function of df / 2 and 1 / 2.
 * @param {number} df
 */
function inverseBeta(df) {
  let product = df % 2 ? 1 / Math.PI : 0.5;
  for (let n = df % 2 ? 1 : 2; n < df; n += 2) product *= (n + 1) / n;
  return product;
}

/**
 * The continued fraction of the incomplete beta function (Abramowitz & Stegun 1964, 26.5.8), by Lentz's method.
 * @param {number} a
 * @param {number} b
 * @param {number} x
 */
function betaFraction(a, b, x) {
  let c = 1,
    d = 1 / (1 - ((a + b) * x) / (a + 1)),
    value = d;
  for (let m = 1, change = 0; m < 1000 && Math.abs(change - 1) > 1e-16; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    change = 1;
    for (const step of [even, odd]) {
      d = 1 / (1 + step * d);
      c = 1 + step / c;
      change *= c * d;
    }
    value *= change;
  }
  return value;
}

/**
 * The two-sided tail of the t distribution: an incomplete beta function.
 * @param {number} df
 * @param {number} t
 */
function tTail(df, t) {
  const square = t * t,
    a = df / 2,
    x = df / (df + square),
    rest = square / (df + square);
  if (square === Infinity) return 0;
  const front = inverseBeta(df) * Math.exp(-a * Math.log1p(square / df)) * Math.sqrt(rest);
  return x < (a + 1) / (a + 2.5) ? (front * betaFraction(a, 0.5, x)) / a : 1 - 2 * front * betaFraction(0.5, a, rest);
}

/**
 * The two-sided quantile of the t distribution. The tail is convex there, so that Newton's method only goes up from
 * that of the normal distribution, z.
 * @param {number} df
 * @param {number} level
 * @param {number} z
 */
function tQuantile(df, level, z) {
  const scale = (2 * inverseBeta(df)) / Math.sqrt(df);
  let t = z;
  for (let i = 0; i < 200; i++) {
    const density = scale * Math.exp((-(df + 1) / 2) * Math.log1p((t * t) / df));
    const step = (tTail(df, t) - (1 - level)) / density;
    t += step;
    if (Math.abs(step) <= 1e-15 * t) break;
  }
  return t;
}
