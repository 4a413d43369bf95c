/* SPDX-License-Identifier: Apache-2.0
 *
 * The attack timeline: a table of which only the rows in sight are in the page. Lines are day rows, quiet rows, rows, folded repeats and the opened record. */

const ROW = 26,
  SPARE = 12,
  FOLD_MIN = 3;
const table = { lines: [], tops: null, lanes: [], laneOf: new Map(), height: 0, detailHeight: 320 };

/* The same thing again: equal but for numbers. */
function repeatKey(i) {
  return (
    rows.host[i] +
    "|" +
    rows.kind[i] +
    "|" +
    rows.log[i] +
    "|" +
    rows.severity[i] +
    "|" +
    rows.message[i].slice(0, 160).replace(/[0-9a-f]*\d[0-9a-f]*/gi, "#")
  );
}

/* How many rows from shown[k] on are one repeat: within 10 minutes of one another, outside hops. */
function repeatLength(k) {
  const list = view.shown,
    key = repeatKey(list[k]);
  if (rowEdges(list[k]).length) return 1;
  let n = 1;
  while (
    k + n < list.length &&
    repeatKey(list[k + n]) === key &&
    !rowEdges(list[k + n]).length &&
    rows.t[list[k + n]] - rows.t[list[k + n - 1]] < 10 * MINUTE
  )
    n++;
  return n;
}

function buildLines() {
  const lines = [],
    list = view.shown;
  let day = null,
    last = NaN;
  for (let k = 0; k < list.length;) {
    const i = list[k],
      ms = rows.t[i],
      today = known(ms) ? dayNumber(ms) : null;
    if (ms - last > 6 * HOUR) lines.push({ type: "quiet", ms: ms - last });
    if (k === 0 || today !== day) lines.push({ type: "day", ms });
    day = today;
    const n = repeatLength(k),
      fold =
        n >= FOLD_MIN && !view.unfolded.has(i) && !(view.open >= i && view.open <= list[k + n - 1]);
    lines.push({ type: "row", i, n: fold ? n : 1, since: ms - last });
    if (view.open === i) lines.push({ type: "detail", i });
    if (n >= FOLD_MIN && !fold)
      for (let m = 1; m < n; m++) {
        lines.push({
          type: "row",
          i: list[k + m],
          n: 1,
          since: rows.t[list[k + m]] - rows.t[list[k + m - 1]],
        });
        if (view.open === list[k + m]) lines.push({ type: "detail", i: view.open });
      }
    k += fold || n >= FOLD_MIN ? n : 1;
    last = rows.t[list[k - 1]];
  }
  table.lines = lines;
  measureLines();
}

function measureLines() {
  const tops = new Float64Array(table.lines.length + 1);
  table.lines.forEach((l, k) => {
    tops[k + 1] = tops[k] + (l.type === "detail" ? table.detailHeight : ROW);
  });
  table.tops = tops;
  table.height = tops[table.lines.length];
}

function lineAt(y) {
  let low = 0,
    high = table.lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table.tops[middle + 1] <= y) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* The trail: one column a host, a dot where the record lies or an arrow for a hop into it. */
function trailHosts() {
  const all = storyHosts();
  table.lanes = all.slice(0, 12);
  table.laneOf = new Map(table.lanes.map((name, i) => [name, i]));
  document.documentElement.style.setProperty(
    "--trail",
    Math.max(2, table.lanes.length) * 13 + 8 + "px",
  );
}

function trailX(name) {
  const lane = table.laneOf.get(name);
  return lane === undefined ? null : lane * 13 + 8;
}

