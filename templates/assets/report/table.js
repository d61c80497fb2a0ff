/* A table of any length: only the rows on the screen are in the document. */

const SPARE_ROWS = 2;

class LongTable {
  /** `columns`: {title, cell(row), value(row)?, isNumber?}; `value` makes a column one that can be sorted. */
  constructor(caption, columns, rowHeight, onSort = () => {}) {
    this.columns = columns;
    this.rowHeight = rowHeight;
    this.order = null;
    this.onSort = onSort;
    this.heads = columns.map((column) => this.head(column));
    this.body = el("tbody");
    this.table = el("table", { "aria-rowcount": 0 }, el("caption.unseen", {}, caption), el("thead", {}, el("tr", { "aria-rowindex": 1 }, this.heads)), this.body);
    this.element = el("div.scroll.long", { tabindex: 0, role: "region", "aria-label": caption, onscroll: () => this.draw() }, this.table);
    this.element.style.setProperty("--row", rowHeight + "px");
  }

  head(column) {
    const title = column.value ? el("button", { type: "button", onclick: () => this.sortBy(column) }, column.title) : column.title;
    return el(column.isNumber ? "th.num" : "th", { scope: "col" }, title);
  }

  show(rows) {
    this.all = rows;
    this.arrange();
  }

  sortBy(column, isDown = this.order && this.order.column === column ? !this.order.isDown : Boolean(column.isNumber)) {
    this.order = { column, isDown };
    this.arrange();
    this.onSort(column, isDown);
  }

