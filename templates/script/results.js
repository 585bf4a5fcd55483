// What came out of each group, as a sentence, and what differs from the protocol.

/**
 * @param {Fit | null} fit
 * @param {string} measure
 */
function displayed(fit, measure) {
  if (!fit) return null;
  /** @param {number} x */
  const back = (x) => shown(measure, x);
  const { p, q, q_df, q_p, tau2, i2, df, se } = fit;
  return {
    estimate: back(fit.estimate),
    ci: fit.ci.map(back),
    pi: fit.pi && fit.pi.map(back),
    p,
    q,
    q_df,
    q_p,
    tau2,
    i2,
    df,
    se,
  };
}

/**
 * One model's result as a clause.
 * @param {string} name
 * @param {Fit | null} fit
 * @param {Choice} choice
 * @param {string} coverage
 */
function clause(name, fit, { measure }, coverage) {
  const got = displayed(fit, measure);
  if (!got) return "";
  const { estimate, ci, tau2, i2, pi } = got,
    write = writer(measure, ci);
  const spread = tau2 === null ? "" : `, τ² ${tau2 === 0 ? "0" : number(tau2)}`;
  const next = pi ? `, prediction interval ${boundsText(measure, pi)}` : "";
  return (
    `${name}: ${measure} ${write(estimate)} (${coverage} CI ${boundsText(measure, ci)}), ${pText(got.p)}` +
    `${spread}, I² ${percent(i2)}${next}`
  );
}

/**
 * What came out of one group, as a sentence.
 * @param {Analysis} analysis
 * @param {Group} group
 * @param {Choice} choice
 */
function resultText({ coverage, z }, group, choice) {
  const found = [
    clause("common effect", group.common, choice, coverage),
    clause("random effects", group.random, choice, coverage),
  ].filter(Boolean);
  if (group.k === 1) {
    const [{ y, v }] = group.own.values(),
      half = z * Math.sqrt(v),
      { measure } = choice;
    const ci = [y - half, y + half].map((x) => shown(measure, x));
    found.push(`${measure} ${writer(measure, ci)(shown(measure, y))} (${coverage} CI ${boundsText(measure, ci)})`);
  }
  if (group.reason) found.push(group.reason);
  return `${found.join("; ")}${group.k > 1 ? `; ${studiesText(group.k)}` : ""}.`;
}

/**
 * Say what differs from the protocol.
 * @param {Analysis} analysis
 * @param {State} state
 */
function departures(analysis, state) {
  const { choice } = state,
    out = analysis.studies.filter((study) => !isIn(state, study));
  const methods = CHOICE_NAMES.filter((name) => choice[name] !== analysis.protocol[name]).map(
    (name) => `${CHOICE_LABELS[name]}: ${DATA.choices[name][choice[name]]}`,
  );
  return [...methods, ...(out.length ? [`Left out: ${out.map((one) => one.label).join(", ")}`] : [])];
}

/**
 * What shows how a group was pooled.
 * @param {Analysis} analysis
 * @param {Choice} choice
 * @param {Group} group
 * @param {string} name
 */
function howButton(analysis, choice, { common, random }, name) {
  const button = make(
    "button",
    { type: "button", className: "number", "aria-haspopup": "dialog" },
    "How it was computed",
  );
  button.addEventListener("click", () => {
    const facts = [common, random].flatMap((fit) => {
      if (!fit) return [];
      const value = effectText(
        choice.measure,
        shown(choice.measure, fit.estimate),
        fit.ci.map((x) => shown(choice.measure, x)),
      );
      return [/** @type {Fact} */ ([modelName(fit), [value]]), ...fitFacts(analysis, choice, fit)];
    });
    openPanel(name, facts, "");
  });
  return button;
}
