/* SPDX-License-Identifier: Apache-2.0
 *
 * Findings by phase, sessions and accounts, evidence and coverage. */

function headRow(...names) {
  return el(
    "thead",
    null,
    el(
      "tr",
      null,
      names.map(([name, cls]) => el("th", { scope: "col", class: cls }, name ? t(name) : "")),
    ),
  );
}

function severest(a, b) {
  const x = data.findings[a],
    y = data.findings[b];
  return (x.phase || 9) - (y.phase || 9) || y.severity - x.severity || x.start - y.start || a - b;
}

function hostList(names) {
  return names.length > 2
    ? names.slice(0, 2).join(", ") + " +" + (names.length - 2)
    : names.join(", ");
}

function findingRow(n, first) {
  const f = data.findings[n];
  return el(
    "tr",
    { class: "finding " + (PHASES[f.phase] || "nophase") + (first ? " firstof" : "") },
    el("th", { class: "phasename", scope: "row" }, first ? phaseName(f.phase) : ""),
    el("td", null, severityBars(f.severity)),
    el("td", { class: "wide", title: f.reason }, raw(findingTitle(f))),
    el("td", { class: "mono" }, f.techniques[0] || ""),
    el("td", { title: f.hosts.join(", ") }, raw(hostList(f.hosts))),
    el("td", { class: "when" }, dayAndClock(f.start)),
    el(
      "td",
      { class: "num" },
      button(number(f.records), { class: "link" }, () => showFinding(n)),
    ),
    el("td", { class: "num" }, f.confidence.toFixed(2)),
  );
}

function drawFindings() {
  const order = data.findings.map((f, i) => i).sort(severest),
    inner = el("tbody"),
    critical = data.findings.filter(f => f.severity === 4).length;
  order
    .slice(0, 2000)
    .forEach((n, k) =>
      inner.append(
        findingRow(n, k === 0 || data.findings[n].phase !== data.findings[order[k - 1]].phase),
      ),
    );
  const claim = !order.length
    ? ""
    : critical
      ? t("findings_n", order.length, critical)
      : order.length === 1
        ? t("one_finding")
        : t("findings_plain", order.length);
  heading("findings", t("findings"), claim, t("attack_names"));
  clearInto(
    body("findings"),
    order.length
      ? el(
          "table",
          { class: "findings" },
          headRow(
            [""],
            [""],
            ["c_finding"],
            ["technique"],
            ["c_hosts"],
            ["c_first"],
            ["c_records", "num"],
            ["c_conf", "num"],
          ),
          inner,
        )
      : el(
          "p",
          { class: "quietnote" },
          t("no_sign"),
          view.lang ? "。" : ". ",
          t("no_sign_long", data.sources.filter(s => s.parser).length, data.sources.length),
        ),
  );
}

const SESSION_WIDTH = 260;

function sessionBar(s, scale) {
  const picture = svg("svg", { width: SESSION_WIDTH, height: 16, "aria-hidden": "true" }),
    open = !known(s.end);
  for (const span of scale.spans)
    picture.append(rect(span.left, 0, span.right - span.left, 16, "wash"));
  const end = open ? s.start : s.end,
    cls = s.kind === "vpn" ? "entry" : "move";
  spread(picture, scale, s.start, end, 8, 8, cls);
  if (open) {
    const x = scale.at(s.start);
    picture.append(svg("path", { class: "openend", d: `M${x + 4} 3l5 5-5 5` }));
  }
  return picture;
}

function sessionRow(s, scale) {
  return el(
    "tr",
    null,
    el("td", { class: "when" }, el("b", { translate: "no" }, s.host), " ", raw(s.account)),
    el(
      "td",
      null,
      raw(s.source || t("local")),
      " ",
      el("span", { class: "axis" }, methodText(s.kind)),
    ),
    el("td", null, sessionBar(s, scale)),
    el("td", { class: "num" }, known(s.end) ? duration(s.end - s.start) : t("end_unknown")),
    el(
      "td",
      { class: "num" },
      button(number(s.records), { class: "link" }, () => showSession(s.n)),
    ),
  );
}

