/* SPDX-License-Identifier: Apache-2.0
 *
 * The case and its rows as they lie in the page, read into columns: typed arrays and numbered
 * strings, so that two hundred thousand rows stay quick. The rest of a row stays text until the
 * row is opened. */

class Dictionary {
  constructor() {
    this.values = [];
    this.index = new Map();
  }

  put(text) {
    let i = this.index.get(text);
    if (i === undefined) {
      i = this.values.length;
      this.index.set(text, i);
      this.values.push(text);
    }
    return i;
  }
}

const data = {}; /* what case_json wrote, and indexes over it */
const hosts = new Dictionary(),
  accountNames = new Dictionary();
const logs = new Dictionary(),
  techniques = new Dictionary();
let rows = null;

async function loadCase() {
  Object.assign(data, JSON.parse(await blockText($("case"))));
  data.edges.forEach(e => {
    e.told = e.hostile || e.hop > 0;
  });
  data.edgeByNumber = new Map(data.edges.map(e => [e.n, e]));
  data.sessionByNumber = new Map(data.sessions.map(s => [s.n, s]));
  data.hostByName = new Map(data.hosts.map(h => [h.name, h]));
  data.hops = data.edges
    .filter(e => e.told)
    .sort((a, b) => a.start - b.start || a.hop - b.hop || a.n - b.n);
  data.densityByHost = new Map(
    (data.density ? data.density.hosts : []).map(cells => [cells[0], cells]),
  );
  data.hosts.forEach(settleHost);
}

/* A host whose logs had no year at first is known to be alive from its counted records. */
function settleHost(host) {
  const cells = data.densityByHost.get(host.name);
  if (host.first !== null || !cells) return;
  host.first = cells[1] * data.density.width;
  host.last = (cells[cells.length - 2] + 1) * data.density.width;
}