function trailPicture(i) {
  const picture = svg("svg", {
    class: "trail",
    width: table.lanes.length * 13 + 8,
    height: ROW,
    "aria-hidden": "true",
  });
  table.lanes.forEach((name, k) =>
    picture.append(
      line(k * 13 + 8.5, 0, k * 13 + 8.5, ROW, "lane" + (heldAt(name, rows.t[i]) ? " held" : "")),
    ),
  );
  const x = trailX(hosts.values[rows.host[i]]),
    cls = PHASES[rows.phase[i]] || "nophase";
  const hop = rowEdges(i).find(
    m => m.side === 2 && endName(m.edge, "dst") === hosts.values[rows.host[i]],
  );
  const from = hop ? trailX(endName(hop.edge, "src")) : null;
  if (x !== null && from !== null && from !== x) {
    const step = from < x ? -1 : 1;
    picture.append(
      line(from + 0.5, 13, x + step * 5, 13, "hop"),
      svg("circle", { class: "hopstart", cx: from + 0.5, cy: 13, r: 2.5 }),
      svg("path", { class: "move", d: `M${x + 0.5} 13l${step * 6}-3.5v7z` }),
    );
  } else if (x !== null) {
    picture.append(
      svg("circle", { class: cls, cx: x + 0.5, cy: 13, r: 1.5 + rows.severity[i] * 0.45 }),
    );
  }
  return picture;
}

const reachedAt = new Map();

function heldAt(name, ms) {
  if (!reachedAt.size)
    for (const e of data.hops) {
      const to = endName(e, "dst");
      if (to && !reachedAt.has(to)) reachedAt.set(to, e.start);
    }
  return reachedAt.has(name) && reachedAt.get(name) <= ms;
}

/* At most two flags, then a count. */
function rowFlags(i) {
  const found = rowEdges(i).map(({ edge, side }) =>
    el(
      "b",
      { class: "hopflag" },
      edge.hop
        ? t(side === 1 ? "hop_out" : side === 3 ? "hop_dc" : "hop_in", edge.hop)
        : t("moved"),
    ),
  );
  for (const name of flagNames(rows.flags[i])) found.push(name);
  const rest = found.length - 2;
  return found
    .slice(0, 2)
    .map((f, k) => [k ? ", " : "", f])
    .concat(rest > 0 ? " +" + rest : []);
}

function hostTint(name) {
  const lane = table.laneOf.get(name);
  return el("i", { class: "tint t" + (lane === undefined || lane > 9 ? 9 : lane) });
}

function cellOf(cls, ...content) {
  return el("div", { class: "cell " + cls, role: "gridcell" }, content);
}

function rowElement(l, k) {
  const i = l.i,
    host = hosts.values[rows.host[i]],
    severity = rows.severity[i],
    tag = tagOf(i);
  const node = el(
    "div",
    {
      class:
        "line row" +
        (severity === 4 ? " critical" : "") +
        (i === view.selected ? " selected" : "") +
        (i === view.open ? " opened" : ""),
      role: "row",
      "aria-rowindex": k + 1,
      "data-row": i,
      tabindex: i === view.selected ? 0 : -1,
      "aria-label": `${rowClock(i, 3)}, ${t("s" + severity)}, ${host}, ${rows.message[i].slice(0, 200)}`,
    },
    el("div", { class: "cell trailcell" }, trailPicture(i)),
    cellOf("mono time", rowClock(i, 3)),
    cellOf("since", l.since > 0 ? sinceText(l.since) : ""),
    cellOf("sev", severityBars(severity)),
    cellOf("host", hostTint(host), raw(host)),
    cellOf("account", raw(accountNames.values[rows.account[i]])),
    cellOf(
      "what",
      l.n > 1 && button("×" + number(l.n), { class: "repeat", "data-unfold": i }),
      raw(rows.message[i].slice(0, 400)),
    ),
    cellOf("mono technique", techniques.values[rows.technique[i]]),
    cellOf("flags", rowFlags(i)),
    cellOf("source", raw(logs.values[rows.log[i]])),
    cellOf("tagcell", tag ? tagMark(tag) : ""),
  );
  node.querySelector(".what").title = shown(rows.message[i].slice(0, 1000));
  return node;
}

function lineElement(l, k) {
  if (l.type === "row") return rowElement(l, k);
  if (l.type === "detail") return detailElement(l.i);
  const text =
    l.type === "day"
      ? known(l.ms)
        ? longDay(l.ms)
        : t("no_time")
      : t("quiet_row", duration(l.ms));
  return el(
    "div",
    { class: "line " + l.type, role: "row", "aria-rowindex": k + 1 },
    el("div", { class: "cell", role: "gridcell" }, text),
  );
}

