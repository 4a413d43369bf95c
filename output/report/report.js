/* SPDX-License-Identifier: Apache-2.0
 *
 * The bar, the keys, and the order in which things are drawn. */

const SECTIONS = [
  ["answers", "answers", "a"],
  ["overview", "overview", "o"],
  ["movement", "nav_movement", "m"],
  ["timeline", "nav_timeline", "t"],
  ["findings", "nav_findings", "f"],
  ["sessions", "sessions", "s"],
  ["evidence", "nav_evidence", "e"],
];

function drawBar() {
  const zones = el(
    "select",
    {
      "aria-label": t("zone"),
      id: "zone",
      change: () => {
        view.utc = zones.value === "utc";
        drawAll();
      },
    },
    el("option", { value: "utc" }, "UTC"),
    data.zone.name !== "UTC" && el("option", { value: "case" }, data.zone.name),
  );
  zones.value = view.utc ? "utc" : "case";
  const language = (n, text, lang) =>
    button(
      text,
      {
        class: view.lang === n ? "on" : "",
        lang,
        "aria-pressed": String(view.lang === n),
        id: "lang-" + lang,
      },
      () => setLanguage(n),
    );
  clearInto(
    document.querySelector("header.bar"),
    el("a", { class: "brand", href: "#title" }, el("b", { lang: "ja" }, "足跡"), " ashiato"),
    el(
      "nav",
      null,
      SECTIONS.map(([id, name]) => el("a", { href: "#" + id, "data-section": id }, t(name))),
    ),
    el(
      "div",
      { class: "switches screen" },
      zones,
      el("span", { class: "pair" }, language(0, "English", "en"), language(1, "日本語", "ja")),
      button(t(view.dark ? "light" : "dark"), { id: "dark" }, toggleDark),
      button([t("keys"), " ", el("kbd", null, "?")], { id: "keys" }, showKeys),
    ),
  );
  markSection();
}

function setLanguage(n) {
  view.lang = n;
  document.documentElement.lang = n ? "ja" : "en";
  drawAll();
}

function setDark(dark) {
  view.dark = dark;
  document.documentElement.classList.toggle("dark", dark);
}

function toggleDark() {
  setDark(!view.dark);
  drawBar();
}

/* Underlines the section that is being read. */
function markSection() {
  let current = SECTIONS[0][0];
  for (const [id] of SECTIONS) if ($(id).getBoundingClientRect().top < 140) current = id;
  document
    .querySelectorAll("nav a")
    .forEach(a => a.classList.toggle("here", a.dataset.section === current));
}

/* After a change of the filters. */
function refresh() {
  view.shown = filterRows();
  if (view.open >= 0 && !view.shown.includes(view.open)) view.open = -1;
  drawOverview();
  drawTable();
}

function drawAll() {
  drawBar();
  drawTitle();
  drawAnswers();
  drawMovement();
  drawTimeline();
  drawFindings();
  drawSessions();
  drawEvidence();
  refresh();
  drawNotes();
  clearInto(
    document.querySelector("footer"),
    el("span", null, t("foot")),
    el("span", null, data.version),
  );
}

const KEY_HELP = [
  ["j k", "k_rows"],
  ["J K", "k_hops"],
  ["n N", "k_critical"],
  ["Enter", "k_open"],
  ["Esc", "k_esc"],
  ["/", "k_search"],
  ["t 1–4", "k_tag"],
  ["m", "k_note"],
  ["c", "k_context"],
  ["s", "k_session"],
  ["b", "k_both"],
  ["f F", "k_filter"],
  ["x", "k_clear"],
  ["[ ]", "k_zoom"],
  ["z", "k_fold"],
  ["g a o m t f s e", "k_go"],
  ["p", "k_replay"],
  ["y", "k_copy"],
  ["u", "k_zone"],
  ["l", "k_lang"],
  ["d", "k_dark"],
  ["?", "k_help"],
];

function showKeys() {
  const old = $("keyhelp");
  if (old) return old.close();
  const box = el(
    "dialog",
    { id: "keyhelp", close: () => box.remove() },
    el(
      "dl",
      null,
      KEY_HELP.map(([key, name]) => [
        el("dt", null, el("kbd", null, key)),
        el("dd", null, t(name)),
      ]),
    ),
    el(
      "p",
      null,
      button(t(view.keys ? "keys_off" : "keys_on"), null, () => {
        view.keys = !view.keys;
        box.close();
      }),
      " ",
      button(t("close"), null, () => box.close()),
    ),
  );
  document.body.append(box);
  box.showModal();
}