/* Accounts of the hostile sessions and hops, by first use. */
function hostileAccounts() {
  const found = new Map(),
    see = (name, time, hop) => {
      if (!name) return;
      const a = found.get(name) || { name, first: time, hops: 0 };
      a.first = Math.min(a.first, time);
      a.hops += hop;
      found.set(name, a);
    };
  data.sessions.forEach(s => see(s.account, s.start, 0));
  data.hops.forEach(e => see(e.account, e.start, 1));
  return [...found.values()].sort((a, b) => a.first - b.first || (a.name < b.name ? -1 : 1));
}

function accountTable() {
  const list = hostileAccounts();
  if (!list.length) return null;
  return [
    el("h3", { class: "sub" }, t("accounts")),
    el(
      "table",
      { class: "accounts" },
      headRow(["account"], ["c_first_use"], ["c_hops", "num"]),
      el(
        "tbody",
        null,
        list
          .slice(0, 200)
          .map(a =>
            el(
              "tr",
              null,
              el("td", null, el("b", { translate: "no" }, a.name)),
              el("td", { class: "when" }, dayAndClock(a.first)),
              el("td", { class: "num" }, a.hops || ""),
            ),
          ),
      ),
    ),
  ];
}

function drawSessions() {
  const list = data.sessions.slice().sort((a, b) => a.start - b.start || a.n - b.n),
    open = list.filter(s => !known(s.end)).length;
  const claim = list.length === 1 ? t("one_session") : t("sessions_n", number(list.length));
  heading(
    "sessions",
    t("sessions"),
    list.length
      ? open
        ? t("open_n", claim, open)
        : claim
      : t("no_sessions", number(data.sessions_total)),
  );
  const times = list
    .flatMap(s => (known(s.end) ? [s.start, s.end] : [s.start]))
    .filter(known)
    .sort((a, b) => a - b);
  const scale = foldedScale(times, 0, SESSION_WIDTH, true, 6);
  clearInto(
    body("sessions"),
    list.length > 0 &&
      el(
        "table",
        { class: "sessions" },
        headRow(
          ["c_host_account"],
          ["c_from"],
          ["c_when"],
          ["c_length", "num"],
          ["c_records", "num"],
        ),
        el(
          "tbody",
          null,
          list.slice(0, 500).map(s => sessionRow(s, scale)),
        ),
      ),
    accountTable(),
  );
}

/* The name of a log: without host, directories of Windows and rotation. */
function logName(path) {
  const name = path.split("/").pop().replace(/%4/g, "/");
  return channelName(name.replace(/\.evtx$/i, ""));
}

function channelName(name) {
  return name.replace(/^Microsoft-Windows-/, "").replace(/\/Operational$/, "");
}

let coverWidth = 420; /* px of the bars, by the room there is */

function isBlind(b, source) {
  return b.host === source.system && b.log && logName(source.path).startsWith(channelName(b.log));
}

/* What is lost of a log: hatch, and a cross where somebody cleared it. */
function drawBlind(picture, b, axis) {
  const from = axis.at(known(b.from) ? b.from : data.from),
    to = axis.at(known(b.to) ? b.to : data.to);
  picture.append(
    rect(from, 2, Math.max(2, to - from), 12, "paper"),
    rect(from, 2, Math.max(2, to - from), 12, "hatch3"),
  );
  if (/cleared/.test(b.why))
    picture.append(svg("path", { class: "cross", d: `M${to - 5} 3l10 10m0-10l-10 10` }));
}