/* Puts the lines in sight into the page. */
function drawLines() {
  const box = $("lines"),
    pane = $("pane");
  if (!box) return;
  const first = Math.max(0, lineAt(pane.scrollTop) - SPARE);
  const last = Math.min(table.lines.length, lineAt(pane.scrollTop + pane.clientHeight) + SPARE);
  const focused = document.activeElement && document.activeElement.matches("#lines .row");
  const nodes = [];
  for (let k = first; k < last; k++) {
    const node = lineElement(table.lines[k], k);
    node.style.top = table.tops[k] + "px";
    nodes.push(node);
  }
  box.replaceChildren(...nodes);
  box.style.height = table.height + "px";
  fitDetail();
  if (focused) focusRow();
  drawMap();
}

/* The height of the opened record is known once it stands in the page. */
function fitDetail() {
  const detail = document.querySelector("#lines .detail");
  if (!detail) return;
  const height = Math.ceil(detail.offsetHeight);
  if (height === table.detailHeight || !height) return;
  table.detailHeight = height;
  measureLines();
  $("lines").style.height = table.height + "px";
  const at = table.lines.findIndex(l => l.type === "detail");
  for (const node of $("lines").children) {
    const k = Number(node.getAttribute("aria-rowindex")) - 1;
    if (k > at) node.style.top = table.tops[k] + "px";
  }
}

function focusRow() {
  const node = document.querySelector(`#lines .row[data-row="${view.selected}"]`);
  if (node) node.focus({ preventScroll: true });
}

/* High and critical rows and the place of the pane, at the right edge. */
function drawMap() {
  const pane = $("pane"),
    height = pane.clientHeight,
    map = $("map"),
    total = Math.max(table.height, height),
    marks = new Set();
  const picture = svg(
    "svg",
    { width: 10, height, "aria-hidden": "true" },
    rect(
      0,
      (height * pane.scrollTop) / total,
      10,
      Math.max(6, (height * height) / total),
      "viewport",
    ),
  );
  table.lines.forEach((l, k) => {
    if (l.type !== "row" || rows.severity[l.i] < 3) return;
    const y = Math.round((height * table.tops[k]) / total),
      key = y + ":" + rows.phase[l.i];
    if (marks.has(key)) return;
    marks.add(key);
    picture.append(
      rect(
        rows.severity[l.i] === 4 ? 1 : 4,
        y,
        rows.severity[l.i] === 4 ? 8 : 5,
        2,
        PHASES[rows.phase[l.i]] || "nophase",
      ),
    );
  });
  map.replaceChildren(picture);
}

function scrollToRow(i) {
  const k = table.lines.findIndex(
    l =>
      l.type === "row" &&
      i >= l.i &&
      (l.i === i ||
        (l.n > 1 &&
          view.shown.indexOf(i) - view.shown.indexOf(l.i) < l.n &&
          view.shown.includes(i))),
  );
  if (k < 0) return;
  const pane = $("pane"),
    top = table.tops[k];
  if (top < pane.scrollTop + ROW) pane.scrollTop = Math.max(0, top - 3 * ROW);
  else if (top + ROW > pane.scrollTop + pane.clientHeight)
    pane.scrollTop = top - pane.clientHeight + 4 * ROW;
}

function selectRow(i) {
  view.selected = i;
  scrollToRow(i);
  drawLines();
  focusRow();
  drawNotes();
}

/* Opens a row wherever it is, clearing the filter when it hides the row. */
function openRow(i) {
  if (!view.shown.includes(i)) clearFilters();
  view.open = i;
  table.detailHeight = 320;
  buildLines();
  const line = table.lines.findIndex(
    l => l.type === "detail",
  ); /* the record is to be seen with its row */
  $("lines").style.height = table.height + "px";
  $("pane").scrollTop = Math.max(0, table.tops[line] - 4 * ROW);
  selectRow(i);
  const box = $("timeline").getBoundingClientRect();
  if (box.top > innerHeight - 200 || box.bottom < 200) $("timeline").scrollIntoView();
}

function closeRow() {
  view.open = -1;
  buildLines();
  drawLines();
  focusRow();
}

function toggleRow(i) {
  if (view.open === i) closeRow();
  else openRow(i);
}

/* Moves to the next row (by = 1 or -1) for which test(i) holds. */
function stepRow(by, test) {
  const lines = table.lines;
  let k = lines.findIndex(l => l.type === "row" && l.i === view.selected);
  if (k < 0) k = by > 0 ? -1 : lines.length;
  for (k += by; k >= 0 && k < lines.length; k += by)
    if (lines[k].type === "row" && (!test || test(lines[k].i))) return selectRow(lines[k].i);
}

