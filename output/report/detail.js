/* SPDX-License-Identifier: Apache-2.0
 *
 * An opened row: all fields in their original order and names, where the record lies, the hop it
 * belongs to with the records of both sides, and what can be done from here. Notes and tags of
 * the reader, kept by content id so that they survive another run. */

const CUT = 2048;

function valueElement(text, whole) {
  const node = el("dd", { translate: "no" });
  if (text.length <= CUT) return fill(node, null, [text, whole ? t("cut", number(whole)) : null]);
  const more = button(t("show_all"), { class: "link" }, event => {
    event.stopPropagation();
    clearInto(node, text, whole ? t("cut", number(whole)) : null);
    fitDetail();
  });
  return fill(node, null, [text.slice(0, CUT) + "… ", more]);
}

function pairList(pairs) {
  return el(
    "dl",
    null,
    pairs
      .filter(p => p && p[1])
      .map(([name, value, whole]) =>
        el(
          "div",
          { class: String(value).length > 160 ? "item long" : "item" },
          el("dt", { translate: "no" }, name || "–"),
          valueElement(String(value), whole),
        ),
      ),
  );
}

function partyText(p) {
  if (!p) return "";
  const name = p[1] ? p[1] + "\\" + p[0] : p[0];
  return p[2] ? name + " (" + p[2] + ")" : name;
}

function endpointText(p) {
  if (!p) return "";
  const address = p[1] && p[2] ? (p[1].includes(":") ? "[" + p[1] + "]" : p[1]) + ":" + p[2] : p[1];
  return [p[0], address].filter(x => x).join(" ");
}

function roleList(d, i) {
  return pairList([
    ["host.name", d.host !== hosts.values[rows.host[i]] ? d.host : ""],
    ["system", d.system],
    ["provider", d.provider],
    ["channel", d.channel],
    ["actor", partyText(d.actor)],
    ["target", partyText(d.target)],
    ["source", endpointText(d.source)],
    ["destination", endpointText(d.destination)],
    ["program", d.program],
    [
      "bytes out / in",
      d.bytes_out !== undefined ? `${bytes(d.bytes_out)} / ${bytes(d.bytes_in)}` : "",
    ],
  ]);
}

function placeText(source, offset) {
  const s = data.sources[source];
  return `${s ? s.path.split("/").join(" / ") : "?"}  0x${offset.toString(16).toUpperCase()} (${number(offset)})`;
}

function provenance(d, i) {
  const source = data.sources[d.places[0]],
    pairs = [];
  if (source) pairs.push([t("p_evidence"), source.path.split("/").join(" / ")]);
  if (d.places.length)
    pairs.push([
      t("p_offset"),
      `0x${d.places[1].toString(16).toUpperCase()} (${number(d.places[1])}), ${number(d.sequence)}`,
    ]);
  for (let k = 2; k < Math.min(d.places.length, 12); k += 2)
    pairs.push([t("p_copy"), placeText(d.places[k], d.places[k + 1])]);
  if (d.place_total > 6) pairs.push(["", t("p_more", d.place_total - 6)]);
  if (source && source.sha256) pairs.push([t("p_sha"), source.sha256]);
  pairs.push(
    [t("p_time"), utcText(i)],
    [t("p_uid"), d.uid],
    [t("p_flags"), flagNames(rows.flags[i]).join(", ")],
  );
  for (const n of rows.sessions[i]) {
    const s = data.sessionByNumber.get(n);
    if (s)
      pairs.push([
        t("in_session"),
        `${s.host} ${s.account} ${s.kind}, ${dayAndClock(s.start)} – ${known(s.end) ? dayAndClock(s.end) : t("end_unknown")}`,
      ]);
  }
  return pairList(pairs);
}

function findingList(i) {
  const list = rows.findings[i].map(n => data.findings[n]).filter(f => f);
  if (!list.length) return null;
  return [
    el("h4", null, t("in_findings")),
    el(
      "ul",
      { class: "inrow" },
      list.map(f =>
        el(
          "li",
          null,
          phaseSquare(f.phase),
          severityBars(f.severity),
          " ",
          raw(findingTitle(f)),
          f.reason && el("div", { class: "why", translate: "no" }, f.reason),
        ),
      ),
    ),
  ];
}

function hopPart({ edge }) {
  return el(
    "div",
    { class: "inhop" },
    el(
      "h4",
      null,
      edge.hop
        ? t("part_of_hop", edge.hop, edge.src, edge.dst)
        : t("part_of_move", edge.src, edge.dst),
      " ",
      endsGlyph(edge.ends),
    ),
    hopReason(edge),
  );
}

function copyText(text, from) {
  const done = () => {
    from.textContent = t("copied");
  };
  if (navigator.clipboard && isSecureContext)
    navigator.clipboard.writeText(text).then(done, () => {});
  else {
    const area = el("textarea", null, text);
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    done();
  }
}

function rowAsJson(i) {
  return JSON.stringify(
    {
      time: utcText(i),
      host: hosts.values[rows.host[i]],
      message: rows.message[i],
      kind: data.kinds[rows.kind[i]],
      flags: flagNames(rows.flags[i]),
      ...JSON.parse(rows.detail[i]),
    },
    null,
    2,
  );
}

function rowActions(i) {
  const edges = rowEdges(i),
    session = rows.sessions[i].find(n => data.sessionByNumber.has(n));
  return el(
    "div",
    { class: "actions screen" },
    edges.length > 0 && button(t("b_both"), null, () => showEdge(edges[0].edge)),
    session !== undefined && button(t("b_session"), null, () => showSession(session)),
    known(rows.t[i]) &&
      button(t("b_context", hosts.values[rows.host[i]]), null, () => showContext(i)),
    button(t("b_copy"), null, event => copyText(rowAsJson(i), event.currentTarget)),
  );
}

