/* The way through the page: sections of the front, a page for `#scenario/` and for `#scenario/step`, queries in the address. */

/* -- the explorer: tables of all steps, scenarios and judgements ------------------------------------------------------------ */

const KINDS = {
  steps: { title: "Steps", columns: STEP_COLUMNS, query: stepQuery, hint: "status:failed mem>1g wall>10s step:train*", height: 46 },
  findings: { title: "Findings", columns: JUDGED_COLUMNS, query: judgedQuery, hint: "outcome:fail kind:rule step:train*", height: 46 },
  scenarios: { title: "Scenarios", columns: SCENARIO_COLUMNS, query: (text) => understood(text, { texts: { result: (row) => scenarios.word[row] }, anywhere: (row) => scenarios.name[row] }), hint: "result:failed churn", height: 40 },
};

function explorer(kind, rows, { isOfScenario = false, onChange = () => {} } = {}) {
  const { columns, query, hint, height, title } = KINDS[kind];
  const wanted = Object.entries(columns).filter(([name]) => !(isOfScenario && name === "scenario")).map(([, column]) => column);
  const counted = el("span.counted", { role: "status" });
  const table = new LongTable(title, wanted, height, () => onChange(state()));
  const input = el("input", { type: "search", placeholder: hint, "aria-label": `Filter ${title.toLowerCase()}`, spellcheck: "false", autocomplete: "off", oninput: () => (filter(), onChange(state())) });
  const nameOf = (column) => Object.keys(columns).find((name) => columns[name] === column);
  const state = () => ({ q: input.value, sort: table.order ? (table.order.isDown ? "-" : "") + nameOf(table.order.column) : "" });
  function filter() {
    const { test, unknown } = query(input.value);
    const left = input.value.trim() ? rows.filter(test) : rows;
    counted.textContent = `${grouped(left.length)} of ${grouped(rows.length)}` + (unknown.length ? `; not understood: ${unknown.join(" ")}` : "");
    table.show(left);
  }
  function restore({ q = "", sort = "" }) {
    input.value = q;
    const column = columns[sort.replace(/^-/, "")];
    table.order = column && column.value ? { column, isDown: sort.startsWith("-") } : null;
    filter();
  }
  const quick = el("div.quick", {}, quickQueries(kind, rows).map((text) => el("button", { type: "button", onclick: () => ((input.value = text), filter(), onChange(state())) }, text || "all")));
  const element = el("div.explorer", { "data-explorer": kind }, el("div.explorer-head", {}, input, counted), quick, table.element, el("div", { "data-chosen": "" }));
  requestAnimationFrame(() => { table.from = null; table.draw(); });
  filter();
  return { element, restore };
}

/** Queries worth a button: one for each status that is there. */
function quickQueries(kind, rows) {
  const words = (read) => [...new Set(rows.map(read))].sort();
  const all = { steps: () => words((step) => statusOf(step)[1]).map((word) => "status:" + word.replaceAll(" ", "_")), findings: () => words((row) => judged.word[row]).map((word) => "outcome:" + word.toLowerCase().replaceAll(" ", "_")), scenarios: () => words((row) => scenarios.word[row]).map((word) => "result:" + word.replaceAll(" ", "_")) }[kind]();
  return all.length > 1 ? ["", ...all] : [];
}

const front = byId("front"), page = byId("page"), place = byId("explorer");
const tabs = {};
let current;

const countOf = { steps: () => steps.name.length, findings: () => index.judged, scenarios: () => scenarios.name.length };
const rowsOf = { steps: () => steps.name.map((_, step) => step), scenarios: () => scenarios.name.map((_, row) => row), findings: async () => (await openJudgements()).kind.map((_, row) => row) };

async function choose(kind, wanted = {}) {
  current = kind;
  for (const [name, tab] of Object.entries(tabs)) tab.setAttribute("aria-pressed", String(name === kind));
  const made = explorer(kind, await rowsOf[kind](), { onChange: remember });
  if (current !== kind) return;
  place.replaceChildren(made.element);
  made.restore(wanted);
}

/** The address holds what is filtered and sorted, so that it can be sent to somebody. */
function remember(state) {
  const wanted = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
  try {
    history.replaceState(null, "", "#" + current + (String(wanted) ? "?" + wanted : ""));
  } catch {
    // a sandboxed frame has no history of its own: the table is filtered all the same
  }
}

function offerTabs() {
  const bar = byId("explorer-tabs");
  for (const [kind, { title }] of Object.entries(KINDS)) {
    tabs[kind] = el("button", { type: "button", "aria-pressed": "false", onclick: () => (choose(kind), remember({})) }, `${title} (${grouped(countOf[kind]())})`);
    bar.append(tabs[kind]);
  }
}

