/* SPDX-License-Identifier: Apache-2.0
 *
 * Lateral movement: the host graph, layered by the shortest time-respecting distance from where
 * the intruder came in (no force: the same case gives the same picture), and the hop list. */

const BOX = { width: 128, height: 46 };

const HOPS_LISTED = 600;
const HOSTS_DRAWN = 30; /* in the graph; the list has all hops */

/* Layers: earliest arrival decides. A host can be left only after it was reached. */
function graphLayers() {
  const layer = new Map(),
    pairs = new Map(),
    order = [],
    all = new Set();
  const see = (name, depth) => {
    if (layer.has(name)) return;
    layer.set(name, depth);
    order.push(name);
  };
  for (const e of data.hops) {
    const from = endName(e, "src"),
      to = endName(e, "dst");
    all.add(from).add(to);
    if (order.length >= HOSTS_DRAWN && !(layer.has(from) && layer.has(to))) continue;
    see(from, 0);
    see(to, layer.get(from) + 1);
    const key = from + "\u0000" + to;
    if (!pairs.has(key)) pairs.set(key, { from, to, edges: [] });
    pairs.get(key).edges.push(e);
  }
  return { layer, order, pairs: [...pairs.values()], more: all.size - order.length };
}

/* Places: columns by layer; inside a column by the mean height of those it was reached from. */
function graphPlaces(layers, width) {
  const columns = [];
  for (const name of layers.order) (columns[layers.layer.get(name)] ||= []).push(name);
  const tallest = Math.max(...columns.map(c => (c ? c.length : 0)));
  const height = Math.max(260, tallest * (tallest > 6 ? 60 : 92)),
    step = columns.length > 1 ? (width - BOX.width - 4) / (columns.length - 1) : 0;
  const places = new Map();
  columns.forEach((names, depth) => {
    const mean = name => {
      const from = layers.pairs
        .filter(p => p.to === name && places.has(p.from))
        .map(p => places.get(p.from).y);
      return from.length ? from.reduce((a, b) => a + b) / from.length : height / 2;
    };
    const ordered = names
      .map((name, i) => ({ name, i, mean: mean(name) }))
      .sort((a, b) => a.mean - b.mean || a.i - b.i);
    const room = height / ordered.length,
      sway = ordered.length === 1 && depth % 2 && columns.length > 3 ? -34 : 0;
    ordered.forEach(({ name }, i) =>
      places.set(name, { x: 2 + step * depth, y: room * (i + 0.5) + sway, depth }),
    );
  });
  return { places, height };
}

function pairLabel(pair) {
  const numbers = pair.edges.map(e => e.hop).filter(n => n && n <= view.hop);
  const methods = [...new Set(pair.edges.map(e => methodText(e.method)))];
  const said =
    numbers.length > 4
      ? numbers.slice(0, 3).join("·") + "…" + numbers[numbers.length - 1]
      : numbers.join("·");
  return { numbers: said, methods: methods.slice(0, 3).join(", ") };
}

/* A curve from box to box: out at the right and in at the left when it goes forward, over the
 * top or bottom when both stand in one column, in a bow below when it goes back. */
function pairCurve(a, b, shift) {
  const w = BOX.width,
    h = BOX.height / 2;
  if (b.depth > a.depth) {
    const x1 = a.x + w,
      y1 = a.y + shift,
      x2 = b.x - 1,
      y2 = b.y + shift * 0.6,
      bend = Math.max(24, (x2 - x1) * 0.45);
    return { x1, y1, x2, y2, c1: [x1 + bend, y1], c2: [x2 - bend, y2] };
  }
  if (b.depth === a.depth) {
    const down = b.y > a.y,
      x1 = a.x + w * 0.5 + shift,
      y1 = a.y + (down ? h : -h),
      y2 = b.y + (down ? -h : h);
    return {
      x1,
      y1,
      x2: x1,
      y2,
      c1: [x1 + 16, (y1 * 2 + y2) / 3],
      c2: [x1 + 16, (y1 + y2 * 2) / 3],
    };
  }
  const x1 = a.x + w * 0.35,
    y1 = a.y + h,
    x2 = b.x + w * 0.65,
    y2 = b.y + h;
  const low = Math.max(y1, y2) + 40 + 10 * Math.abs(shift);
  return { x1, y1, x2, y2, c1: [x1 - 30, low], c2: [x2 + 30, low] };
}