function bytesOfBase64(text) {
  const binary = atob(text),
    out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

async function blockText(element) {
  const text = element.textContent.trim();
  if (!text.startsWith("H4sI")) return text; /* gzip in base64 begins so; JSON with [ or { */
  const stream = new Blob([bytesOfBase64(text)])
    .stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

function emptyRows(n) {
  return {
    n,
    t: new Float64Array(n),
    ns: new Uint32Array(n),
    precision: new Uint8Array(n),
    host: new Uint32Array(n),
    account: new Uint32Array(n),
    severity: new Uint8Array(n),
    phase: new Uint8Array(n),
    kind: new Uint16Array(n),
    log: new Uint32Array(n),
    technique: new Uint32Array(n),
    flags: new Uint32Array(n),
    ordinal: new Float64Array(n),
    outcome: new Uint8Array(n),
    sent: new Float64Array(n),
    message: new Array(n),
    edges: new Array(n),
    sessions: new Array(n),
    findings: new Array(n),
    detail: new Array(n),
  };
}

const NONE = Object.freeze([]);

function addRow(r, i, line) {
  const tab = line.indexOf("\t"),
    s = JSON.parse(line.slice(0, tab));
  r.t[i] = s[0] === null ? NaN : s[0];
  r.ns[i] = s[1];
  r.precision[i] = s[2];
  r.host[i] = hosts.put(s[3]);
  r.account[i] = accountNames.put(s[4]);
  r.severity[i] = s[5];
  r.phase[i] = s[6];
  r.kind[i] = s[7];
  r.message[i] = s[8] || data.kinds[s[7]];
  r.log[i] = logs.put(s[9]);
  r.technique[i] = techniques.put(s[10]);
  r.flags[i] = s[11];
  r.edges[i] = s[12].length ? s[12] : NONE;
  r.sessions[i] = s[13].length ? s[13] : NONE;
  r.findings[i] = s[14].length ? s[14] : NONE;
  r.ordinal[i] = s[15];
  r.outcome[i] = s[16];
  r.sent[i] = s[17];
  r.detail[i] = line.slice(tab + 1);
}

async function loadRows() {
  const lines = [];
  for (const element of document.querySelectorAll("script.rows")) {
    for (const line of (await blockText(element)).split("\n")) if (line) lines.push(line);
    element.remove();
  }
  const r = emptyRows(lines.length);
  lines.forEach((line, i) => addRow(r, i, line));
  rows = r;
  settlePeriod();
}

const BELIEVABLE = Date.UTC(1990, 0, 1);

/* The period to draw: all of it, unless a few stray times (1601, 1970, a wrong year) would
 * squeeze the rest; those are then left out and counted. */
function settlePeriod() {
  const cells = [];
  for (const list of data.densityByHost.values())
    for (let k = 1; k < list.length; k += 2)
      cells.push([list[k] * data.density.width, list[k + 1]]);
  cells.sort((a, b) => a[0] - b[0]);
  const total = cells.reduce((sum, c) => sum + c[1], 0);
  data.from = data.first;
  data.to = data.last;
  data.strays = 0;
  if (data.first < BELIEVABLE && data.last > BELIEVABLE)
    data.from = Math.max(BELIEVABLE, (cells.find(c => c[0] > BELIEVABLE) || [BELIEVABLE])[0]);
  let low = null,
    high = null,
    seen = 0;
  for (const [ms, n] of cells) {
    if (seen <= total * 0.002 || ms < BELIEVABLE) low = ms;
    seen += n;
    if (high === null && seen >= total * 0.998) high = ms + data.density.width;
  }
  const times = rows.t.filter(ms => ms >= BELIEVABLE);
  if (low !== null && data.last - data.from > 3 * (high - low)) {
    data.from = Math.max(data.from, Math.min(low - (high - low) * 0.02, ...times.slice(0, 1)));
    data.to = Math.min(data.last, Math.max(high + (high - low) * 0.02, ...times.slice(-1)));
  }
  for (const [ms, n] of cells)
    if (ms + data.density.width < data.from || ms > data.to) data.strays += n;
  data.long = data.to - data.from > 300 * 86400e3;
}

/* The row of an ordinal, -1 when it is not on the timeline. Ordinals rise. */
function rowOf(ordinal) {
  let low = 0,
    high = rows.n - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (rows.ordinal[middle] === ordinal) return middle;
    if (rows.ordinal[middle] < ordinal) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

/* Ordinals (and sides) of a thing's refs. */
function refPairs(refs) {
  const pairs = [];
  for (let i = 0; i < refs.length; i += 2) pairs.push({ ordinal: refs[i], side: refs[i + 1] });
  return pairs;
}

function flagText(name) {
  return Object.hasOwn(TEXT, name) ? t(name) : name;
}

function flagNames(flags) {
  return data.flags.filter((name, bit) => name && flags & (1 << bit)).map(flagText);
}

/* The edges of a row that the page tells of: [{edge, side}]. */
function rowEdges(i) {
  const found = [],
    list = rows.edges[i];
  for (let k = 0; k < list.length; k += 2) {
    const edge = data.edgeByNumber.get(list[k]);
    if (edge && edge.told) found.push({ edge, side: list[k + 1] });
  }
  return found;
}

function hostKnown(edge, side) {
  return (edge.known & (side === "src" ? 1 : 2)) !== 0;
}

const PRIVATE =
  /^(10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd]|fe80|::1)/i;

/* The lane of an end of an edge: its host; "" for the Internet; else what the record calls it. */
function endName(edge, side) {
  const address = edge[side + "_addr"];
  return !hostKnown(edge, side) && address && !PRIVATE.test(address) ? "" : edge[side];
}

/* Hosts in the order of the story: as they were reached, then by first attack record. "" is
 * the outside world and comes first when anybody came from there. */
function storyHosts() {
  const order = [];
  const add = name => {
    if (!order.includes(name)) order.push(name);
  };
  if (data.hops.some(e => endName(e, "src") === "") || data.exfil.destination) add("");
  for (const e of data.hops) {
    add(endName(e, "src"));
    add(endName(e, "dst"));
  }
  for (const i of data.impact) add(i.host);
  if (rows)
    for (let i = 0; i < rows.n && order.length < 400; i++)
      if (rows.phase[i] || rows.severity[i] > 1) add(hosts.values[rows.host[i]]);
  return order;
}
