/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rows are shown: the search line, the facets, a named set of records, the brushed time.
 * Search: words (all must occur), "words together", -without, field:value. A field is one of the
 * columns or any original field name of the record. */

const FACETS = ["phase", "severity", "host", "account", "technique", "kind", "log", "flag"];

function facetLabel(facet, value) {
  switch (facet) {
    case "phase":
      return phaseName(value);
    case "severity":
      return t("s" + value);
    case "host":
      return hosts.values[value] || t("none");
    case "account":
      return accountNames.values[value] || t("none");
    case "technique":
      return techniques.values[value] || t("none");
    case "kind":
      return data.kinds[value];
    case "log":
      return logs.values[value] || t("none");
    default:
      return flagText(data.flags[value]);
  }
}

function parseQuery(text) {
  const terms = [],
    pattern = /(-?)(?:([A-Za-z_][\w.@/-]*):)?(?:"([^"]*)"|(\S+))/g;
  for (const [, minus, field, quoted, word] of text.matchAll(pattern)) {
    const value = quoted === undefined ? word : quoted;
    if (value) terms.push({ not: minus === "-", field: field ? field.toLowerCase() : "", value });
  }
  return terms;
}

function escapeRegex(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function matcher(value) {
  if (view.regex) {
    try {
      return new RegExp(value, "i");
    } catch (e) {
      return /(?!)/;
    }
  }
  return new RegExp(escapeRegex(value), "i");
}

/* The same text as it stands inside JSON in the page. */
function detailMatcher(value) {
  if (view.regex) return matcher(value);
  return new RegExp(escapeRegex(JSON.stringify(value).slice(1, -1).replace(/</g, "\\u003c")), "i");
}

const COLUMN_OF = {
  host: "host",
  user: "account",
  account: "account",
  log: "log",
  source: "log",
  channel: "log",
  technique: "technique",
  kind: "kind",
  phase: "phase",
  severity: "severity",
  message: "message",
};

function columnTest(column, match) {
  if (column === "message") return i => match.test(rows.message[i]);
  const known = new Map();
  return i => {
    const value = rows[column][i];
    if (!known.has(value)) {
      const words =
        column === "phase" || column === "severity"
          ? TEXT[column === "phase" ? PHASES[value] || "no_phase" : "s" + value].join(" ")
          : facetLabel(column, value);
      known.set(value, match.test(words));
    }
    return known.get(value);
  };
}

function fieldTest(field, value) {
  const inText = detailMatcher(value),
    match = matcher(value);
  const named = name => name === field || name.endsWith("." + field) || name.endsWith("/" + field);
  return i => {
    if (!inText.test(rows.detail[i])) return false;
    const detail = JSON.parse(rows.detail[i]);
    if (field in detail && match.test(String(detail[field]))) return true;
    return detail.fields.some(f => named(f[0].toLowerCase()) && match.test(f[1]));
  };
}

function anyTest(value) {
  const match = matcher(value),
    inText = detailMatcher(value);
  const columns = ["host", "account", "log", "technique", "kind"].map(c => columnTest(c, match));
  return i =>
    match.test(rows.message[i]) || columns.some(test => test(i)) || inText.test(rows.detail[i]);
}

function termTest(term) {
  const column = COLUMN_OF[term.field];
  const test = column
    ? columnTest(column, matcher(term.value))
    : term.field
      ? fieldTest(term.field, term.value)
      : anyTest(term.value);
  return term.not ? i => !test(i) : test;
}

function facetTest(facet, values) {
  if (facet !== "flag") return i => values.has(rows[facet][i]);
  let mask = 0;
  values.forEach(bit => {
    mask |= 1 << bit;
  });
  return i => (rows.flags[i] & mask) !== 0;
}

function inRange(i) {
  return !view.range || (rows.t[i] >= view.range[0] && rows.t[i] <= view.range[1]);
}

/* The tests in force; facet counts leave out the facet itself. */
function activeTests(without) {
  const tests = [];
  if (view.range) tests.push(inRange);
  if (view.only) tests.push(view.only.test);
  for (const facet of FACETS) {
    const chosen = view.facets[facet];
    if (chosen && chosen.size && facet !== without) tests.push(facetTest(facet, chosen));
  }
  parseQuery(view.query).forEach(term => tests.push(termTest(term)));
  return tests;
}

function filterRows(without) {
  const tests = activeTests(without),
    found = [];
  for (let i = 0; i < rows.n; i++) {
    let good = true;
    for (let k = 0; good && k < tests.length; k++) good = tests[k](i);
    if (good) found.push(i);
  }
  return found;
}

/* Values of a facet with their counts, most frequent first (phase and severity in order). */
function facetCounts(facet) {
  const counts = new Map(),
    add = v => counts.set(v, (counts.get(v) || 0) + 1);
  for (const i of filterRows(facet)) {
    if (facet !== "flag") add(rows[facet][i]);
    else for (let bit = 0; bit < 24; bit++) if (rows.flags[i] & (1 << bit)) add(bit);
  }
  const ordered =
    facet === "phase"
      ? (a, b) => a[0] - b[0]
      : facet === "severity"
        ? (a, b) => b[0] - a[0]
        : (a, b) => b[1] - a[1] || (facetLabel(facet, a[0]) < facetLabel(facet, b[0]) ? -1 : 1);
  return [...counts].sort(ordered);
}

function toggleFacet(facet, value) {
  const chosen = view.facets[facet] || (view.facets[facet] = new Set());
  if (!chosen.delete(value)) chosen.add(value);
  refresh();
}

/* Shows only the rows for which test(i) holds, under a label that becomes a chip. */
function showOnly(label, test) {
  view.only = { label, test };
  view.range = null;
  refresh();
  $("timeline").scrollIntoView();
}

function showRefs(label, refs) {
  const wanted = new Set(refPairs(refs).map(p => p.ordinal));
  showOnly(label, i => wanted.has(rows.ordinal[i]));
}

function showFinding(index) {
  showOnly(findingTitle(data.findings[index]), i => rows.findings[i].includes(index));
}

function showSession(n) {
  const s = data.sessionByNumber.get(n);
  showOnly(s ? s.host + " " + s.account : t("session"), i => rows.sessions[i].includes(n));
}

function showEdge(edge) {
  showOnly(edge.hop ? t("c_hop") + " " + edge.hop : edge.src + " → " + edge.dst, i => {
    const list = rows.edges[i];
    for (let k = 0; k < list.length; k += 2) if (list[k] === edge.n) return true;
    return false;
  });
}

function showContext(i) {
  const at = rows.t[i],
    host = rows.host[i];
  showOnly(
    t("b_context", hosts.values[host]),
    k => rows.host[k] === host && Math.abs(rows.t[k] - at) <= 5 * MINUTE,
  );
}

function clearFilters() {
  view.facets = {};
  view.only = null;
  view.query = "";
  view.range = null;
  $("search").value = "";
  refresh();
}

function filtered() {
  return view.only || view.range || view.query || Object.values(view.facets).some(s => s.size);
}