function curvePoint(c, u) {
  const v = 1 - u,
    mix = (p, q, r, s) => v * v * v * p + 3 * v * v * u * q + 3 * v * u * u * r + u * u * u * s;
  return [mix(c.x1, c.c1[0], c.c2[0], c.x2), mix(c.y1, c.c1[1], c.c2[1], c.y2)];
}

function arrowHead(c, cls) {
  const [px, py] = curvePoint(c, 0.96),
    angle = (Math.atan2(c.y2 - py, c.x2 - px) * 180) / Math.PI;
  return svg("path", {
    class: cls,
    d: "M0 0l-8-4v8z",
    transform: `translate(${c.x2} ${c.y2}) rotate(${angle.toFixed(1)})`,
  });
}

function drawPair(picture, labels, pair, places, taken, shift) {
  const done = pair.edges.some(e => e.start <= hopLimit()),
    path = pair.edges.some(e => data.chain.includes(e.n));
  const c = pairCurve(places.get(pair.from), places.get(pair.to), shift),
    one = pair.edges.every(e => e.ends !== "both");
  const state = (done ? (path ? " path" : "") : " later") + (one ? " oneend" : "");
  const group = svg("g", { class: "pair" + state, click: () => selectHop(pair.edges[0]) });
  group.append(
    svg("path", { class: "line", d: `M${c.x1} ${c.y1}C${c.c1} ${c.c2} ${c.x2} ${c.y2}` }),
    arrowHead(c, "head"),
  );
  picture.append(group);
  const said = pairLabel(pair);
  const spot =
    [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73]
      .map(u => curvePoint(c, u))
      .find(([x, y]) => !taken.some(b => Math.abs(b[0] - x) < 70 && Math.abs(b[1] - y) < 15)) ||
    curvePoint(c, 0.5);
  taken.push(spot);
  labels.append(
    svg(
      "text",
      {
        class: "pairlabel halo" + (done ? "" : " later"),
        x: spot[0],
        y: spot[1] + 4,
        "text-anchor": "middle",
        click: () => selectHop(pair.edges[0]),
      },
      svg("tspan", { class: "no" }, said.numbers),
      " ",
      svg("tspan", null, said.methods),
    ),
  );
}

function drawBox(picture, name, place) {
  const host = data.hostByName.get(name),
    outcome = hostOutcome(name)[0] || { phase: 0, text: "" };
  const arrived = data.hops.find(e => endName(e, "dst") === name),
    later = arrived && arrived.start > hopLimit();
  const missing = !host || !host.collected,
    x = place.x,
    y = place.y - BOX.height / 2;
  const text = later
    ? t("not_reached")
    : name || data.exfil.destination === ""
      ? outcome.text
      : (data.hops.find(e => endName(e, "src") === "") || { src: "" }).src;
  const group = svg(
    "g",
    { class: "box" + (missing ? " missing" : ""), click: () => filterHost(name) },
    svg("title", null, name || t("internet")),
    svg("rect", { class: "frame", x, y, width: BOX.width, height: BOX.height }),
  );
  if (outcome.phase > 0 && !later && name)
    group.append(rect(x, y, 4, BOX.height, PHASES[outcome.phase]));
  group.append(
    label(x + 12, y + 19, clip(name || t("internet"), 14), "strong"),
    label(x + 12, y + 35, clip(text, 18), "axis"),
  );
  picture.append(group);
}

function clip(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "…" : text;
}

function hopLimit() {
  if (view.hop === 0) return -Infinity;
  const hop = data.hops[Math.min(data.hops.length, view.hop) - 1];
  return hop ? hop.start : Infinity;
}

function filterHost(name) {
  const value = hosts.index.get(name);
  if (value !== undefined) toggleFacet("host", value);
}