/* -- addresses -------------------------------------------------------------------------------------------------------------- */

const decoded = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const titleOfFront = document.title;

/** What was decided about the run, above each page of it. */
function verdictLine() {
  const { look, words, reason } = page.dataset;
  return el("h1.verdict-line", {}, badge(look, words), " ", el("a", { href: "#top" }, reason));
}

async function showPage(made, title, focus) {
  for (const chart of charts.splice(0)) chart.forget();
  const content = await made();
  front.remove(); // one page at a time is in the document, however many there are
  page.hidden = false;
  page.replaceChildren(verdictLine(), content);
  document.title = title + " - " + titleOfFront;
  const target = focus && document.getElementById(focus);
  if (target) target.scrollIntoView();
  else scrollTo({ top: 0, behavior: "instant" });
  page.querySelector("h2")?.focus({ preventScroll: true });
}

function showFront() {
  for (const chart of charts.splice(0)) chart.forget();
  page.replaceChildren();
  page.hidden = true;
  if (!front.isConnected) page.before(front);
  document.title = titleOfFront;
}

let turn = 0;

async function go() {
  const mine = (turn += 1);
  const hash = location.hash.slice(1);
  const [address, query] = hash.split("?");
  if (address in KINDS) {
    showFront();
    await choose(address, Object.fromEntries(new URLSearchParams(query)));
    byId("steps").scrollIntoView();
    return;
  }
  const [scenarioName, rest] = address.includes("/") ? [address.slice(0, address.indexOf("/")), address.slice(address.indexOf("/") + 1)] : [address, ""];
  const isOnFront = !address.includes("/") && (!address || front.querySelector("#" + CSS.escape(decoded(address))) || byId(address));
  const scenario = isOnFront ? -1 : scenarios.name.indexOf(decoded(scenarioName));
  if (scenario < 0) {
    showFront();
    const target = byId(decoded(address));
    for (let around = target; around; around = around.parentElement) if (around.tagName === "DETAILS") around.open = true;
    if (target && target !== byId("top")) target.scrollIntoView();
    else if (!target && hash) byId("lost").hidden = false;
    return;
  }
  const step = stepsOf(scenario).find((each) => steps.name[each] === decoded(rest));
  if (mine !== turn) return;
  if (step !== undefined) await showPage(() => stepPage(step), steps.name[step]);
  else await showPage(() => scenarioPage(scenario), scenarios.name[scenario], hash);
}

/* -- the theme ---------------------------------------------------------------------------------------------------------------- */

const kept = {
  get: () => {
    try {
      return localStorage.getItem("readiness-theme");
    } catch {
      return null; // no storage in a sandboxed frame
    }
  },
  set: (name) => {
    try {
      localStorage.setItem("readiness-theme", name);
    } catch {
      // the choice then lasts as long as the page
    }
  },
};

function setTheme(name) {
  if (name === "light" || name === "dark") document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  for (const chart of charts) chart.recolour();
}

function offerTheme() {
  const button = byId("theme");
  button.hidden = false;
  const say = () => (button.textContent = themeName() === "dark" ? "Light" : "Dark");
  button.addEventListener("click", () => {
    setTheme(themeName() === "dark" ? "light" : "dark");
    kept.set(themeName());
    say();
  });
  isDark.addEventListener("change", () => (setTheme(document.documentElement.dataset.theme), say()));
  say();
}

/* -- recommendations -------------------------------------------------------------------------------------------------------- */

function offerAdviceFilter() {
  const items = [...front.querySelectorAll(".advice > li")];
  const bar = byId("advice-filter");
  if (!bar || items.length < 2) return;
  const select = (name) => {
    const made = el("select", { onchange: () => apply() }, el("option", { value: "" }, "any " + name));
    for (const value of new Set(items.map((item) => item.dataset[name]))) made.append(el("option", { value }, value));
    return made;
  };
  const [category, severity] = [select("category"), select("severity")];
  const counted = el("span.counted", { role: "status" });
  function apply() {
    for (const item of items) item.hidden = Boolean((category.value && item.dataset.category !== category.value) || (severity.value && item.dataset.severity !== severity.value));
    counted.textContent = `${items.filter((item) => !item.hidden).length} of ${items.length}`;
  }
  bar.append(el("label", {}, "Category ", category), el("label", {}, "Severity ", severity), counted);
  bar.hidden = false;
}

/* -- start ---------------------------------------------------------------------------------------------------------------- */

async function start() {
  setTheme(kept.get());
  offerTheme();
  offerAdviceFilter();
  await openDatabase();
  offerTabs();
  byId("steps").hidden = false;
  addEventListener("hashchange", go);
  await choose("steps");
  await go();
  document.documentElement.dataset.ready = "";
}

start();
