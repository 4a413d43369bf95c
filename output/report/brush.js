/* SPDX-License-Identifier: Apache-2.0
 *
 * The brushed time: dragging, zooming, resetting. It filters every view. */

/* Dragging over [left, right] of the picture sets the range; a double click resets it. */
function brushOn(picture, left, right, back) {
  let from = null,
    mark = null;
  const px = event =>
    Math.min(right, Math.max(left, event.clientX - picture.getBoundingClientRect().left));
  picture.addEventListener("pointerdown", event => {
    if (event.target.closest(".phaserow, .hopno, .dot") || px(event) <= left || px(event) >= right)
      return;
    from = px(event);
    mark = rect(from, 0, 0, Number(picture.getAttribute("height")), "dragging");
    picture.append(mark);
    picture.setPointerCapture(event.pointerId);
  });
  picture.addEventListener("pointermove", event => {
    if (from === null) return;
    mark.setAttribute("x", Math.min(from, px(event)));
    mark.setAttribute("width", Math.abs(px(event) - from));
  });
  picture.addEventListener("pointerup", event => {
    if (from === null) return;
    const a = Math.min(from, px(event)),
      b = Math.max(from, px(event));
    from = null;
    mark.remove();
    if (b - a > 4) setRange([back(a), back(b)]);
  });
  picture.addEventListener("dblclick", () => setRange(null));
}

function setRange(range) {
  view.range = range;
  refresh();
}

/* Zooms by a factor around the middle of what is seen. */
function zoom(factor) {
  const times = timesInView();
  if (!times.length && !view.range) return;
  const [from, to] = view.range || [times[0], times[times.length - 1]];
  const middle = (from + to) / 2,
    half = Math.max(MINUTE, ((to - from) / 2) * factor);
  setRange(
    from - (half - (to - from) / 2) <= data.from && to >= data.to
      ? null
      : [middle - half, middle + half],
  );
}
