/* SPDX-License-Identifier: Apache-2.0
 *
 * The overview: the whole evidence period with the brush, the attack by phase, one lane a host
 * with its states, sessions, records and hops. Drawn as SVG from the rows, hops and sessions. */

const LABELS = 152,
  OUTCOMES = 160,
  LANES_MAX = 14;
let laneHeight = 36; /* px; less on paper */

function line(x1, y1, x2, y2, cls) {
  return svg("line", { x1, y1, x2, y2, class: cls });
}

function label(x, y, text, cls, anchor) {
  return svg("text", { x, y, class: cls, "text-anchor": anchor || "start" }, text);
}

function rect(x, y, width, height, cls) {
  return svg("rect", { x, y, width: Math.max(0, width), height: Math.max(0, height), class: cls });
}

/* Hatch means "no log"; the pattern is in each picture that uses it. */
function hatchPattern(id) {
  return svg(
    "defs",
    null,
    svg(
      "pattern",
      { id, width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("line", { x1: 0, y1: 0, x2: 0, y2: 7, class: "hatchline" }),
    ),
  );
}

function timesInView() {
  const times = [];
  for (let i = 0; i < rows.n; i++) if (known(rows.t[i]) && inRange(i)) times.push(rows.t[i]);
  return times;
}

/* Hosts that get a lane; the rest is counted. */
function laneHosts() {
  const all = storyHosts();
  return { lanes: all.slice(0, LANES_MAX), more: Math.max(0, all.length - LANES_MAX) };
}

function binned(times, from, to, count) {
  const bins = new Uint32Array(count),
    width = (to - from) / count || 1;
  for (const ms of times)
    if (ms >= from && ms <= to) bins[Math.min(count - 1, Math.floor((ms - from) / width))]++;
  return bins;
}

/* Calls see(ms, count) for each stretch of records of a host ("" = no known host). */
function eachDensity(name, see) {
  const cells = data.densityByHost.get(name) || NONE;
  for (let k = 1; k < cells.length; k += 2) see(cells[k] * data.density.width, cells[k + 1]);
}

/* (a) The whole evidence period: all records in grey, the attack records in ink on top. */
function drawPeriod(picture, width) {
  const from = data.from,
    to = data.to,
    left = LABELS,
    right = width - OUTCOMES;
  const at = ms => left + ((right - left) * (ms - from)) / (to - from || 1);
  const count = Math.max(1, Math.floor((right - left) / 3)),
    all = new Float64Array(count);
  for (const name of data.densityByHost.keys())
    eachDensity(name, (ms, n) => {
      if (ms + data.density.width < from || ms > to) return;
      const a = Math.max(0, Math.floor((at(ms) - left) / 3)),
        b = Math.min(count - 1, Math.floor((at(ms + data.density.width) - left) / 3));
      for (let i = a; i <= b; i++) all[i] += n / (b - a + 1);
    });
  const times = Array.from(rows.t).filter(known),
    attack = binned(times, from, to, count);
  const high = Math.log1p(Math.max(1, ...all, ...attack)),
    tall = n => (n ? 2 + (30 * Math.log1p(n)) / high : 0);
  picture.append(label(0, 14, t("all_records"), "strong"), label(0, 29, t("and_attack"), "axis"));
  for (let i = 0; i < count; i++) {
    const x = left + i * 3;
    if (all[i]) picture.append(rect(x, 38 - tall(all[i]), 2.5, tall(all[i]), "density"));
    if (attack[i]) picture.append(rect(x, 38 - tall(attack[i]), 2.5, tall(attack[i]), "mark"));
  }
  picture.append(line(left, 38.5, right, 38.5, "axisline"));
  for (const tick of ticks(from, to, right - left, 130))
    picture.append(
      line(at(tick.ms), 39, at(tick.ms), 42, "axisline"),
      label(at(tick.ms) + 2, 52, tick.label, "axis"),
    );
  const range = view.range || [times[0], times[times.length - 1]];
  if (times.length || view.range)
    picture.append(
      rect(at(range[0]) - 1, 2, at(range[1]) - at(range[0]) + 2, 36, "brush"),
      line(at(range[0]) - 1, 2, at(range[0]) - 1, 38, "handle"),
      line(at(range[1]) + 1, 2, at(range[1]) + 1, 38, "handle"),
    );
  return { left, right, back: px => from + ((to - from) * (px - left)) / (right - left) };
}

function drawSpanHeads(picture, scale, y, bottom) {
  scale.spans.forEach((s, i) => {
    const width = s.right - s.left,
      next = scale.spans[i + 1];
    const head = svg(
      "text",
      { x: s.left, y: y - 6 },
      svg("tspan", { class: "strong" }, longDay(s.from)),
      width > 260 &&
        svg(
          "tspan",
          { class: "axis", dx: 8 },
          `${hourText(s.from)} – ${dayNumber(s.from) === dayNumber(s.to) ? "" : dayText(s.to) + " "}${hourText(s.to)}`,
        ),
      width > 200 && svg("tspan", { class: "axis", dx: 8 }, duration(s.to - s.from)),
    );
    picture.append(head, line(s.left, y, s.right, y, "rule"));
    for (const tick of ticks(s.from, s.to, width, 74)) {
      const x = scale.at(tick.ms);
      picture.append(line(x, y + 18, x, bottom, "grid"));
      if (x > s.left + 14 && x < s.right - 14)
        picture.append(label(x, y + 14, tick.label, "axis", "middle"));
    }
    if (next)
      picture.append(
        rect(s.right, y + 18, BREAK, bottom - y - 18, "fold"),
        line(s.right + 0.5, y + 18, s.right + 0.5, bottom, "dotted"),
        line(next.left - 0.5, y + 18, next.left - 0.5, bottom, "dotted"),
        svg(
          "text",
          {
            class: "axis",
            "text-anchor": "middle",
            transform: `translate(${s.right + BREAK / 2 + 4} ${(y + bottom) / 2 + 60}) rotate(-90)`,
          },
          t("quiet", duration(next.from - s.to)),
        ),
      );
  });
}

/* (b) One small histogram a phase: legend, count and filter at once. */
function drawPhases(picture, scale, top) {
  const phases = [1, 2, 3, 4, 5].map(() => []);
  for (let i = 0; i < rows.n; i++)
    if (rows.phase[i] && inRange(i) && known(rows.t[i])) phases[rows.phase[i] - 1].push(rows.t[i]);
  const high = Math.log1p(Math.max(1, ...phases.map(p => p.length)) / 4);
  phases.forEach((times, k) => {
    const base = top + 18 * (k + 1) - 1,
      chosen = view.facets.phase,
      cls = PHASES[k + 1];
    const group = svg("g", {
      class: "phaserow" + (chosen && chosen.size && !chosen.has(k + 1) ? " dim" : ""),
      click: () => toggleFacet("phase", k + 1),
    });
    group.append(
      rect(0, base - 16, LABELS - 4, 17, "hit"),
      rect(0, base - 11, 10, 10, cls),
      label(16, base - 2, phaseName(k + 1), "name"),
      label(LABELS - 14, base - 2, number(times.length), "axis", "end"),
    );
    for (const s of scale.spans) {
      const bins = binned(times, s.from, s.to, Math.max(1, Math.floor((s.right - s.left) / 7)));
      const width = (s.right - s.left) / bins.length;
      group.append(line(s.left, base + 0.5, s.right, base + 0.5, "grid"));
      bins.forEach((n, b) => {
        const height = n ? Math.min(16, 3 + (12 * Math.log1p(n)) / high) : 0;
        if (n) group.append(rect(s.left + b * width, base - height, width - 1, height, cls));
      });
    }
    picture.append(group);
  });
}

/* When files of a host began to be encrypted, by host. */
function encryptedHosts() {
  const since = new Map();
  for (const f of data.findings)
    if (f.techniques.includes("T1486"))
      for (const h of f.hosts) if (!(since.get(h) <= f.start)) since.set(h, f.start);
  return since;
}

/* Where they came in: what the first answer says, else the first hop from outside. */
function entryHost() {
  const answer = data.answers[0],
    first = data.hops[0];
  if (!answerUnknown(answer) && answer.hosts.length) return answer.hosts[0];
  return first && endName(first, "src") === "" ? first.dst : null;
}

/* What became of a host: [{phase, text}]. */
function hostOutcome(name) {
  const found = [],
    host = data.hostByName.get(name),
    encrypted = encryptedHosts();
  const hop = data.hops.find(e => endName(e, "dst") === name);
  const impact = data.impact.find(i => i.host === name);
  if (!name)
    return data.exfil.destination
      ? [{ phase: 4, text: data.exfil.destination }]
      : data.hops
          .filter(e => endName(e, "src") === "")
          .slice(0, 1)
          .map(e => ({ phase: 0, text: e.src }));
  if (name === entryHost())
    found.push({
      phase: 1,
      text:
        t("entry_point") +
        (hop || known(data.answers[0].time)
          ? " " + hourText(known(data.answers[0].time) ? data.answers[0].time : hop.start)
          : ""),
    });
  if (data.exfil.client === name && data.exfil.high) found.push({ phase: 4, text: t("data_left") });
  const damage = encrypted.has(name) ? encrypted.get(name) : impact && impact.first;
  if (impact || encrypted.has(name))
    found.push({
      phase: 5,
      text:
        t(encrypted.has(name) ? "encrypted" : "damaged_host") +
        (known(damage) ? " " + hourText(damage) : ""),
    });
  if (!found.length && hop)
    found.push({ phase: 3, text: t("reached") + " " + hourText(hop.start) });
  if (!host || !host.collected) found.push({ phase: -1, text: t("not_collected") });
  if (!found.length) found.push({ phase: 0, text: t("seen") });
  return found;
}

function drawOutcome(picture, name, x, y) {
  const list = hostOutcome(name).slice(0, 2);
  list.forEach((o, i) => {
    const at = y + (list.length > 1 ? i * 14 - 7 : 0);
    if (o.phase) picture.append(rect(x, at - 5, 10, 10, o.phase < 0 ? "hatch" : PHASES[o.phase]));
    picture.append(label(x + (o.phase ? 16 : 0), at + 4, o.text, o.phase > 0 ? "name" : "axis"));
  });
}

/* Draws from `from` to `to` on every span that it touches. */
function spread(picture, scale, from, to, y, height, cls) {
  for (const s of scale.spans) {
    if (to < s.from || from > s.to) continue;
    const a = scale.at(Math.max(from, s.from)),
      b = scale.at(Math.min(to, s.to));
    picture.append(rect(a, y - height / 2, Math.max(1.5, b - a), height, cls));
  }
}

/* Grey at the foot of a lane: how much the host wrote at all. */
function drawAlive(picture, scale, name, base) {
  const width = data.density ? data.density.width : 0;
  for (const s of scale.spans) {
    const bins = new Float64Array(Math.max(1, Math.floor((s.right - s.left) / 4))),
      step = (s.to - s.from) / bins.length;
    eachDensity(name, (ms, n) => {
      const a = Math.max(0, Math.floor((ms - s.from) / step)),
        b = Math.min(bins.length - 1, Math.floor((ms + width - s.from) / step));
      for (let i = a; i <= b; i++) bins[i] += n * Math.min(1, step / width);
    });
    bins.forEach((n, i) => {
      if (n)
        picture.append(
          rect(
            s.left + i * 4,
            base - Math.min(7, 1 + Math.log1p(n)),
            3,
            Math.min(7, 1 + Math.log1p(n)),
            "density",
          ),
        );
    });
  }
}

function drawStates(picture, scale, name, y) {
  const host = data.hostByName.get(name),
    hop = data.hops.find(e => endName(e, "dst") === name);
  const impact = data.impact.find(i => i.host === name),
    end = Infinity;
  const reached = hop ? hop.start : impact && known(impact.first) ? impact.first : end;
  for (const s of scale.spans) picture.append(line(s.left, y, s.right, y, "unreached"));
  if (!host || !host.collected) spread(picture, scale, -end, end, y, laneHeight - 12, "hatch");
  else if (known(host.first)) {
    spread(picture, scale, -end, host.first, y + 8, 14, "hatch");
    spread(picture, scale, host.last, end, y + 8, 14, "hatch");
    drawAlive(picture, scale, name, y + laneHeight / 2 - 1);
  }
  if (reached < end) spread(picture, scale, reached, end, y, 2.5, "held");
  for (const s of data.sessions)
    if (s.host === name)
      spread(picture, scale, s.start, known(s.end) ? s.end : s.start + MINUTE, y, 8, "held");
  if (impact && known(impact.first)) spread(picture, scale, impact.first, end, y, 4, "impact");
}

function drawRecords(picture, scale, lanes, yOf) {
  const drawn = new Set(),
    cleared = data.kinds.indexOf("log-cleared");
  for (let i = 0; i < rows.n; i++) {
    const lane = lanes.indexOf(hosts.values[rows.host[i]]);
    if (lane < 0 || !known(rows.t[i]) || !inRange(i)) continue;
    const x = Math.round(scale.at(rows.t[i])),
      y = yOf(lane),
      key = lane + ":" + x + ":" + rows.phase[i] + ":" + (rows.kind[i] === cleared);
    if (drawn.has(key) || (!rows.phase[i] && rows.severity[i] < 2)) continue;
    drawn.add(key);
    const title = svg(
      "title",
      null,
      `${clockText(rows.t[i])} ${hosts.values[rows.host[i]]} ${rows.message[i].slice(0, 200)}`,
    );
    if (rows.kind[i] === cleared)
      picture.append(
        svg("path", { class: "cross", d: `M${x - 5} ${y - 5}l10 10m0-10l-10 10` }, title),
      );
    else
      picture.append(
        svg(
          "circle",
          {
            class: "dot " + (PHASES[rows.phase[i]] || "nophase"),
            cx: x,
            cy: y,
            r: 1.5 + rows.severity[i] * 0.5,
            click: () => openRow(i),
          },
          title,
        ),
      );
  }
}

/* Hops of one source and method within 15 s share a trunk; lines nearer than 7 px move apart,
 * the earlier one to the left. */
function trunks(scale) {
  const list = [];
  for (const e of data.hops) {
    if (view.range && (e.start < view.range[0] || e.start > view.range[1])) continue;
    const last = list[list.length - 1];
    if (
      last &&
      last.edges[0].method === e.method &&
      endName(last.edges[0], "src") === endName(e, "src") &&
      e.start - last.edges[last.edges.length - 1].start <= 15e3
    )
      last.edges.push(e);
    else list.push({ edges: [e], x: scale.at(e.start) });
  }
  for (let i = list.length - 2; i >= 0; i--)
    list[i].x = Math.max(scale.left + 2, Math.min(list[i].x, list[i + 1].x - 7));
  return list;
}

function trunkLabel(edges) {
  const numbers = edges.map(e => e.hop).filter(n => n);
  if (!numbers.length) return "";
  return numbers.length === 1 ? String(numbers[0]) : numbers[0] + "–" + numbers[numbers.length - 1];
}

function methodText(method) {
  const fixed = { psexec: "PsExec", winrm: "WinRM", task: "Task", service: "Service" };
  return fixed[method] || (method || "").toUpperCase();
}

function drawTrunk(picture, trunk, lanes, yOf, taken) {
  const first = trunk.edges[0],
    from = lanes.indexOf(endName(first, "src")),
    x = trunk.x;
  if (from < 0 && trunk.edges.every(e => lanes.indexOf(endName(e, "dst")) < 0)) return;
  for (const e of trunk.edges) {
    const to = lanes.indexOf(endName(e, "dst"));
    if (to < 0) continue;
    const y1 = from < 0 ? yOf(to) - 20 : yOf(from),
      y2 = yOf(to),
      step = y2 > y1 ? -5 : 5;
    const cls =
      "hop" + (e.ends === "both" ? "" : " oneend") + (data.chain.includes(e.n) ? " path" : "");
    picture.append(
      line(x, y1, x, y2 + step, cls),
      svg("path", { class: "arrow", d: `M${x} ${y2}l-3.5 ${step * 1.3}h7z` }),
    );
    if (from >= 0) picture.append(svg("circle", { class: "hopstart", cx: x, cy: y1, r: 2.5 }));
  }
  const text = trunkLabel(trunk.edges),
    to = lanes.indexOf(endName(trunk.edges[trunk.edges.length - 1], "dst"));
  if (!text || to < 0) return;
  const y = yOf(to) + (from >= 0 && from > to ? 18 : -18),
    width = 16 + 7 * (text.length - 1);
  const free = !taken.some(b => Math.abs(b.x - x) < 62 && Math.abs(b.y - y) < 12);
  picture.append(
    svg(
      "g",
      { class: "hopno", click: () => selectHop(first) },
      svg(
        "title",
        null,
        `${text} ${first.src} → ${first.dst} ${methodText(first.method)} ${dayAndClock(first.start)}`,
      ),
      svg("rect", { x: x - width / 2, y: y - 8, width, height: 16, rx: 8 }),
      label(x, y + 4, text, "no", "middle"),
    ),
  );
  if (free) picture.append(label(x + width / 2 + 3, y + 4, methodText(first.method), "axis halo"));
  taken.push({ x, y });
}

/* Bytes sent by records of exfiltration, on the lane of the world outside. */
function drawSent(picture, scale, y) {
  const sums = new Map();
  for (let i = 0; i < rows.n; i++) {
    if (rows.phase[i] !== 4 || !rows.sent[i] || !known(rows.t[i]) || !inRange(i)) continue;
    const x = Math.floor(scale.at(rows.t[i]) / 7) * 7;
    sums.set(x, (sums.get(x) || 0) + rows.sent[i]);
  }
  const most = Math.max(...sums.values());
  for (const [x, sum] of sums)
    picture.append(
      svg(
        "rect",
        {
          x,
          y: y - 1 - (14 * sum) / most,
          width: 6,
          height: 1 + (14 * sum) / most,
          class: "exfil",
        },
        svg("title", null, bytes(sum)),
      ),
    );
}

function drawExfil(picture, scale, lanes, yOf) {
  const client = lanes.indexOf(data.exfil.client),
    answer = data.answers[2];
  if (
    client < 0 ||
    lanes[0] !== "" ||
    !known(answer.time) ||
    (view.range && (answer.time < view.range[0] || answer.time > view.range[1]))
  )
    return;
  const x = scale.at(answer.time);
  picture.append(
    line(x, yOf(client), x, yOf(0) + 5, "exfilline"),
    svg("path", { class: "exfil", d: `M${x} ${yOf(0)}l-3.5 6.5h7z` }),
    label(x - 8, yOf(0) - 5, bytes(data.exfil.high), "strong halo", "end"),
  );
}

function drawLanes(picture, scale, lanes, top, width) {
  const yOf = lane => top + laneHeight * lane + laneHeight / 2,
    taken = [];
  lanes.forEach((name, lane) => {
    const y = yOf(lane),
      host = data.hostByName.get(name);
    picture.append(
      rect(0, y - 14, 3, 28, "tint t" + (name ? lane : 9)),
      label(10, y - 1, name || t("internet"), "strong"),
      label(
        10,
        y + 12,
        !name ? t("outside") : host && host.dc ? "DC" : host ? host.addresses[0] || "" : "",
        "axis",
      ),
      line(
        0,
        top + laneHeight * (lane + 1) + 0.5,
        width,
        top + laneHeight * (lane + 1) + 0.5,
        "grid",
      ),
    );
    if (name) drawStates(picture, scale, name, y);
    else {
      for (const s of scale.spans) picture.append(line(s.left, y, s.right, y, "outsideline"));
      drawSent(picture, scale, y);
    }
    drawOutcome(picture, name, width - OUTCOMES + 14, y);
  });
  drawRecords(picture, scale, lanes, yOf);
  drawExfil(picture, scale, lanes, yOf);
  for (const trunk of trunks(scale)) drawTrunk(picture, trunk, lanes, yOf, taken);
}

function overviewClaim() {
  const spans = periods(timesInView(), 90 * MINUTE, Infinity).length,
    entry = data.answers[0],
    impact = data.answers[3];
  if (!spans) return "";
  const claim = spans === 1 ? t("one_period") : t("periods", countWord(spans));
  return known(entry.time) &&
    known(impact.time) &&
    impact.time > entry.time &&
    !answerUnknown(impact)
    ? t("damage_after", claim, duration(impact.time - entry.time))
    : claim;
}

function legendItem(cls, text) {
  return el("span", { class: "key " + cls }, el("i"), text);
}

function foldSwitch() {
  const box = el("input", {
    type: "checkbox",
    change: () => {
      view.fold = box.checked;
      drawOverview();
    },
  });
  box.checked = view.fold;
  return el("label", { class: "screen" }, box, t("fold"));
}

/* Without attack records: the evidence alone. */
function emptyOverview() {
  const width = roomOf(body("overview"), 720);
  heading("overview", t("overview"), "");
  const period = svg(
    "svg",
    { class: "period", width, height: 58, role: "img" },
    svg("title", null, t("all_records")),
  );
  if (known(data.first)) drawPeriod(period, width);
  clearInto(
    body("overview"),
    known(data.first) && period,
    el("p", { class: "quietnote" }, t("no_timeline")),
  );
}

function drawOverview() {
  laneHeight = view.printing ? 26 : 36;
  if (!rows.n || !known(data.first)) return emptyOverview();
  const width = roomOf(body("overview"), 720),
    { lanes, more } = laneHosts();
  const scale = foldedScale(timesInView(), LABELS, width - OUTCOMES, view.fold);
  const period = svg(
    "svg",
    { class: "period", width, height: 58, role: "img" },
    svg("title", null, t("all_records")),
  );
  const axis = drawPeriod(period, width),
    top = 20,
    phasesTop = top + 24,
    lanesTop = phasesTop + 18 * 5 + 14;
  const height = lanesTop + laneHeight * lanes.length + 2;
  const picture = svg(
    "svg",
    { class: "lanes", width, height, role: "img" },
    svg("title", null, t("overview")),
    hatchPattern("hatch1"),
  );
  drawSpanHeads(picture, scale, top, height);
  drawPhases(picture, scale, phasesTop);
  picture.append(
    line(0, lanesTop - 0.5, width, lanesTop - 0.5, "rule2"),
    label(width - OUTCOMES + 14, lanesTop - 6, t("outcome"), "axis"),
  );
  drawLanes(picture, scale, lanes, lanesTop, width);
  brushOn(period, axis.left, axis.right, axis.back);
  brushOn(picture, LABELS, width - OUTCOMES, scale.back);
  const lost = data.strays + Array.from(rows.t).filter(ms => !known(ms)).length;
  heading(
    "overview",
    t("overview"),
    overviewClaim(),
    legendItem("dotline", t("not_reached")),
    legendItem("heldline", t("held")),
    legendItem("bar", t("session")),
    legendItem("impactline", t("damaged_host")),
    legendItem("hatched", t("no_log")),
    legendItem("crossed", t("log_cleared")),
    view.range && button(t("reset_zoom"), { class: "link screen" }, () => setRange(null)),
    foldSwitch(),
  );
  clearInto(
    body("overview"),
    period,
    picture,
    more > 0 && el("p", { class: "quietnote" }, t("more_hosts", more)),
    lost > 0 && el("p", { class: "quietnote" }, t("outliers", number(lost))),
  );
}