  arrange() {
    this.rows = this.order ? this.sorted() : this.all;
    this.heads.forEach((head, place) => {
      const isOrder = this.order && this.order.column === this.columns[place];
      if (isOrder) head.setAttribute("aria-sort", this.order.isDown ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.table.setAttribute("aria-rowcount", this.rows.length + 1);
    this.element.scrollTop = 0;
    this.from = null;
    this.draw();
  }

  /** What was not measured stands last, whichever way the table is sorted. */
  sorted() {
    const { column, isDown } = this.order;
    const keyed = this.all.map((row) => [column.value(row), row]);
    const compare = typeof keyed.find(([key]) => !isAbsent(key))?.[0] === "string" ? (a, b) => (a < b ? -1 : a > b ? 1 : 0) : (a, b) => a - b;
    const known = keyed.filter(([key]) => !isAbsent(key)).sort(([a], [b]) => (isDown ? compare(b, a) : compare(a, b)));
    return [...known, ...keyed.filter(([key]) => isAbsent(key))].map(([, row]) => row);
  }

  draw() {
    const height = this.element.clientHeight || 600;
    const count = Math.ceil(height / this.rowHeight) + 2 * SPARE_ROWS;
    const wanted = Math.max(0, Math.floor(this.element.scrollTop / this.rowHeight) - SPARE_ROWS);
    const from = Math.max(0, Math.min(wanted, this.rows.length - count));
    if (from === this.from) return;
    this.from = from;
    const shown = this.rows.slice(from, from + count);
    const lines = shown.map((row, place) => el("tr", { "aria-rowindex": from + place + 2 }, this.columns.map((column) => column.cell(row))));
    const below = this.rows.length - from - shown.length;
    this.body.replaceChildren(...[this.gap(from), ...lines, this.gap(below)].filter(Boolean));
  }

  gap(count) {
    if (!count) return null;
    const made = el("tr.gap", { "aria-hidden": "true" }, el("td", { colspan: this.columns.length }));
    made.firstChild.style.height = count * this.rowHeight + "px";
    return made;
  }
}

function meter(share) {
  const level = share >= 1 ? " is-over" : share >= 0.8 ? " is-near" : "";
  const bar = svg("svg", { class: "meter" + level, viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" });
  bar.append(svg("rect", { class: "meter-all", width: 100, height: 8 }), svg("rect", { class: "meter-used", width: Math.min(share * 100, 100).toFixed(1), height: 8 }));
  return el("span.share", {}, ratioInWords(share), bar);
}

const figure = (told, isKnown) => el("td.num", {}, isKnown ? told : absent(told));

const STEP_COLUMNS = {
  step: {
    title: "Step",
    value: (step) => steps.name[step].toLowerCase(),
    cell: (step) => el("th", { scope: "row" }, el("a.cut-off", { href: stepLink(step) }, steps.name[step]), el("span.sub.cut-off", {}, index.types[steps.type[step]] + (steps.slack[step] === 0 ? ", on the critical path" : ""))),
  },
  scenario: {
    title: "Scenario",
    value: (step) => scenarios.name[steps.scenario[step]].toLowerCase(),
    cell: (step) => el("td", {}, el("a.cut-off", { href: scenarioLink(steps.scenario[step]) }, scenarios.name[steps.scenario[step]])),
  },
  status: { title: "Status", value: (step) => statusOf(step)[1], cell: (step) => el("td", {}, badge(...statusOf(step))) },
  wall: { title: "Wall time", isNumber: true, value: (step) => steps.wall[step], cell: (step) => figure(secondsInWords(steps.wall[step]), !isAbsent(steps.wall[step])) },
  cpu: { title: "CPU time", isNumber: true, value: (step) => steps.cpu[step], cell: (step) => figure(secondsInWords(steps.cpu[step]), !isAbsent(steps.cpu[step])) },
  peak: { title: "Peak memory", isNumber: true, value: peakBytes, cell: (step) => figure(bytesInWords(peakBytes(step)), isPeak(step)) },
  used: {
    title: "Of its limit",
    value: usedOf,
    isNumber: true,
    cell: (step) => el("td.num", {}, isAbsent(usedOf(step)) ? absent(steps.limit[step] ? "not measured" : "no limit") : meter(usedOf(step))),
  },
};

const whereOf = (row) => {
  const [scenario, step] = [judged.scenario[row], judged.step[row]];
  if (step !== null) return el("a.cut-off", { href: stepLink(step) }, steps.name[step]);
  return scenario === null ? el("span.none", {}, "the run") : el("a.cut-off", { href: scenarioLink(scenario) }, scenarios.name[scenario]);
};

const JUDGED_COLUMNS = {
  outcome: { title: "Outcome", cell: (row) => el("td", {}, badge(judged.look[row], judged.word[row])) },
  kind: { title: "Kind", value: (row) => judged.kind[row], cell: (row) => el("td", {}, judged.kind[row]) },
  where: { title: "Where", value: (row) => JUDGED_TEXTS.scenario(row) + "/" + JUDGED_TEXTS.step(row), cell: (row) => el("td", {}, whereOf(row)) },
  what: { title: "What", value: (row) => judged.id[row], cell: (row) => el("th", { scope: "row" }, el("span.cut-off", {}, judged.title[row] || judged.id[row]), el("span.sub.mono.cut-off", {}, judged.id[row])) },
  found: { title: "Found", cell: (row) => el("td.found", {}, el("button.as-text", { type: "button", onclick: (event) => showJudgement(event.currentTarget, row) }, judged.text[row])) },
};

const SCENARIO_COLUMNS = {
  name: { title: "Scenario", value: (row) => scenarios.name[row].toLowerCase(), cell: (row) => el("th", { scope: "row" }, el("a.cut-off", { href: scenarioLink(row) }, scenarios.name[row])) },
  result: { title: "Result", value: (row) => scenarios.word[row], cell: (row) => el("td", {}, badge(scenarios.look[row], scenarios.word[row])) },
  steps: { title: "Steps", isNumber: true, value: (row) => scenarios.count[row], cell: (row) => el("td.num", {}, grouped(scenarios.count[row])) },
  time: { title: "Time", isNumber: true, value: (row) => scenarios.seconds[row], cell: (row) => figure(secondsInWords(scenarios.seconds[row]), !isAbsent(scenarios.seconds[row])) },
};

/** The whole of one judgement, below the table that it was chosen in. */
function judgementCard(row) {
  const pair = (label, told) => (told ? el("div", {}, el("dt", {}, label), el("dd", {}, told)) : null);
  return el(
    "div.card.is-" + judged.look[row],
    {},
    el("p", {}, badge(judged.look[row], judged.word[row]), " ", el("b", {}, judged.title[row] || judged.id[row]), " ", el("span.sub-inline.mono", {}, judged.id[row])),
    el("p.cause-said", {}, judged.text[row]),
    judged.examples[row].length ? el("p.sub", {}, "for example " + judged.examples[row].join("; ")) : null,
    el("dl.cause-facts", {}, pair("Measured", judged.measured[row]), pair("Threshold", judged.threshold[row]), pair("What to do", judged.remedy[row])),
  );
}

function showJudgement(button, row) {
  const place = button.closest("[data-explorer]").querySelector("[data-chosen]");
  place.replaceChildren(judgementCard(row));
  place.scrollIntoView({ block: "nearest" });
}
