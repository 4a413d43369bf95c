/* SPDX-License-Identifier: Apache-2.0
 *
 * Title and the five answers. The sentences come with the case in English; in Japanese they are
 * made here of the same facts. */

const QUESTION_PHASE = ["entry", "move", "exfil", "impact", "blind"];

function sumOf(list, name) {
  return list.reduce((sum, item) => sum + item[name], 0);
}

function fact(label, value) {
  return el("div", null, el("span", { class: "label" }, label), el("span", null, value));
}

function drawTitle() {
  const damaged = sumOf(data.sources, "damaged"),
    unread = data.sources.filter(s => !s.parser).length;
  const first = rows ? rows.t.find(known) : NaN;
  let last = NaN;
  if (rows) for (let i = rows.n - 1; i >= 0 && !known(last); i--) last = rows.t[i];
  clearInto(
    body("title"),
    known(first) && fact(t("incident"), spanText(first, last)),
    fact(
      t("files"),
      t("n_files", number(data.sources.length), number(data.events)) +
        (unread ? (view.lang ? `、${t("unread_n", unread)}` : `, ${t("unread_n", unread)}`) : ""),
    ),
    fact(t("damaged"), recordsText(damaged)),
    fact(t("made_by"), data.version),
  );
  document.querySelector("#title h1").textContent = data.title ? shown(data.title) : t("untitled");
}

function answerUnknown(a) {
  return !a.key || (a.confidence === 0 && !a.records);
}

/* Times inside a sentence of the case, in the zone and the language of the page. */
function localTimes(text) {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g, stamp =>
    dayAndClock(Date.parse(stamp)),
  );
}

/* The four facts in Japanese, in the order of the questions. */
const JAPANESE = [
  a =>
    a.hosts.length
      ? t("ja_entry", dayAndClock(a.time), a.accounts[0] || t("unknown"), a.hosts[0])
      : "",
  () =>
    data.hops.length
      ? t("ja_moves", [...new Set(data.hops.flatMap(e => [e.src, e.dst]))].join(" → "))
      : "",
  a =>
    data.exfil.destination
      ? t(
          "ja_left",
          dayAndClock(a.time),
          data.exfil.client || t("unknown"),
          data.exfil.destination,
          bytes(data.exfil.high),
        )
      : "",
  () =>
    data.impact
      .slice(0, 8)
      .map(i => t("ja_damage", i.host, dayAndClock(i.first)))
      .join("、"),
  () => "",
];

/* The sentence under the key phrase. */
function answerSentence(a, q) {
  const said = view.lang && !answerUnknown(a) ? JAPANESE[q](a) : "";
  return localTimes([said || a.summary, a.unknown].filter(s => s).join(" "));
}

function answerKey(a, q) {
  const steps = data.hops.filter(e => e.hop);
  if (q === 4) return data.blind.length ? t("gaps_n", number(data.blind.length)) : t("no_gaps");
  if (nothingFound() && q < 4) return t("no_sign");
  if (answerUnknown(a)) return t("unknown");
  if (q === 3 && known(a.time)) return dayAndClock(a.time);
  if (!view.lang) return a.key;
  if (q === 1 && steps.length)
    return t("hops_hosts", steps.length, new Set(steps.map(e => e.dst)).size);
  return a.key;
}

function nothingFound() {
  return !data.findings.length && !data.hops.length && !data.rows;
}

function answerFoot(a, q) {
  const foot = el("p", { class: "foot" });
  if (q === 4) return fill(foot, null, [el("a", { href: "#evidence" }, t("gaps_link"))]);
  const c = a.confidence;
  const filled = c >= 0.9 ? 4 : c >= 0.75 ? 3 : c >= 0.4 ? 2 : c > 0 ? 1 : 0;
  const word = c > 0 ? t("confidence", confidenceWord(c), c.toFixed(2)) : t("unknown");
  return fill(foot, null, [
    bars(filled, false, word),
    c > 0 && word,
    a.refs.length > 0 &&
      button(recordsText(a.records), { class: "link" }, () => showRefs(t("q" + (q + 1)), a.refs)),
  ]);
}

function drawAnswers() {
  const list = el("ol", { class: "answers" });
  data.answers.forEach((a, q) => {
    const nothing = nothingFound() && q < 4;
    const sentence =
      nothing && answerUnknown(a) && !a.summary
        ? t("no_sign_long", data.sources.filter(s => s.parser).length, data.sources.length)
        : answerSentence(a, q);
    list.append(
      el(
        "li",
        { class: "answer " + QUESTION_PHASE[q] },
        el("h3", null, el("b", null, String(q + 1)), " ", t("q" + (q + 1))),
        el("p", { class: "key", translate: "no" }, answerKey(a, q)),
        el("p", { class: "sentence" }, sentence),
        answerFoot(a, q),
      ),
    );
  });
  heading("answers", t("answers"));
  clearInto(body("answers"), list);
}