function drawGraph(width) {
  const layers = graphLayers(),
    { places, height } = graphPlaces(layers, width),
    taken = [];
  const extra = layers.pairs.some(p => places.get(p.to).depth < places.get(p.from).depth) ? 40 : 0;
  const picture = svg(
    "svg",
    { class: "graph", width, height: height + extra, role: "img" },
    svg("title", null, t("graph_title")),
  );
  const labels = svg("g"),
    outOf = new Map();
  for (const pair of layers.pairs) outOf.set(pair.from, (outOf.get(pair.from) || 0) + 1);
  const seen = new Map();
  for (const pair of layers.pairs) {
    const k = seen.get(pair.from) || 0,
      n = outOf.get(pair.from);
    seen.set(pair.from, k + 1);
    drawPair(
      picture,
      labels,
      pair,
      places,
      taken,
      n > 1 ? (k - (n - 1) / 2) * Math.min(9, 34 / n) : 0,
    );
  }
  for (const [name, place] of places) drawBox(picture, name, place);
  picture.append(labels);
  return [
    picture,
    layers.more > 0 && el("p", { class: "quietnote" }, t("more_hosts", number(layers.more))),
  ];
}

function hopSides(edge) {
  const groups = [
    [1, "source_side", edge.src],
    [2, "destination_side", edge.dst],
    [3, "dc_side", ""],
  ];
  return groups.map(([side, name, host]) => {
    const pairs = refPairs(edge.refs).filter(p => p.side === side);
    if (!pairs.length) return null;
    return [
      el("h4", null, t(name), host && raw(" " + host)),
      el(
        "ul",
        { class: "records" },
        pairs.slice(0, 12).map(p => refItem(p.ordinal)),
      ),
    ];
  });
}

function refItem(ordinal) {
  const i = rowOf(ordinal);
  if (i < 0) return el("li", { class: "axis" }, t("not_in_page"));
  return el(
    "li",
    null,
    button(rowClock(i, 3), { class: "link mono" }, () => openRow(i)),
    " ",
    raw(logs.values[rows.log[i]], "log"),
    " ",
    raw(rows.message[i]),
  );
}

/* Why the edge is believed, from which sides it was seen, and what is missing. */
function hopReason(edge) {
  return el(
    "div",
    { class: "reason" },
    hopSides(edge),
    el("h4", null, t("why", edge.confidence.toFixed(2))),
    edge.reasons.length
      ? el(
          "ul",
          null,
          edge.reasons.map(r => el("li", { translate: "no" }, r)),
        )
      : el("p", null, endsText(edge.ends)),
    edge.missing.length > 0 && el("p", null, t("would_hold", edge.missing.join(", "))),
    edge.skew !== null && Math.abs(edge.skew) >= 1 && el("p", null, t("clocks", edge.skew)),
  );
}

function hopRow(edge) {
  const later = edge.start > hopLimit(),
    path = data.chain.includes(edge.n);
  const place = side =>
    hostKnown(edge, side) || edge[side + "_addr"] === undefined
      ? edge[side]
      : edge[side] || edge[side + "_addr"];
  const row = el(
    "tr",
    {
      class: (path ? "path" : "") + (later ? " later" : "") + (edge.told ? "" : " benign"),
      "data-edge": edge.n,
      tabindex: "0",
      click: () => selectHop(edge),
      keydown: e => {
        if (e.key === "Enter") {
          e.stopPropagation();
          selectHop(edge);
        }
      },
    },
    el("td", { class: "no" }, edge.hop || ""),
    el("td", { class: "mono" }, clockText(edge.start)),
    el(
      "td",
      { class: "fromto" },
      raw(place("src")),
      el("span", { class: "arrowtext" }, " → "),
      raw(place("dst")),
    ),
    el("td", { class: "who" }, raw(edge.account)),
    el("td", null, methodText(edge.method)),
    el("td", null, endsGlyph(edge.ends)),
    el("td", { class: "num" }, edge.confidence.toFixed(2)),
  );
  return row;
}

