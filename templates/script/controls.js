// The controls of one analysis: methods, filters, ticks and order. Whatever they say is pooled, said, drawn and
// written into the address.

/**
 * A select with its label.
 * @param {string} id
 * @param {string} text
 * @param {Record<string, string>} options
 * @param {(value: string) => void} changed
 */
function choiceOf(id, text, options, changed) {
  const select = make("select", { id });
  for (const [value, words] of Object.entries(options)) select.append(make("option", { value }, words));
  select.addEventListener("change", () => changed(select.value));
  return { select, whole: make("span", {}, make("label", { htmlFor: id }, text), " ", select) };
}

/**
 * A select for the order of the studies.
 * @param {string} key
 * @param {string[]} codes
 * @param {(value: string) => void} changed
 */
function orderOf(key, codes, changed) {
  const known = Object.fromEntries(codes.map((code) => [code, ORDERS[code].words]));
  return choiceOf(`${VIEW}${key}.sort`, "Sort the studies by", { "": "as listed", ...known }, changed);
}

/** @type {Record<ChoiceName, string>} */
const CHOICE_LABELS = {
  measure: "Measure",
  common: "Common effect",
  random: "Random effects, τ² by",
  ci: "Interval",
  pi: "Prediction interval",
};
const FILTER_LABELS = { design: "Designs", bias: "Risk of bias" };

class Explorer {
  /**
   * @param {string} key
   * @param {HTMLElement} place
   */
  constructor(key, place) {
    this.key = key;
    this.analysis = DATA.analyses[key];
    this.analysis.counts = this.analysis.studies.map((one) => one.counts);
    this.state = protocolState(this.analysis);
    this.view = new View(this.analysis, place, () => this.reset());
    this.tag = make("span", { className: "tag departure", hidden: true }, NOT_PROTOCOL);
    this.mark = make("p", { className: "departure" });
    this.results = make("ul");
    this.back = make("button", { type: "button", hidden: true }, "Back to the protocol");
    this.back.addEventListener("click", () => this.reset());
    this.details = this.build();
    place.append(this.details);
    this.show();
  }

  build() {
    this.chosen = CHOICE_NAMES.map((name) => ({
      name,
      ...choiceOf(`${VIEW}${this.key}.${name}`, CHOICE_LABELS[name], DATA.choices[name], (value) =>
        this.change({ choice: { ...this.state.choice, [name]: value } }),
      ),
    }));
    this.sorted = orderOf(this.key, Object.keys(ORDERS), (sort) => this.change({ sort }));
    /** @type {{name: FilterName, value: string, box: HTMLInputElement, label: HTMLElement}[]} */
    this.boxes = [];
    return make(
      "details",
      { className: "another" },
      make(
        "summary",
        {},
        "Analyse another way: studies in and out, designs, risk of bias, measure, methods, order",
        this.tag,
      ),
      make(
        "p",
        { className: "note" },
        "Computed here from the counts on this page. The forest plot and its table follow; the " +
          "answer, the summary and the other tables stay the protocol’s. The page’s address keeps what you choose.",
      ),
      make("div", { className: "controls" }, ...[...this.chosen, this.sorted].map((one) => one.whole)),
      ...this.filters(),
      ...this.analysis.groups.filter((one) => !one.overall).map((one) => this.ticks(one)),
      make("div", { className: "recomputed", role: "status", "aria-live": "polite" }, this.mark, this.results),
      this.back,
    );
  }

  /** Designs and judgements, where the studies have more than one. */
  filters() {
    return /** @type {("design" | "bias")[]} */ (["design", "bias"]).flatMap((name) => {
      const values = levels(this.analysis, name);
      if (values.length < 2) return [];
      const boxes = values.map((value) => this.box(name, value, upperFirst(value)));
      return [make("fieldset", {}, make("legend", {}, FILTER_LABELS[name]), ...boxes)];
    });
  }

  /** @param {GroupOf} group */
  ticks({ name, studies }) {
    const labels = studies.map((i) => {
      const {
        id,
        label,
        counts: [a, n1, c, n2],
      } = this.analysis.studies[i];
      return this.box("without", id, `${label}, ${a}/${n1} and ${c}/${n2}`);
    });
    return make("fieldset", {}, make("legend", {}, name), ...labels);
  }

  /**
   * @param {FilterName} name
   * @param {string} value
   * @param {string} text
   */
  box(name, value, text) {
    const box = make("input", { type: "checkbox", checked: true }),
      label = make("label", {}, box, ` ${text}`);
    box.addEventListener("change", () => {
      const values = new Set(this.state.off[name]);
      if (box.checked) values.delete(value);
      else values.add(value);
      this.change({ off: { ...this.state.off, [name]: values } });
    });
    this.boxes?.push({ name, value, box, label });
    return label;
  }

  /** @param {Partial<State>} update */
  change(update) {
    this.state = { ...this.state, ...update };
    this.show();
    writeAddress();
  }

  reset() {
    const inside = this.details.contains(document.activeElement) || this.view.contains(document.activeElement);
    this.change(protocolState(this.analysis));
    if (inside) this.details.querySelector("summary")?.focus();
  }

  show() {
    const { analysis, state } = this,
      same = isProtocol(analysis, state);
    const groups = analysis.groups.map((one) =>
      poolGroup(
        analysis,
        one.studies.filter((i) => isIn(state, analysis.studies[i])),
        state.choice,
      ),
    );
    this.showControls(same);
    this.mark.textContent = same ? "The protocol’s analysis:" : `${NOT_PROTOCOL}:`;
    this.mark.classList.toggle("on", !same);
    this.results.replaceChildren(
      ...analysis.groups.map((one, i) => {
        const line = make("li", {}, make("strong", {}, `${one.name}: `), resultText(analysis, groups[i], state.choice));
        if (groups[i].k > 1) line.append(" ", howButton(analysis, state.choice, groups[i], one.name));
        const { common, random, k } = groups[i],
          { measure } = state.choice;
        line.dataset.result = JSON.stringify({
          k,
          common: displayed(common, measure),
          random: displayed(random, measure),
        });
        return line;
      }),
    );
    this.view.show(state, groups, same);
  }

  /** @param {boolean} same */
  showControls(same) {
    const { state, analysis } = this;
    for (const { name, select } of this.chosen ?? []) select.value = state.choice[name];
    if (this.sorted) this.sorted.select.value = state.sort;
    for (const { name, value, box, label } of this.boxes ?? []) {
      const study = name === "without" && analysis.studies.find((one) => one.id === value);
      box.checked = !state.off[name].has(value);
      box.disabled = Boolean(study && isFiltered(state, study));
      label.classList.toggle("out", study ? !isIn(state, study) : !box.checked);
    }
    this.tag.hidden = same;
    this.back.hidden = same && !state.sort;
  }

  get text() {
    return stateText(this.analysis, this.state);
  }

  /**
   * Take a state from the address; what is unknown is returned.
   * @param {string} text
   */
  read(text) {
    const { state, unknown } = readState(this.analysis, text);
    this.state = state;
    this.show();
    if (text) this.details.open = true;
    return unknown;
  }
}
