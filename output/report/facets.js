/* SPDX-License-Identifier: Apache-2.0
 *
 * Above the table: the search line, the facets with their values and counts, the filters in
 * force as chips. */

function facetMenu(facet) {
  const chosen = view.facets[facet],
    menu = el("div", { class: "menu", role: "group" });
  for (const [value, count] of facetCounts(facet).slice(0, 200)) {
    const box = el("input", {
      type: "checkbox",
      change: () => {
        toggleFacet(facet, value);
      },
    });
    box.checked = Boolean(chosen && chosen.has(value));
    menu.append(
      el(
        "label",
        null,
        box,
        facet === "phase" && phaseSquare(value),
        raw(facetLabel(facet, value)),
        el("span", { class: "num" }, number(count)),
      ),
    );
  }
  return menu;
}

function facetButton(facet) {
  const holder = el(
    "details",
    {
      class: "facet",
      "data-facet": facet,
      toggle: () => {
        const old = holder.querySelector(".menu");
        if (old) old.remove();
        if (!holder.open) return;
        document.querySelectorAll("details.facet[open]").forEach(d => {
          if (d !== holder) d.open = false;
        });
        holder.append(facetMenu(facet));
      },
    },
    el("summary", null, t(facet)),
  );
  return holder;
}

function chip(text, remove) {
  return button([raw(text), " ×"], { class: "chip" }, remove);
}

function drawChips() {
  const chips = [];
  if (view.only)
    chips.push(
      chip(view.only.label, () => {
        view.only = null;
        refresh();
      }),
    );
  if (view.range) chips.push(chip(spanText(view.range[0], view.range[1]), () => setRange(null)));
  for (const facet of FACETS)
    for (const value of view.facets[facet] || [])
      chips.push(chip(t(facet) + ": " + facetLabel(facet, value), () => toggleFacet(facet, value)));
  if (filtered()) chips.push(button(t("clear"), { class: "link", id: "clear" }, clearFilters));
  clearInto($("chips"), chips);
}

let searchTimer = 0;

function searchBox() {
  const box = el("input", {
    type: "search",
    id: "search",
    placeholder: t("search"),
    title: t("search_help"),
    "aria-label": t("search"),
    spellcheck: "false",
    input: () => {
      clearTimeout(searchTimer);
      searchTimer = setTimeout(
        () => {
          view.query = box.value;
          refresh();
        },
        rows.n > 20000 ? 300 : 60,
      );
    },
  });
  box.value = view.query;
  return box;
}

function regexSwitch() {
  return button(
    t("regex"),
    { class: view.regex ? "on" : "", "aria-pressed": String(view.regex), id: "regex" },
    () => {
      view.regex = !view.regex;
      drawTimeline();
      refresh();
    },
  );
}
