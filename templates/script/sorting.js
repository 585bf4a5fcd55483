// The order of the studies where nothing can be pooled here: the rows of the page's own plot and table change places.

/** @typedef {{rows: {top: number, bottom: number, drawn: boolean, spacer: boolean}[],
 *   orders: Record<string, number[]>}} Sortable */

class Sorter {
  /**
   * @param {string} key
   * @param {HTMLElement} place
   */
  constructor(key, place) {
    this.key = key;
    this.sortable = DATA.sorted[key];
    this.sort = "";
    this.view = new Standing(place);
    this.sorted = orderOf(key, Object.keys(this.sortable.orders), (sort) => this.change(sort));
    this.back = make("button", { type: "button", hidden: true }, "Back to the protocol’s order");
    this.back.addEventListener("click", () => {
      this.change("");
      this.sorted.select.focus();
    });
    this.said = make("span", { role: "status" });
    place.append(make("div", { className: "controls" }, this.sorted.whole, this.back, this.said));
  }

  /** @param {string} sort */
  change(sort) {
    this.sort = sort;
    this.show();
    writeAddress();
  }

  show() {
    const { sort, view, sortable } = this,
      order = sortable.orders[sort];
    this.sorted.select.value = sort;
    this.back.hidden = !sort;
    this.said.textContent = sort ? `Sorted by ${ORDERS[sort].words}; no number changes.` : "";
    view.restore();
    if (!order) return;
    if (view.svg) view.put(view.svg, sortedSvg(view.svg, sortable, order));
    if (view.table) view.put(view.table, sortedTable(view.table, sortable, order));
  }

  get text() {
    return this.sort && `sort.${this.sort}`;
  }

  /**
   * Take an order from the address; what is unknown is returned.
   * @param {string} text
   */
  read(text) {
    const known = Object.keys(this.sortable.orders).find((code) => text === `sort.${code}`);
    this.sort = known ?? "";
    this.show();
    return text && !known ? [text] : [];
  }
}

/**
 * @param {Element} own
 * @param {Sortable} sortable
 * @param {number[]} order
 */
function sortedSvg(own, { rows }, order) {
  const svg = /** @type {Element} */ (own.cloneNode(true)),
    groups = [...svg.querySelectorAll("g.row")],
    after = groups[groups.length - 1].nextSibling;
  const drawn = rows.map((row) => (row.drawn ? (groups.shift() ?? null) : null));
  let y = rows[0].top;
  for (const at of order) {
    const { top, bottom } = rows[at],
      group = drawn[at];
    if (group) {
      group.setAttribute("transform", `translate(0 ${px(y - top)})`);
      svg.insertBefore(group, after);
    }
    y += bottom - top;
  }
  return svg;
}

/**
 * @param {HTMLTableElement} own
 * @param {Sortable} sortable
 * @param {number[]} order
 */
function sortedTable(own, { rows }, order) {
  const table = /** @type {HTMLTableElement} */ (own.cloneNode(true)),
    lines = [...table.tBodies[0].rows],
    written = rows.map((row) => (row.spacer ? null : (lines.shift() ?? null)));
  table.tBodies[0].replaceChildren(...order.flatMap((at) => written[at] ?? []));
  return table;
}