/* Where a log has records: shade by how many an hour on average, hatch outside. */
function coverBar(s, axis) {
  const picture = svg("svg", { width: coverWidth, height: 16, "aria-hidden": "true" }),
    hours = known(s.first) ? Math.max(1, (s.last - s.first) / HOUR) : 1;
  const shade = Math.min(3, Math.floor(Math.log10(1 + s.events / hours)));
  picture.append(rect(0, 2, coverWidth, 12, "hatch3"));
  if (known(s.first)) {
    const a = axis.at(s.first),
      b = axis.at(s.last);
    picture.append(
      rect(a, 2, Math.max(2, b - a), 12, "paper"),
      rect(a, 2, Math.max(2, b - a), 12, "d" + shade),
    );
  }
  for (const b of data.blind) if (isBlind(b, s)) drawBlind(picture, b, axis);
  picture.append(rect(axis.attack[0], 0, axis.attack[1] - axis.attack[0], 16, "tinted"));
  return picture;
}

function coverAxis() {
  const at = ms =>
    Math.min(coverWidth, Math.max(0, (coverWidth * (ms - data.from)) / (data.to - data.from || 1)));
  const times = Array.from(rows.t).filter(known),
    attack = times.length ? [at(times[0]), at(times[times.length - 1]) + 1] : [0, 0];
  const picture = svg("svg", { width: coverWidth, height: 14, "aria-hidden": "true" });
  if (known(data.from))
    for (const tick of ticks(data.from, data.to, coverWidth, 90))
      if (at(tick.ms) < coverWidth - 40) picture.append(label(at(tick.ms), 11, tick.label, "axis"));
  return { at, attack, picture };
}

function sourceNotes(s) {
  const said = [];
  if (!s.parser) said.push(t("not_read", s.unread || ""));
  if (s.year) said.push(t("year_inferred"));
  if (s.zone) said.push(t("zone_assumed"));
  if (s.skipped) said.push(t("skipped_n", number(s.skipped)));
  if (s.notes.length) said.push(s.notes[0][1]);
  return (
    said.join("; ") +
    (s.note_total > 1 ? " (" + t("more_notes", number(s.note_total - 1)) + ")" : "")
  );
}

function noteText(note) {
  return (note[0] === null ? "" : "0x" + note[0].toString(16).toUpperCase() + ": ") + note[1];
}

function sourceDetail(s) {
  return el(
    "tr",
    { class: "sourceopen" },
    el(
      "td",
      { colspan: 8 },
      pairList([
        ["path", s.path],
        ["parser", s.parser],
        ["size", number(s.size)],
        ["sha256", s.sha256],
        ["year", s.year],
        ["zone", s.zone],
        ...s.notes.map(n => ["note", noteText(n)]),
      ]),
    ),
  );
}

function sourceRow(s, axis, first) {
  const row = el(
    "tr",
    { class: "sourcerow" + (s.parser ? "" : " unread"), tabindex: "0", "data-source": "" },
    el("td", { class: "when" }, el("b", { translate: "no" }, first ? s.system : "")),
    el("td", { class: "wide", title: s.path }, raw(clip(logName(s.path), 44))),
    el("td", null, s.parser ? coverBar(s, axis) : ""),
    el("td", { class: "num" }, number(s.events)),
    el("td", { class: "num" }, s.damaged ? number(s.damaged) : ""),
    el("td", { class: "when" }, dayAndHour(s.first)),
    el("td", { class: "when" }, dayAndHour(s.last)),
    el("td", { class: "wide", title: sourceNotes(s) }, raw(clip(sourceNotes(s), 60))),
  );
  const toggle = () => {
    const open = row.nextSibling && row.nextSibling.classList.contains("sourceopen");
    if (open) row.nextSibling.remove();
    else row.after(sourceDetail(s));
  };
  row.addEventListener("click", toggle);
  row.addEventListener("keydown", e => {
    if (e.key === "Enter") toggle();
  });
  return row;
}

function listUnder(name, items) {
  return items.length
    ? [
        el("h3", null, t(name)),
        el(
          "ul",
          { class: "side" },
          items.slice(0, 60).map(i => el("li", { translate: "no" }, i)),
          items.length > 60 && el("li", null, "+" + number(items.length - 60)),
        ),
      ]
    : null;
}

function blindText(b) {
  const span = known(b.from) || known(b.to) ? `, ${dayAndHour(b.from)} – ${dayAndHour(b.to)}` : "";
  return `${b.host}${b.log ? " " + b.log : ""}${span}: ${b.why}`;
}