function onLineClick(event) {
  const repeat = event.target.closest("[data-unfold]");
  if (repeat) {
    view.unfolded.add(Number(repeat.dataset.unfold));
    buildLines();
    return drawLines();
  }
  const node = event.target.closest(".row");
  if (!node || String(getSelection())) return;
  view.selected = Number(node.dataset.row);
  toggleRow(view.selected);
}

function trailHead() {
  const picture = svg("svg", {
    class: "trailhead",
    width: table.lanes.length * 13 + 60,
    height: 58,
    "aria-hidden": "true",
  });
  table.lanes.forEach((name, k) =>
    picture.append(
      svg(
        "text",
        { class: "axis", transform: `translate(${k * 13 + 12} 54) rotate(-60)` },
        clip(name || t("internet"), 9),
      ),
    ),
  );
  return picture;
}

function tableHead() {
  const columns = [
    ["trailcell", null],
    ["time", t("c_time") + " " + zoneName()],
    ["since", t("c_since")],
    ["sev", ""],
    ["host", t("host")],
    ["account", t("account")],
    ["what", t("c_what")],
    ["technique", t("technique")],
    ["flags", t("c_flags")],
    ["source", t("log")],
    ["tagcell", ""],
  ];
  return el(
    "div",
    { class: "line head", role: "row" },
    columns.map(([cls, text]) =>
      el("div", { class: "cell " + cls, role: "columnheader" }, text === null ? trailHead() : text),
    ),
  );
}

/* The frame of the section; its rows follow in drawTable. */
function drawTimeline() {
  heading(
    "timeline",
    t("timeline"),
    rows.n ? t("lines_n", number(rows.n), number(data.events)) : "",
    el("span", { id: "count", "aria-live": "polite" }),
  );
  if (!rows.n) {
    clearInto(
      body("timeline"),
      el(
        "p",
        { class: "quietnote" },
        t("no_timeline"),
        " ",
        t("all_records_in", number(data.events)),
      ),
    );
    return;
  }
  trailHosts();
  const pane = el(
    "div",
    { id: "pane", scroll: drawLines },
    el("div", { id: "lines", role: "rowgroup", click: onLineClick }),
  );
  clearInto(
    body("timeline"),
    el("div", { class: "tools screen" }, searchBox(), regexSwitch(), FACETS.map(facetButton)),
    el("div", { id: "chips", class: "screen" }),
    el(
      "div",
      { class: "withnotes" },
      el(
        "div",
        { class: "grid", role: "grid", id: "grid", "aria-label": t("timeline") },
        tableHead(),
        el("div", { class: "paneframe" }, pane, el("div", { id: "map" })),
        el("div", { id: "printed" }),
      ),
      el("aside", { id: "notes", class: "screen" }),
    ),
    el("p", { class: "quietnote" }, t("all_records_in", number(data.events))),
  );
}

function drawTable() {
  if (!rows.n || !$("lines")) return;
  buildLines();
  $("grid").setAttribute("aria-rowcount", String(table.lines.length));
  clearInto($("count"), t("lines_of", number(view.shown.length), number(rows.n)));
  $("pane").style.height =
    Math.min(
      Math.max(table.height + 4, 6 * ROW),
      Math.max(420, Math.min(innerHeight - 180, 1100)),
    ) + "px";
  drawLines();
  if (!view.shown.length) $("lines").append(el("p", { class: "quietnote" }, t("no_rows")));
  drawChips();
}

/* Paper shows all rows; past 400 only the high and critical ones, and says so. */
function printRows() {
  const all = view.shown,
    few = all.length > 400 ? all.filter(i => rows.severity[i] >= 3) : all;
  const keep = { shown: view.shown, open: view.open };
  view.shown = few;
  view.open = -1;
  buildLines();
  clearInto(
    $("printed"),
    few !== all && el("p", null, t("printed_of", number(few.length), number(all.length))),
    table.lines.slice(0, 4000).map((l, k) => lineElement(l, k)),
  );
  Object.assign(view, keep);
  buildLines();
}
