/* SPDX-License-Identifier: Apache-2.0
 *
 * Times as people read them, in UTC or the zone of the case (its offsets are in the data), and
 * the folded scale: long gaps without attack records become narrow breaks. */

function offsetMs(ms) {
  if (view.utc) return 0;
  let offset = data.zone.steps.length ? data.zone.steps[0][1] : 0;
  for (const [at, seconds] of data.zone.steps) if (at <= ms) offset = seconds;
  return offset * 1000;
}

function civil(ms) {
  const d = new Date(ms + offsetMs(ms));
  return {
    year: d.getUTCFullYear(),
    month: d.getUTCMonth(),
    day: d.getUTCDate(),
    weekday: d.getUTCDay(),
    hour: d.getUTCHours(),
    minute: d.getUTCMinutes(),
    second: d.getUTCSeconds(),
    ms: d.getUTCMilliseconds(),
  };
}

const two = n => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const YOUBI = "日月火水木金土";

function known(ms) {
  return Number.isFinite(ms);
}

/* The year stands with the day only in cases that are longer than most of a year. */
function dayText(ms) {
  const c = civil(ms),
    year = data.long;
  return view.lang
    ? (year ? c.year + "年" : "") + `${c.month + 1}月${c.day}日`
    : `${c.day} ${MONTHS[c.month]}` + (year ? " " + c.year : "");
}

function longDay(ms) {
  const c = civil(ms);
  return view.lang
    ? `${c.year}年${c.month + 1}月${c.day}日（${YOUBI[c.weekday]}）`
    : `${WEEKDAYS[c.weekday]} ${c.day} ${MONTHS[c.month]} ${c.year}`;
}

function hourText(ms) {
  const c = civil(ms);
  return two(c.hour) + ":" + two(c.minute);
}

function clockText(ms) {
  return hourText(ms) + ":" + two(civil(ms).second);
}

function dayAndClock(ms) {
  return known(ms) ? dayText(ms) + " " + clockText(ms) : t("unknown");
}

function dayAndHour(ms) {
  return known(ms) ? dayText(ms) + " " + hourText(ms) : "";
}

/* "2 Oct 13:41 – 4 Oct 2024 17:03" */
function spanText(from, to) {
  if (!known(from) || !known(to)) return "";
  const c = civil(to);
  const end = data.long
    ? dayText(to)
    : view.lang
      ? `${c.year}年${dayText(to)}`
      : `${dayText(to)} ${c.year}`;
  return `${dayAndHour(from)} – ${end} ${hourText(to)}`;
}

const DIGITS = [0, 3, 6, 7, 9];

/* Time of day of a row, at most microseconds on the row; all of it in the detail. */
function rowClock(i, digits) {
  const ms = rows.t[i];
  if (Number.isNaN(ms)) return t("no_time");
  const n = Math.min(digits, DIGITS[rows.precision[i]]);
  const fraction = String(civil(ms).ms).padStart(3, "0") + String(rows.ns[i]).padStart(6, "0");
  return clockText(ms) + (n ? "." + fraction.slice(0, n) : "");
}

function utcText(i) {
  if (Number.isNaN(rows.t[i])) return t("no_time");
  const n = DIGITS[rows.precision[i]],
    date = new Date(rows.t[i]).toISOString();
  const fraction = date.slice(20, 23) + String(rows.ns[i]).padStart(6, "0");
  return date.slice(0, 19) + (n ? "." + fraction.slice(0, n) : "") + "Z";
}

function zoneName() {
  return view.utc ? "UTC" : data.zone.name;
}

function dayNumber(ms) {
  return Math.floor((ms + offsetMs(ms)) / DAY);
}

/* Spans of activity: the times cut at gaps longer than `gap`, at most `most` spans. */
function periods(times, gap, most) {
  const gaps = [];
  for (let i = 1; i < times.length; i++)
    if (times[i] - times[i - 1] > gap) gaps.push({ at: i, length: times[i] - times[i - 1] });
  gaps.sort((a, b) => b.length - a.length || a.at - b.at);
  const cuts = gaps
    .slice(0, most - 1)
    .map(g => g.at)
    .sort((a, b) => a - b);
  const spans = [];
  let from = 0;
  for (const at of [...cuts, times.length]) {
    if (at > from) spans.push({ from: times[from], to: times[at - 1] });
    from = at;
  }
  return spans;
}

const BREAK = 34; /* px of a fold */

/* A scale over [left, right] px. Without folding there is one span. Each span keeps a share of
 * the width by its length, but never less than a readable minimum. */
function foldedScale(times, left, right, fold, gap = BREAK) {
  let spans = !times.length
    ? []
    : fold
      ? periods(times, 90 * MINUTE, 7)
      : [{ from: times[0], to: times[times.length - 1] }];
  spans = spans.map(s => {
    const pad = Math.max((s.to - s.from) * 0.02, MINUTE);
    return { from: s.from - pad, to: s.to + pad };
  });
  const room = right - left - gap * Math.max(0, spans.length - 1);
  const least = Math.min(120, room / Math.max(1, spans.length));
  const total = spans.reduce((sum, s) => sum + s.to - s.from, 0) || 1;
  const spare = room - least * spans.length;
  let x = left;
  for (const s of spans) {
    s.left = x;
    s.right = x + least + (spare * (s.to - s.from)) / total;
    x = s.right + gap;
  }
  return { spans, left, right, at: ms => scaleAt(spans, ms), back: px => scaleBack(spans, px) };
}

function scaleAt(spans, ms) {
  for (const s of spans) {
    if (ms < s.from) return s.left;
    if (ms <= s.to) return s.left + ((s.right - s.left) * (ms - s.from)) / (s.to - s.from);
  }
  return spans.length ? spans[spans.length - 1].right : 0;
}

function scaleBack(spans, px) {
  for (const s of spans) {
    if (px < s.left) return s.from;
    if (px <= s.right) return s.from + ((s.to - s.from) * (px - s.left)) / (s.right - s.left);
  }
  return spans.length ? spans[spans.length - 1].to : 0;
}

const STEPS = [
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  91 * DAY,
  365 * DAY,
  1826 * DAY,
];

function stepFor(ms, count) {
  return (
    STEPS.find(s => ms / s <= count) ||
    STEPS[STEPS.length - 1] * Math.ceil(ms / count / STEPS[STEPS.length - 1])
  );
}

/* Round times inside a span, about one a `px` pixels: [{ms, label}]. */
function ticks(from, to, width, px) {
  const step = stepFor(to - from, Math.max(1, width / px)),
    shift = offsetMs(from),
    found = [];
  for (let ms = Math.ceil((from + shift) / step) * step - shift; ms <= to; ms += step)
    found.push({
      ms,
      label: step < DAY ? hourText(ms) : step < 300 * DAY ? dayText(ms) : String(civil(ms).year),
    });
  return found;
}