function hopTable() {
  const table = el(
    "table",
    { class: "hops" },
    el(
      "thead",
      null,
      el(
        "tr",
        null,
        el("th", null, ""),
        ["c_time", "c_from_to", "c_account", "c_method", "c_seen", "c_conf"].map(c =>
          el("th", { scope: "col" }, c === "c_time" ? t(c) + " " + zoneName() : t(c)),
        ),
      ),
    ),
  );
  const list = view.benign
    ? data.edges.slice().sort((a, b) => a.start - b.start || a.n - b.n)
    : data.hops;
  const inner = el("tbody");
  let day = null;
  for (const edge of list.slice(0, HOPS_LISTED)) {
    if (dayNumber(edge.start) !== day)
      inner.append(el("tr", { class: "day" }, el("td", { colspan: 7 }, longDay(edge.start))));
    day = dayNumber(edge.start);
    inner.append(hopRow(edge));
    if (view.hopOpen === edge.n)
      inner.append(
        el(
          "tr",
          { class: "hopopen" },
          el(
            "td",
            { colspan: 7 },
            hopReason(edge),
            button(t("records_in_table"), { class: "small" }, () => showEdge(edge)),
          ),
        ),
      );
  }
  table.append(inner);
  return [
    table,
    list.length > HOPS_LISTED &&
      el("p", { class: "quietnote" }, "+" + number(list.length - HOPS_LISTED)),
  ];
}

function selectHop(edge) {
  view.hopOpen = view.hopOpen === edge.n ? undefined : edge.n;
  drawMovement();
  const row = document.querySelector(`#movement tr[data-edge="${edge.n}"]`);
  if (row && view.hopOpen === edge.n) {
    row.scrollIntoView({ block: "nearest" });
    row.focus({ preventScroll: true });
  }
}

/* j and k among hops. */
function stepHop(by) {
  if (!data.hops.length) return;
  const at = data.hops.findIndex(e => e.n === view.hopOpen);
  selectHop(data.hops[Math.min(data.hops.length - 1, Math.max(0, at < 0 ? 0 : at + by))]);
}

function replayControls() {
  const last = data.hops.length,
    at = Math.min(view.hop, last);
  const slider = el("input", {
    type: "range",
    min: 0,
    max: last,
    value: at,
    "aria-label": t("replay"),
    input: () => {
      view.hop = Number(slider.value) >= last ? Infinity : Number(slider.value);
      drawMovement();
    },
  });
  return el(
    "div",
    { class: "replay screen" },
    button("▶ " + t("replay"), { id: "replay" }, replay),
    slider,
    el("span", { class: "axis" }, t("until_hop", at, last)),
  );
}

let replayTimer = 0;

function replay() {
  clearInterval(replayTimer);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.hop = view.hop === Infinity ? 0 : view.hop;
  const step = () => {
    view.hop++;
    if (view.hop >= data.hops.length) {
      view.hop = Infinity;
      clearInterval(replayTimer);
    }
    drawMovement();
  };
  step();
  if (!still) replayTimer = setInterval(step, 900);
}

function movementClaim() {
  const steps = data.hops.length,
    reached = new Set(data.hops.map(e => e.dst)).size;
  if (!steps) return data.benign ? t("no_hops", number(data.benign)) : t("no_moves");
  return steps === 1 ? t("one_hop") : t("hops_head", steps, reached);
}

function benignNote() {
  if (!data.benign) return null;
  return el(
    "p",
    { class: "quietnote" },
    t("benign_n", number(data.benign)),
    " ",
    button(t(view.benign ? "hide" : "show"), { class: "link screen" }, () => {
      view.benign = !view.benign;
      drawMovement();
    }),
  );
}

function drawMovement() {
  const list = el(
    "div",
    { class: "hoplist" },
    data.hops.length || view.benign ? hopTable() : null,
    benignNote(),
  );
  heading(
    "movement",
    t("movement"),
    movementClaim(),
    data.hops.length > 0 && [
      el("span", { class: "key" }, endsGlyph("both"), t("both_ends")),
      el("span", { class: "key" }, endsGlyph("destination"), t("destination_only")),
      legendItem("pathline", t("on_path")),
    ],
  );
  const frame = clearInto(body("movement"), el("div", { class: "split" }));
  const split = frame.firstChild,
    left = el("div", { class: "graphside" });
  split.append(left, list);
  if (!data.hops.length) return left.remove();
  fill(left, null, [drawGraph(roomOf(left, 560)), replayControls()]);
  list.style.maxHeight = Math.max(640, left.scrollHeight) + "px";
}