function escape() {
  if (view.open >= 0) closeRow();
  else clearFilters();
}

function withRow(act) {
  return () => {
    if (view.selected >= 0) act(view.selected);
  };
}

function excludeHost(i) {
  const box = $("search"),
    term = `-host:"${hosts.values[rows.host[i]]}"`;
  box.value = view.query = (view.query + " " + term).trim();
  refresh();
}

const critical = i => rows.severity[i] === 4;
const KEYS = {
  j: () => stepRow(1),
  k: () => stepRow(-1),
  J: () => stepHop(1),
  K: () => stepHop(-1),
  n: () => stepRow(1, critical),
  N: () => stepRow(-1, critical),
  Enter: withRow(toggleRow),
  Escape: escape,
  "/": () => {
    if ($("search")) {
      $("search").focus();
      $("search").select();
    }
  },
  m: () => {
    if ($("note")) $("note").focus();
  },
  c: withRow(showContext),
  x: clearFilters,
  p: replay,
  "?": showKeys,
  s: withRow(i => {
    const n = rows.sessions[i].find(k => data.sessionByNumber.has(k));
    if (n !== undefined) showSession(n);
  }),
  b: withRow(i => {
    const found = rowEdges(i)[0];
    if (found) showEdge(found.edge);
  }),
  f: withRow(i => toggleFacet("host", rows.host[i])),
  F: withRow(excludeHost),
  "[": () => zoom(2),
  "]": () => zoom(0.5),
  z: () => {
    view.fold = !view.fold;
    drawOverview();
  },
  y: withRow(i => copyText(rowAsJson(i), el("span"))),
  u: () => {
    view.utc = data.zone.name === "UTC" || !view.utc;
    drawAll();
  },
  l: () => setLanguage(1 - view.lang),
  d: toggleDark,
};

let prefix = "";

function onKey(event) {
  const inside = event.target.closest("input, textarea, select, dialog");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (inside) {
    if (event.key === "Escape" && inside.matches("input, textarea")) inside.blur();
    return;
  }
  if (!view.keys && !["Escape", "Enter", "?"].includes(event.key)) return;
  const before = prefix;
  prefix = "";
  if (before === "g") {
    const section = SECTIONS.find(s => s[2] === event.key);
    if (section) return $(section[0]).scrollIntoView();
  }
  if (before === "t" && "1234".includes(event.key)) return tagRow(view.selected, Number(event.key));
  if (event.key === "g" || event.key === "t") {
    prefix = event.key;
    return;
  }
  const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
  if (!act || (event.key === "Enter" && event.target.closest("button, a, summary, tr"))) return;
  event.preventDefault();
  act();
}

/* Paper: laid out anew in light colours at the width of A4 landscape. */
function beforePrint() {
  document.documentElement.classList.remove("dark");
  view.printing = true;
  drawOverview();
  drawMovement();
  drawEvidence();
  if (rows.n) printRows();
}

function afterPrint() {
  view.printing = false;
  setDark(view.dark);
  if ($("printed")) $("printed").replaceChildren();
  drawAll();
}

let resizeTimer = 0;

function onResize() {
  clearTimeout(resizeTimer);
  resizeTimer = setTimeout(() => {
    drawOverview();
    drawMovement();
    drawTable();
    drawEvidence();
  }, 120);
}

async function start() {
  document.documentElement.classList.add("script");
  setDark(matchMedia("(prefers-color-scheme: dark)").matches);
  try {
    await loadCase();
    await loadRows();
  } catch (e) {
    body("timeline").replaceChildren(el("p", null, t("broken", e.message)));
    return;
  }
  view.utc = data.zone.name === "UTC";
  if (/^ja\b/.test(navigator.language)) view.lang = 1;
  document.documentElement.lang = view.lang ? "ja" : "en";
  if (nothingFound()) $("answers").after($("evidence")); /* what limits "no sign" comes first */
  drawAll();
  addEventListener("keydown", onKey);
  addEventListener("scroll", markSection, { passive: true });
  addEventListener("resize", onResize);
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", afterPrint);
  document.documentElement.dataset.ready = "1";
}

start();
