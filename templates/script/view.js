// The forest plot and its table, as they are and as a reader has chosen. The page's own elements are put aside while
// another view stands in their place, and put back as they were.

/** The figure and the table of an analysis, and what stands in their place. */
class Standing {
  /** @param {HTMLElement} place */
  constructor(place) {
    const section = place.closest(".outcome") ?? document.body;
    this.figure = section.querySelector("figure");
    this.svg = section.querySelector("svg.forest");
    this.table = /** @type {HTMLTableElement | null} */ (section.querySelector("table.plot"));
    /** @type {Map<Element, Element>} the page's own elements and what stands in their place */
    this.shown = new Map();
  }

  scrollIntoView() {
    this.figure?.scrollIntoView();
  }

  /**
   * @param {Element} own
   * @param {Element} other
   */
  put(own, other) {
    own.replaceWith(other);
    this.shown.set(own, other);
  }

  restore() {
    for (const [own, other] of this.shown) other.replaceWith(own);
    this.shown.clear();
  }
}

class View extends Standing {
  /**
   * @param {Analysis} analysis
   * @param {HTMLElement} place
   * @param {() => void} back
   */
  constructor(analysis, place, back) {
    super(place);
    this.analysis = analysis;
    this.notes = this.table?.closest("details")?.querySelector("ul.note") ?? null;
    const button = make("button", { type: "button" }, "Back to the protocol");
    button.addEventListener("click", back);
    this.what = make("span");
    this.bar = make("figcaption", { className: "departure on" }, this.what, button);
  }

  /** @param {Element | null} one */
  contains(one) {
    return this.bar.contains(one);
  }

  /**
   * @param {State} state
   * @param {Group[]} groups
   * @param {boolean} same whether these are the protocol's numbers
   */
  show(state, groups, same) {
    this.restore();
    if (same && !state.sort) return;
    const { analysis } = this,
      rows = plotRows(analysis, state, groups),
      notes = viewNotes(analysis, state, same);
    if (this.svg) this.put(this.svg, viewSvg(this.svg, analysis, state, rows, same));
    if (this.table) this.put(this.table, viewTable(this.table, analysis, state, rows, same));
    if (this.notes)
      this.put(this.notes, make("ul", { className: "note" }, ...notes.map((note) => make("li", {}, note))));
    this.what.textContent = `${NOT_PROTOCOL}. ${departures(analysis, state).join(". ")}.`;
    if (!same) this.figure?.prepend(this.bar);
  }

  restore() {
    super.restore();
    this.bar.remove();
  }
}

/**
 * The lines under the plot: what differs, the methods, and the page's own lines but that of the protocol's methods.
 * @param {Analysis} analysis
 * @param {State} state
 * @param {boolean} same
 */
function viewNotes(analysis, state, same) {
  if (same) return analysis.plot.notes;
  const { common, random, ci, pi, measure } = state.choice,
    { choices } = DATA;
  const parts = [
    ...(common === "none" ? [] : [`Common (fixed) effect: ${choices.common[common]}`]),
    ...(random === "none"
      ? []
      : [
          `Random effects: inverse variance, τ² by ${choices.random[random]}, ${choices.ci[ci]} interval; ` +
            `prediction interval ${pi.replace("-", MINUS)}`,
        ]),
    "The area of a square is the study’s weight within its pool",
  ];
  const { notes, footer, band } = analysis.plot,
    other = measure === analysis.protocol.measure ? [footer] : [footer, band];
  const kept = notes.filter((note) => !other.includes(note));
  return [`${NOT_PROTOCOL}. ${departures(analysis, state).join(". ")}.`, `${parts.join(". ")}.`, ...kept];
}