function evidenceClaim(read) {
  const missing = data.hosts.filter(h => !h.collected),
    cleared = new Set(),
    kind = data.kinds.indexOf("log-cleared");
  for (let i = 0; i < rows.n; i++)
    if (rows.kind[i] === kind) cleared.add(hosts.values[rows.host[i]]);
  const parts = [t("cover_read", number(read), number(data.sources.length))];
  if (cleared.size) parts.push(t("cover_cleared", hostList([...cleared])));
  if (missing.length)
    parts.push(
      missing.length === 1
        ? t("cover_missing_one", missing[0].name)
        : t("cover_missing", number(missing.length)),
    );
  return parts.join(view.lang ? "、" : "; ");
}

/* How far the clocks of two hosts lie apart, from the movements seen at both ends. */
function clockLines() {
  const pairs = new Map();
  for (const e of data.edges) {
    if (e.skew === null) continue;
    const name = e.src + " → " + e.dst;
    if (!pairs.has(name)) pairs.set(name, []);
    pairs.get(name).push(e.skew);
  }
  return [...pairs].map(([name, skews]) => {
    skews.sort((a, b) => a - b);
    const middle = skews[Math.floor(skews.length / 2)],
      spread = skews[skews.length - 1] - skews[0];
    return `${name}: ${middle > 0 ? "+" : ""}${middle} s (${t("clock_pairs", skews.length, spread.toFixed(2))})`;
  });
}

const SOURCES_FIRST = 60;

function drawEvidence() {
  coverWidth = Math.max(160, Math.min(420, Math.round(roomOf(body("evidence"), 0) * 0.27)));
  const axis = coverAxis(),
    inner = el("tbody"),
    all = data.sources.map((s, i) => i);
  all.sort((a, b) =>
    data.sources[a].system < data.sources[b].system
      ? -1
      : data.sources[a].system > data.sources[b].system
        ? 1
        : a - b,
  );
  const shown = view.allSources ? all : all.slice(0, SOURCES_FIRST);
  shown.forEach((n, k) =>
    inner.append(
      sourceRow(
        data.sources[n],
        axis,
        k === 0 || data.sources[n].system !== data.sources[shown[k - 1]].system,
      ),
    ),
  );
  const head = headRow(
    ["host"],
    ["c_log"],
    [""],
    ["c_records", "num"],
    ["c_damaged", "num"],
    ["c_first"],
    ["c_last"],
    ["c_note"],
  );
  head.querySelectorAll("th")[2].append(axis.picture);
  const assumed = data.sources
    .filter(s => s.year || s.zone)
    .map(s => `${s.system} ${logName(s.path)}: ${[s.year, s.zone].filter(x => x).join("; ")}`);
  heading(
    "evidence",
    t("evidence"),
    evidenceClaim(data.sources.filter(s => s.parser).length),
    legendItem("shades", t("rec_per")),
    legendItem("hatched", t("no_log")),
    legendItem("tintkey", t("period_tint")),
  );
  clearInto(
    body("evidence"),
    el("svg"),
    el(
      "div",
      { class: "covered" },
      el(
        "div",
        { class: "scrolls" },
        el("table", { class: "coverage" }, head, inner),
        all.length > shown.length &&
          button(t("all_files", number(all.length)), { class: "screen" }, () => {
            view.allSources = true;
            drawEvidence();
          }),
      ),
      el(
        "aside",
        null,
        listUnder("blind_spots", data.blind.map(blindText)),
        listUnder("assumptions", assumed),
        listUnder("clock_skew", clockLines()),
        listUnder("limits", data.limits),
        listUnder(
          "named_only",
          data.hosts.filter(h => !h.collected).map(h => h.name),
        ),
        el("p", { class: "axis" }, t("hashes_in")),
      ),
    ),
  );
  body("evidence").firstChild.replaceWith(
    svg(
      "svg",
      { width: 0, height: 0, class: "defs", "aria-hidden": "true" },
      hatchPattern("hatch3"),
    ),
  );
}
