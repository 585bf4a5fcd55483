// The one script of the report: a panel for sources, other analyses of the same counts, and the order of tables. All it
// does can also be read on the page without it. It asks nothing of anyone and keeps nothing but the address' fragment.
"use strict";
(() => {
  const DATA = JSON.parse(document.getElementById("explore-data").textContent);
  const NOT_PROTOCOL = "Not the protocol’s analysis";

  const sum = (list) => list.reduce((total, x) => total + x, 0);
  const make = (tag, given = {}, ...inside) => {
    const one = Object.assign(document.createElement(tag), given);
    one.append(...inside);
    return one;
  };

  // ---- Effects of 2x2 tables [a, n1, c, n2], as metaan.stats.two_by_two

  const cells = ([a, n1, c, n2]) => ({ a, b: n1 - a, c, d: n2 - c });
  const uninformative = ({ a, b, c, d }) => (a === 0 && c === 0) || (b === 0 && d === 0);
  const hasZero = ({ a, b, c, d }) => [a, b, c, d].includes(0);
  const EFFECTS = {
    OR: ({ a, b, c, d }) => [Math.log((a * d) / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d],
    RR: ({ a, b, c, d }) => [
      Math.log(a / (a + b)) - Math.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)],
    RD: ({ a, b, c, d }) => [a / (a + b) - c / (c + d), (a * b) / (a + b) ** 3 + (c * d) / (c + d) ** 3],
  };
  const WHERE = {
    only0: (zero) => zero, all: (zero) => zero.map(() => true),
    if0all: (zero) => zero.map(() => zero.includes(true)), none: (zero) => zero.map(() => false),
  };

  // The tables that have an effect, with it: {table, y, v}
  function effects(tables, measure, add, to, drop) {
    const dropped = tables.map((t) => drop && uninformative(t));
    const which = WHERE[to](tables.map((t, i) => hasZero(t) && !dropped[i]));
    const made = tables.map((t, i) => {
      const more = which[i] ? add : 0;
      const [y, v] = EFFECTS[measure]({ a: t.a + more, b: t.b + more, c: t.c + more, d: t.d + more });
      const empty = t.a + t.b === 0 || t.c + t.d === 0;
      return { table: t, y, v, sound: !dropped[i] && !empty && Number.isFinite(y) && Number.isFinite(v) && v > 0 };
    });
    return made.filter((one) => one.sound);
  }

  // ---- Common effect, Mantel-Haenszel (Robins, Breslow & Greenland 1986; Greenland & Robins 1985; Sato et al. 1989)

  const STRATA = {
    OR(tables) {
      const parts = tables.map(({ a, b, c, d }) => {
        const n = a + b + c + d;
        return { r: (a * d) / n, s: (b * c) / n, p: (a + d) / n };
      });
      const r = sum(parts.map((x) => x.r)), s = sum(parts.map((x) => x.s));
      const variance = sum(parts.map((x) => x.p * x.r)) / r ** 2 + sum(parts.map((x) => (1 - x.p) * x.s)) / s ** 2
        + sum(parts.map((x) => x.p * x.s + (1 - x.p) * x.r)) / (r * s);
      return [Math.log(r / s), variance / 2];
    },
    RR(tables) {
      const parts = tables.map(({ a, b, c, d }) => {
        const n1 = a + b, n2 = c + d, n = n1 + n2;
        return { r: (a * n2) / n, s: (c * n1) / n, v: (n1 * n2 * (a + c) - a * c * n) / n ** 2 };
      });
      const r = sum(parts.map((x) => x.r)), s = sum(parts.map((x) => x.s));
      return [Math.log(r / s), sum(parts.map((x) => x.v)) / (r * s)];
    },
    RD(tables) {
      const parts = tables.map(({ a, b, c, d }) => {
        const n1 = a + b, n2 = c + d, n = n1 + n2;
        return {
          share: (n1 * n2) / n, weighted: (a * n2 - c * n1) / n, q: (a * d + c * b) / (2 * n),
          p: (n1 ** 2 * c - n2 ** 2 * a + (n1 * n2 * (n2 - n1)) / 2) / n ** 2,
        };
      });
      const total = sum(parts.map((x) => x.share)), y = sum(parts.map((x) => x.weighted)) / total;
      return [y, (y * sum(parts.map((x) => x.p)) + sum(parts.map((x) => x.q))) / total ** 2];
    },
  };

  function mantelHaenszel(studies, measure) {
    const tables = studies.map((one) => one.table);
    const [estimate, variance] = STRATA[measure](tables);
    if (!Number.isFinite(estimate) || !(variance > 0)) return { reason: "no finite estimate by Mantel-Haenszel" };
    const own = effects(tables, measure, DATA.usual[measure], "only0", false).filter((one) => !uninformative(one.table));
    const q = sum(own.map((one) => (one.y - estimate) ** 2 / one.v));
    return { estimate, se: Math.sqrt(variance), tau2: null, i2: fromQ(q, own.length - 1) };
  }

  // ---- Inverse variance, as metaan.stats.pooling

  const fromQ = (q, df) => (q > 0 && df > 0 ? Math.max(0, (100 * (q - df)) / q) : 0);

  function weighted(studies, tau2) {
    const w = studies.map((one) => 1 / (one.v + tau2)), total = sum(w), squares = sum(w.map((x) => x * x));
    const mean = sum(studies.map((one, i) => w[i] * one.y)) / total;
    const residual = studies.map((one) => one.y - mean);
    return { w, total, mean, residual, q: sum(residual.map((r, i) => w[i] * r * r)), trace: total - squares / total };
  }

  const derSimonianLaird = (studies) => {
    const { q, trace } = weighted(studies, 0);
    return Math.max(0, (q - (studies.length - 1)) / trace);
  };

  // The restricted likelihood and the sign of its slope; its maxima are bracketed on a grid, and the highest wins.
  const likelihood = (studies, tau2) => {
    const { w, total, q } = weighted(studies, tau2);
    return 0.5 * (sum(w.map(Math.log)) - q - Math.log(total));
  };
  const slope = (studies, tau2) => {
    const { w, residual, trace } = weighted(studies, tau2);
    return sum(residual.map((r, i) => (w[i] * r) ** 2)) - trace;
  };

  function restrictedMaximumLikelihood(studies) {
    const v = studies.map((one) => one.v), lowest = Math.min(...v), highest = Math.max(...v);
    const mean = sum(studies.map((one) => one.y)) / studies.length;
    const spread = sum(studies.map((one) => (one.y - mean) ** 2)) / (studies.length - 1);
    const bound = 0.5 * (spread + Math.sqrt(spread * (spread + 4 * (highest - lowest)))) - lowest;
    const top = bound * (1 + 1e-9) + 1e-9 * lowest;
    if (top <= 0) return 0;
    const grid = [0];
    for (let x = 0.25 * lowest; x < top; x *= 3) grid.push(x);
    grid.push(top);
    const slopes = grid.map((x) => slope(studies, x)), tops = slopes[0] <= 0 ? [0] : [];
    slopes[slopes.length - 1] = Math.min(0, slopes[slopes.length - 1]);
    for (let i = 0; i + 1 < grid.length; i++) {
      if (slopes[i] > 0 && slopes[i + 1] <= 0) tops.push(bisect(studies, grid[i], grid[i + 1]));
    }
    return tops.reduce((best, x) => (likelihood(studies, x) > likelihood(studies, best) ? x : best));
  }

  function bisect(studies, low, high) {
    for (let step = 0; step < 200; step++) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      if (slope(studies, middle) > 0) low = middle;
      else high = middle;
    }
    return (low + high) / 2;
  }

  const TAU2 = { DL: derSimonianLaird, REML: restrictedMaximumLikelihood };

  function inverseVariance(studies, model) {
    const common = weighted(studies, 0), k = studies.length;
    if (!(model in TAU2)) {
      return { estimate: common.mean, se: Math.sqrt(1 / common.total), tau2: null, i2: fromQ(common.q, k - 1) };
    }
    const tau2 = TAU2[model](studies), { mean, total } = weighted(studies, tau2);
    return { estimate: mean, se: Math.sqrt(1 / total), tau2, i2: (100 * tau2) / ((k - 1) / common.trace + tau2) };
  }

  // Pool the studies at these places: {k, estimate, lb, ub, tau2, i2} on the display scale, or {k, reason}
  function pool(analysis, places, { measure, model }) {
    const tables = places.map((i) => cells(analysis.studies[i].counts));
    const used = effects(tables, measure, analysis.add[measure], analysis.to, DATA.drops[measure]);
    const k = used.length;
    if (k === 0) return { k, reason: "no study with an effect is left" };
    const got = k === 1 ? { estimate: used[0].y, se: Math.sqrt(used[0].v), tau2: null, i2: null }
      : model === "MH" ? mantelHaenszel(used, measure) : inverseVariance(used, model);
    if (got.reason) return { k, reason: got.reason };
    const back = measure === "RD" ? (x) => x : Math.exp, half = analysis.z * got.se;
    return {
      k, tau2: got.tau2, i2: got.i2,
      estimate: back(got.estimate), lb: back(got.estimate - half), ub: back(got.estimate + half),
    };
  }

  // ---- Numbers in words

  const minus = (text) => text.replace(/^-(?=.*[1-9])/, "−").replace(/^-/, "");
  const number = (x) => {
    const size = Math.abs(x);
    if (size !== 0 && (size < 1e-6 || size >= 1e6)) return minus(x.toExponential(1));
    return minus(x.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2
      : Math.min(8, 1 - Math.floor(Math.log10(size)))));
  };
  const plural = (k) => `${k} ${k === 1 ? "study" : "studies"}`;

  function sentence(analysis, got, { measure }) {
    if (got.reason) return `${got.reason}.`;
    const digits = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(got.ub - got.lb))));
    const write = measure === "RD" ? (x) => minus(x.toFixed(digits)) : number;
    const effect = `${measure} ${write(got.estimate)} (${analysis.level} CI ${write(got.lb)} to ${write(got.ub)})`;
    if (got.k === 1) return `${effect}; one study, nothing to pool.`;
    const tau2 = got.tau2 === null ? "" : `; τ² ${got.tau2 === 0 ? "0" : number(got.tau2)}`;
    return `${effect}${tau2}; I² ${got.i2.toFixed(0)}%; ${plural(got.k)}.`;
  }

  // ---- The controls of one analysis

  const protocolOf = (analysis) => ({
    measure: analysis.measure, model: analysis.protocol[0], design: "all", without: new Set() });
  const isProtocol = (analysis, { measure, model, design, without }) =>
    measure === analysis.measure && analysis.protocol.includes(model) && design === "all" && without.size === 0;

  function choice(text, options, changed) {
    const select = make("select");
    for (const [value, words] of Object.entries(options)) select.append(make("option", { value }, words));
    select.addEventListener("change", () => changed(select.value));
    return { select, label: make("label", {}, `${text} `, select) };
  }

  class Explorer {
    constructor(key, place) {
      this.key = key;
      this.analysis = DATA.analyses[key];
      this.state = protocolOf(this.analysis);
      this.boxes = new Map();
      const designs = [...new Set(this.analysis.studies.map((one) => one.design))];
      const set = (name) => (value) => this.change({ [name]: value });
      this.chosen = {
        measure: choice("Measure", DATA.measures, set("measure")),
        model: choice("Model", DATA.models, set("model")),
        design: choice("Design", Object.fromEntries([["all", "all"], ...designs.map((x) => [x, x])]), set("design")),
      };
      this.chosen.design.label.hidden = designs.length < 2;
      this.tag = make("span", { className: "tag departure", hidden: true }, NOT_PROTOCOL);
      this.mark = make("p", { className: "departure" });
      this.results = make("ul");
      this.live = make("div", { className: "recomputed" }, this.mark, this.results);
      this.live.setAttribute("role", "status");
      this.live.setAttribute("aria-live", "polite");
      this.back = make("button", { type: "button", hidden: true }, "Back to the protocol");
      this.back.addEventListener("click", () => this.reset());
      this.details = make("details", {},
        make("summary", {}, "Analyse another way: studies in and out, model, measure", this.tag),
        make("p", { className: "note" }, "Computed here from the counts on this page. The plots and tables around stay "
          + "the protocol’s. The address of the page keeps what you choose."),
        make("div", { className: "controls" }, ...Object.values(this.chosen).map((one) => one.label)),
        ...this.analysis.pools.filter((one) => !one.overall).map((one) => this.studies(one)), this.live, this.back);
      place.append(this.details);
      this.show();
    }

    studies({ name, studies }) {
      const labels = studies.map((i) => {
        const { id, label, counts: [a, n1, c, n2] } = this.analysis.studies[i];
        const box = make("input", { type: "checkbox", checked: true });
        box.addEventListener("change", () => {
          const without = new Set(this.state.without);
          if (box.checked) without.delete(id);
          else without.add(id);
          this.change({ without });
        });
        this.boxes.set(id, box);
        return make("label", {}, box, ` ${label}, ${a}/${n1} and ${c}/${n2}`);
      });
      return make("fieldset", {}, make("legend", {}, name), ...labels);
    }

    change(some) {
      this.state = { ...this.state, ...some };
      this.show();
      writeAddress();
    }

    reset() {
      this.change(protocolOf(this.analysis));
      this.chosen.measure.select.focus();
    }

    places(studies, { design, without }) {
      const fits = ({ id, design: own }) => (design === "all" || design === own) && !without.has(id);
      return studies.filter((i) => fits(this.analysis.studies[i]));
    }

    show() {
      const { analysis, state } = this, departs = !isProtocol(analysis, state);
      for (const [name, { select }] of Object.entries(this.chosen)) select.value = state[name];
      for (const [id, box] of this.boxes) box.checked = !state.without.has(id);
      this.mark.textContent = departs ? `${NOT_PROTOCOL}.` : "The protocol’s analysis.";
      this.mark.classList.toggle("on", departs);
      this.tag.hidden = this.back.hidden = !departs;
      this.results.replaceChildren(...analysis.pools.map((one) => {
        const got = pool(analysis, this.places(one.studies, state), state);
        const line = make("li", {}, make("strong", {}, `${one.name}: `), sentence(analysis, got, state));
        for (const name of ["k", "estimate", "lb", "ub", "tau2", "i2"]) line.dataset[name] = got[name] ?? "";
        return line;
      }));
    }

    // The state as text without characters that an address would escape, and back; what is unknown is left out
    get text() {
      const { measure, model, design, without } = this.state;
      return isProtocol(this.analysis, this.state) && model === this.analysis.protocol[0]
        ? "" : [measure, model, design, ...without].join("*");
    }

    set text(text) {
      const [measure, model, design, ...without] = text.split("*");
      const state = protocolOf(this.analysis);
      if (Object.hasOwn(DATA.measures, measure)) state.measure = measure;
      if (Object.hasOwn(DATA.models, model)) state.model = model;
      if (this.analysis.studies.some((one) => one.design === design)) state.design = design;
      for (const id of without) if (this.boxes.has(id)) state.without.add(id);
      this.state = state;
      this.show();
    }
  }

  const explorers = [...document.querySelectorAll("[data-explore]")]
    .filter((place) => Object.hasOwn(DATA.analyses, place.dataset.explore))
    .map((place) => new Explorer(place.dataset.explore, place));

  function writeAddress() {
    const views = new URLSearchParams();
    for (const one of explorers) if (one.text) views.set(`view.${one.key}`, one.text);
    const text = views.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }

  function readAddress() {
    if (!location.hash.startsWith("#view.")) return; // a place on the page, not a view
    const views = new URLSearchParams(location.hash.slice(1));
    for (const one of explorers) {
      one.text = views.get(`view.${one.key}`) ?? "";
      if (one.text) one.details.open = true;
    }
    explorers.find((one) => one.text)?.details.scrollIntoView();
  }
  readAddress();
  addEventListener("hashchange", readAddress);

  // ---- The order of a plot's table, block by block

  const ORDERS = { "": "as listed", year: "year, oldest first", effect: "effect, smallest first",
    weight: "weight, largest first" };

  function sortRows(table, key) {
    const value = (row) => (row.dataset[key] === undefined ? Infinity
      : Number(row.dataset[key]) * (key === "weight" ? -1 : 1));
    const before = (one, other) => (key && value(one) !== value(other) ? (value(one) < value(other) ? -1 : 1)
      : one.dataset.listed - other.dataset.listed);
    let block = [];
    for (const row of [...table.tBodies[0].rows, null]) {
      if (row?.classList.contains("study")) block.push(row);
      else {
        const after = row;
        for (const one of block.sort(before)) table.tBodies[0].insertBefore(one, after);
        block = [];
      }
    }
  }

  for (const table of document.querySelectorAll("table.plot")) {
    [...table.tBodies[0].rows].forEach((row, i) => { row.dataset.listed = i; });
    const said = make("span", { className: "soft" });
    said.setAttribute("role", "status");
    const { label } = choice("Sort the studies by", ORDERS, (key) => {
      sortRows(table, key);
      said.textContent = ` Sorted: ${ORDERS[key]}.`;
    });
    table.closest(".scroll").before(make("p", { className: "controls" }, label, said));
  }

  // ---- The panel of a number's source

  const panel = make("dialog", { className: "panel" }), heading = make("h2", { id: "panel-title", tabIndex: -1 });
  panel.setAttribute("aria-labelledby", "panel-title");
  const facts = make("dl", { className: "facts" });
  const there = make("a", {}, "Show it in the list of sources");
  const shut = make("button", { type: "button" }, "Close");
  there.addEventListener("click", () => panel.close());
  shut.addEventListener("click", () => panel.close());
  panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); }); // beside it
  panel.append(make("div", {}, heading, facts, make("p", {}, there), shut));
  document.body.append(panel);

  function openPanel(row, href) {
    const names = [...row.closest("table").tHead.rows[0].cells].map((cell) => cell.textContent);
    heading.textContent = row.cells[0].textContent;
    const parts = [...row.cells].slice(1).flatMap((cell, i) => {
      const named = [...cell.querySelectorAll("[data-name]")];
      return named.length ? named.map((one) => [one.dataset.name, one]) : [[names[i + 1], cell]];
    });
    facts.replaceChildren(...parts.map(([name, from]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, ...from.cloneNode(true).childNodes))));
    there.href = href;
    panel.showModal();
    heading.focus();
  }

  for (const link of document.querySelectorAll("main a[href^='#source.']")) {
    const row = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (!row?.cells) continue;
    link.setAttribute("aria-haspopup", "dialog");
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // another tab or window was asked for
      event.preventDefault();
      openPanel(row, link.hash);
    });
    link.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      openPanel(row, link.hash);
    });
  }
})();
