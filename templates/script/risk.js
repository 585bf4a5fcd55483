// Another risk without the treatment: what it makes of the effect per 1000 people, and how many are treated for one.
// The words are those of metaan.report.language.needed.

/** @type {Record<string, (effect: number, risk: number) => number>} */
const RISK_OF = {
  OR: (effect, risk) => (risk < 1 ? (effect * risk) / (1 - risk + effect * risk) : 1),
  RR: (effect, risk) => effect * risk,
  RD: (effect, risk) => risk + effect,
  HR: (effect, risk) => 1 - (1 - risk) ** effect,
};
const PER = 1000;

/** @param {number} x a difference per 1000 */
const numberNeeded = (x) => Math.ceil(PER / Math.abs(x) - 1e-9);

/** @param {number} x a difference per 1000 */
const forEvery = (x) => (x ? `one ${x < 0 ? "fewer" : "more"} for every ${numberNeeded(x)}` : "no difference");

/** @param {number} x a difference per 1000 */
function per1000(x) {
  const size = portable(Math.abs(x)),
    text = size > 0.5 ? fixed(size, 0) : number(size);
  return size < 5e-7 ? "0 more or fewer" : `${text} ${x < 0 ? "fewer" : "more"}`;
}

/**
 * @param {number} x
 * @param {number[]} ends
 */
function neededText(x, [low, high]) {
  if (low * high > 0) {
    const [few, many] = [low, high].map(numberNeeded).sort((a, b) => a - b);
    return `${forEvery(x)} treated (${few} to ${many})`;
  }
  return `${forEvery(x)}${x ? " treated" : ""} (${forEvery(low)}, over no difference, to ${forEvery(high)})`;
}

/** @param {number} risk */
function peopleText(risk) {
  const people = PER * risk;
  return people > 0 && people < 1 ? number(people) : fixed(people, 0);
}

/**
 * @param {DOMStringMap} given
 * @param {number} risk
 */
function atRisk(given, risk) {
  const effects = [given.effect, given.lb, given.ub].map(Number);
  const treated = effects.map((effect) => Math.min(1, Math.max(0, RISK_OF[given.measure ?? "RD"](effect, risk))));
  const [x, ...ends] = treated.map((one) => PER * (one - risk));
  const people = `${peopleText(risk)} with ${given.control} and ${peopleText(treated[0])} with ${given.experimental}`;
  return (
    `Of ${PER} people, ${people}: ${per1000(x)} (${per1000(ends[0])} to ${per1000(ends[1])}); ` +
    `${neededText(x, ends)}.`
  );
}

for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".what-if"))) {
  const said = one.querySelector("output"),
    own = Number(one.dataset.risk),
    words = said?.textContent ?? "";
  const slider = make("input", { type: "range", min: "1", max: String(PER - 1), step: "1", value: String(PER * own) });
  slider.addEventListener("input", () => {
    if (said) said.textContent = atRisk(one.dataset, Number(slider.value) / PER);
  });
  const back = make("button", { type: "button" }, "Back to the assumed risk");
  back.addEventListener("click", () => {
    slider.value = String(PER * own);
    if (said) said.textContent = words;
  });
  one.append(make("label", {}, `Risk with ${one.dataset.control}, per ${PER}: `, slider), " ", back);
}