function detailElement(i) {
  const d = JSON.parse(rows.detail[i]),
    edges = rowEdges(i),
    right = [findingList(i), edges.slice(0, 3).map(hopPart)];
  return el(
    "div",
    { class: "detail", role: "row" },
    el(
      "div",
      { role: "gridcell" },
      el(
        "div",
        { class: "two" },
        el(
          "div",
          null,
          el("p", { class: "whole", translate: "no" }, rows.message[i]),
          el(
            "h4",
            null,
            t("fields"),
            " ",
            el("span", { class: "axis" }, raw(logs.values[rows.log[i]]), ", ", t("original_names")),
          ),
          el("div", { class: "fields" }, pairList(d.fields.filter(f => f[0] !== "message"))),
          el("h4", null, t("roles")),
          roleList(d, i),
          el("h4", null, t("provenance")),
          provenance(d, i),
        ),
        el(
          "div",
          null,
          right.flat(2).some(x => x) ? right : el("p", { class: "axis" }, t("no_groups")),
        ),
      ),
      rowActions(i),
    ),
  );
}

/* Notes and tags: {uid: {tag, note}}. */
const TAGS = ["", "★", "△", "□", "○"];
const STORE = "ashiato-notes";
let notes = readNotes();

function readNotes() {
  try {
    const read = JSON.parse(localStorage.getItem(STORE) || "{}");
    return read && typeof read === "object" ? read : {};
  } catch (e) {
    return {};
  }
}

function saveNotes() {
  try {
    localStorage.setItem(STORE, JSON.stringify(notes));
  } catch (e) {
    /* private mode: they last as long as the page */
  }
}

function uidOf(i) {
  return rows.detail[i].slice(8, 40); /* {"uid":"..." comes first */
}

function tagOf(i) {
  const note = notes[uidOf(i)];
  return note ? note.tag : 0;
}

function tagMark(tag) {
  return el("span", { class: "tagmark", title: t("tag" + tag) }, TAGS[tag]);
}

function changeNote(i, change) {
  const uid = uidOf(i),
    note = { tag: 0, note: "", ...notes[uid], ...change };
  if (note.tag || note.note) notes[uid] = note;
  else delete notes[uid];
  saveNotes();
  drawLines();
  drawNotes();
}

function tagRow(i, tag) {
  if (i >= 0) changeNote(i, { tag: tagOf(i) === tag ? 0 : tag });
}

function exportNotes() {
  const link = el("a", { download: "notes.json" });
  link.href = URL.createObjectURL(
    new Blob([JSON.stringify({ schema: 1, notes }, null, 1)], { type: "application/json" }),
  );
  link.click();
  URL.revokeObjectURL(link.href);
}

function importNotes(event) {
  const file = event.target.files[0];
  if (!file) return;
  file
    .text()
    .then(text => {
      const read = JSON.parse(text).notes;
      for (const [uid, note] of Object.entries(read))
        notes[uid] = { tag: TAGS[note.tag] ? note.tag : 0, note: String(note.note || "") };
      saveNotes();
      drawLines();
      drawNotes();
    })
    .catch(() => {});
}

function noteItem(uid, note, i) {
  return el(
    "li",
    null,
    note.tag ? tagMark(note.tag) : "",
    " ",
    button(dayAndClock(rows.t[i]), { class: "link" }, () => openRow(i)),
    " ",
    raw(hosts.values[rows.host[i]]),
    note.note && el("div", null, note.note),
  );
}

function drawNotes() {
  if (!$("notes")) return;
  const here = new Map(),
    counts = [0, 0, 0, 0, 0],
    wanted = Object.keys(notes);
  if (wanted.length) for (let i = 0; i < rows.n; i++) if (notes[uidOf(i)]) here.set(uidOf(i), i);
  for (const uid of here.keys()) counts[notes[uid].tag]++;
  const i = view.selected,
    area = el("textarea", {
      id: "note",
      placeholder: t("note_hint"),
      "aria-label": t("note_hint"),
      change: () => {
        if (i >= 0) changeNote(i, { note: area.value });
      },
    });
  if (i >= 0 && notes[uidOf(i)]) area.value = notes[uidOf(i)].note;
  area.disabled = i < 0;
  const file = el("input", { type: "file", accept: ".json", hidden: "", change: importNotes });
  const lost = wanted.length - here.size;
  clearInto(
    $("notes"),
    el("h3", null, t("notes")),
    el("p", { class: "axis" }, t("notes_kept")),
    el(
      "ul",
      { class: "tags" },
      [1, 2, 3, 4].map(n =>
        el(
          "li",
          null,
          button(
            [tagMark(n), " ", t("tag" + n), " ", el("kbd", null, "t " + n)],
            { class: "link" },
            () => tagRow(view.selected, n),
          ),
          el("span", { class: "num" }, counts[n]),
        ),
      ),
    ),
    el(
      "ul",
      { class: "notelist" },
      [...here]
        .sort((a, b) => a[1] - b[1])
        .slice(0, 100)
        .map(([uid, row]) => noteItem(uid, notes[uid], row)),
    ),
    lost > 0 && el("p", { class: "axis" }, t("not_here", lost)),
    area,
    el(
      "p",
      null,
      button(t("export_json"), null, exportNotes),
      " ",
      button(t("import_json"), null, () => file.click()),
      file,
    ),
  );
}
