/* SPDX-License-Identifier: Apache-2.0
 *
 * Small tools: elements, numbers, sizes, durations. All text reaches the page through text nodes
 * made here; characters that cannot be seen or that turn text around are shown as codes. */

const PHASES = ["", "entry", "foothold", "move", "exfil", "impact"];
const MINUTE = 60e3,
  HOUR = 3600e3,
  DAY = 86400e3;

/* What the reader chose; everything drawn is a function of this and the data. */
const view = {
  lang: 0,
  dark: false,
  utc: true,
  fold: true,
  range: null,
  query: "",
  regex: false,
  facets: {},
  only: null,
  shown: [],
  selected: -1,
  open: -1,
  unfolded: new Set(),
  benign: false,
  hop: Infinity,
  keys: true,
  printing: false,
};

function t(name, ...values) {
  const text = TEXT[name][view.lang];
  return text.replace(/\{(\d)\}/g, (all, i) => values[i]);
}

const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function shown(text) {
  return String(text).replace(
    HIDDEN,
    c => "[U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0") + "]",
  );
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(name, name === "title" || name === "aria-label" ? shown(value) : value);
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : shown(child));
  }
  return node;
}

function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function button(label, attributes, act) {
  return el("button", { type: "button", click: act, ...attributes }, label);
}

/* Text from a log: never translated. */
function raw(text, cls) {
  return el("span", { translate: "no", class: cls }, text);
}

const $ = id => document.getElementById(id);

function clearInto(parent, ...children) {
  parent.replaceChildren();
  return fill(parent, null, children);
}

function number(n) {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ",");
}

function recordsText(n) {
  return n === 1 ? t("one_record") : t("n_records", number(n));
}

const WORDS = ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"];

/* At the start of an English heading. */
function countWord(n) {
  return view.lang || n > 10 ? number(n) : WORDS[n];
}

function bytes(n) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let i = 0;
  for (; n >= 1000 && i < units.length - 1; i++) n /= 1000;
  return (i ? n.toFixed(1) : n) + " " + units[i];
}

const UNITS = [
  ["d", "日"],
  ["h", "時間"],
  ["min", "分"],
  ["s", "秒"],
  ["ms", "ミリ秒"],
];

function amount(n, unit) {
  return view.lang ? n + UNITS[unit][1] : n + " " + UNITS[unit][0];
}

/* "50 h 8 min", "17 ms": the two largest units. */
function duration(ms) {
  if (ms < 1000) return amount(Math.max(0, Math.round(ms)), 4);
  if (ms < MINUTE) return amount(ms < 10e3 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000), 3);
  const minutes = Math.floor(ms / MINUTE),
    join = view.lang ? "" : " ";
  if (minutes < 60) return amount(minutes, 2);
  if (minutes < 72 * 60) {
    const rest = minutes % 60;
    return amount(Math.floor(minutes / 60), 1) + (rest ? join + amount(rest, 2) : "");
  }
  const hours = Math.floor(minutes / 60) % 24;
  return amount(Math.floor(minutes / 1440), 0) + (hours ? join + amount(hours, 1) : "");
}

/* Since the last row: one unit. */
function sinceText(ms) {
  if (ms >= DAY) return "+" + amount(Math.floor(ms / DAY), 0);
  if (ms >= 2 * HOUR) return "+" + amount(Math.floor(ms / HOUR), 1);
  return "+" + (ms >= MINUTE ? amount(Math.floor(ms / MINUTE), 2) : duration(ms));
}

function confidenceWord(c) {
  return t(c >= 0.75 ? "high" : c >= 0.4 ? "medium" : "low");
}

/* Four rising bars: severity; four equal ones: confidence. Never a hue. */
function bars(filled, rising, label) {
  const picture = svg("svg", {
    class: "bars",
    width: 19,
    height: 12,
    role: "img",
    "aria-label": label,
  });
  for (let i = 0; i < 4; i++) {
    const height = rising ? 3 + i * 3 : 4;
    picture.append(
      svg("rect", {
        x: i * 5,
        y: rising ? 12 - height : 5,
        width: 4,
        height,
        class: i < filled ? "on" : "off",
      }),
    );
  }
  return picture;
}

function severityBars(severity) {
  return bars(severity, true, t("s" + severity));
}

/* Both ends of a movement: filled = there are records from that side. */
function endsGlyph(ends) {
  const source = ends === "source" || ends === "both",
    target = ends === "destination" || ends === "both";
  const label = endsText(ends);
  return svg(
    "svg",
    { class: "ends", width: 26, height: 10, role: "img", "aria-label": label },
    svg("title", null, label),
    svg("path", { d: "M8 5H18" }),
    svg("circle", { cx: 5, cy: 5, r: 3.5, class: source ? "on" : "off" }),
    svg("circle", { cx: 21, cy: 5, r: 3.5, class: target ? "on" : "off" }),
  );
}

function endsText(ends) {
  return t(
    { both: "both_ends", source: "source_only", destination: "destination_only" }[ends] ||
      "dc_only",
  );
}

function phaseSquare(phase) {
  return el("i", { class: "square " + (PHASES[phase] || "nophase") });
}

function phaseName(phase) {
  return t(PHASES[phase] || "no_phase");
}

/* A heading of a section: its name small, what was found large; legend or link at the right. */
function heading(id, name, claim, ...extra) {
  const head = document.querySelector("#" + id + " > h2");
  clearInto(
    head,
    el("span", { class: claim ? "name" : "claim" }, name),
    claim && el("span", { class: "claim" }, claim),
    el("span", { class: "legend" }, extra),
  );
}

/* Width to draw a section in: what it has on the screen, A4 landscape on paper. */
function roomOf(node, least) {
  return view.printing ? 1032 : Math.max(least, node.clientWidth);
}

function body(id) {
  return document.querySelector("#" + id + " > .body");
}
