/* The pages of a scenario and of a step. */

const MOST_CARDS = 12;
let charts = [];

const MEMORY_NOTE = () =>
  el(
    "details.explain",
    {},
    el("summary", {}, "What is counted as memory"),
    el("p", {}, "The resident memory of all processes of a step together. RSS counts a page that several processes share once for each of them, so a sum of RSS is too much where a step forks; PSS gives each process its part of such pages, so a sum of PSS counts every page once. PSS is dear to read, so it is read near new peaks only; between them the line is RSS, corrected where processes are known to share. The recorded peak can lie between two samples: it comes from the kernel's own high-water marks."),
  );

const drawnNote = (series) => {
  const counts = series.map(({ drawn }) => drawn.samples);
  const kept = series.reduce((sum, { drawn }) => sum + drawn.times.length, 0);
  const taken = counts.reduce((sum, count) => sum + count, 0);
  return kept < taken ? `${grouped(kept)} of ${grouped(taken)} samples are drawn, among them the largest and smallest of each stretch; samples.parquet of each step has all. ` : "";
};

function shown(made) {
  charts.push(...made);
  return made.map((chart) => chart.element);
}

/* -- a scenario ---------------------------------------------------------------------------------------------------------- */

async function scenarioPage(scenario) {
  const page = el("div");
  page.innerHTML = await part(index.sections[scenario]); // written by this page's own templates, which escape
  const all = stepsOf(scenario);
  const place = page.querySelector("[data-steps]");
  if (!all.length || !place) return page;
  const time = [];
  const made = [new Chart("timeline", "Timeline of steps", leftOut(mostTelling(all, (step) => steps.wall[step]), all) + "Outlined: the critical path. Waiting: all that the step depends on had ended, and it was not its turn yet. Staging: its inputs are placed; earlier attempts count as that, too.", (theme) => timeline(all, theme), { group: time })];
  const chosen = mostTelling(all.filter(hasBar), (step) => steps.peak[step] * (1 + steps.wall[step]));
  const series = (await Promise.all(chosen.map(async (step) => ({ step, start: startOf(step), drawn: await seriesOf(step) })))).filter(({ drawn }) => drawn);
  if (series.length) {
    const span = spanOf(all), left = leftMargin(mostTelling(all, (step) => steps.wall[step]).map((step) => steps.name[step]));
    const note = leftOut(chosen, all.filter(hasBar)) + drawnNote(series);
    made.push(new Chart("memory", "Memory over time", note + "Memory of the whole process tree of each step.", (theme) => memory(series, span, theme, left), { group: time, more: MEMORY_NOTE() }));
    made.push(new Chart("cpu", "CPU over time", note + "Cores kept busy between one sample and the next.", (theme) => cpu(series, span, theme, left), { group: time }));
  }
  if (all.some(isPeak)) {
    const rest = all.filter(isPeak).length - MOST_ROWS;
    made.push(new Chart("peaks", "Peak memory of each step", (rest > 0 ? `The ${grouped(rest)} steps with smaller peaks are in the table. ` : "") + "Largest first, with the limit of each.", (theme) => peaks(all, theme)));
  }
  place.append(...shown(made), explorer("steps", all, { isOfScenario: true }).element);
  return page;
}

/* -- a step -------------------------------------------------------------------------------------------------------------- */

const pairs = (facts) => el("dl.facts", {}, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));

function plainTable(caption, titles, rows) {
  const body = rows.map((row) => (Array.isArray(row) ? el("tr", {}, row.map((told, place) => (place ? el("td.mono", {}, String(told)) : el("th", { scope: "row" }, String(told))))) : row));
  return el("div.scroll", { tabindex: 0, role: "region", "aria-label": caption }, el("table", {}, el("caption.unseen", {}, caption), el("thead", {}, el("tr", {}, titles.map((title) => el("th", { scope: "col" }, title)))), el("tbody", {}, body)));
}

function block(title, content, about = "") {
  return content ? el("section.part", {}, el("h3", {}, title, about ? el("span.counted", {}, about) : null), content) : null;
}

function comparedTable(rows, name) {
  const titles = ["Standing", "Figure", "Baseline", "This run", "Difference", "Why it stands so"];
  const body = rows.map(([look, word, title, before, now, delta, note]) =>
    el("tr", {}, el("td", {}, badge(look, word)), el("th", { scope: "row" }, title), [before, now, delta].map((told) => el("td.num", {}, told)), el("td.prose", {}, note)));
  return plainTable("Figures of " + name + " beside the baseline", titles, body);
}

/** A table that the step wrote: its columns open when somebody asks. */
const tableCard = ([name, told, columns]) =>
  el("details.table-card", {}, el("summary", {}, el("b", {}, name), " ", el("span.counted", {}, told)), plainTable("Columns of " + name, ["Column", "Type", "Missing", "Values"], columns));

function commandBox(text) {
  const button = el("button", { type: "button", onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
    }
  } }, "Copy");
  const code = el("code", {}, text);
  return el("div.command", {}, code, button);
}

/** A log with one place marked: the first error, then whatever is searched for. */
function logView([stream, text, error, dropped], name) {
  const pre = el("pre", { tabindex: 0, role: "region", "aria-label": stream + " of " + name });
  const found = el("span.sub-inline", { role: "status" });
  const left = dropped ? el("span.dropped", {}, `... ${dropped} before this are left out; the run folder has more of the log ...\n`) : null;
  function mark(range) {
    const marked = range ? el("mark", {}, text.slice(...range)) : null;
    pre.replaceChildren(...[left, range ? text.slice(0, range[0]) : text, marked, range ? text.slice(range[1]) : null].filter((node) => node !== null));
    if (marked) pre.scrollTop = Math.max(0, marked.offsetTop - pre.clientHeight / 3);
  }
  const low = text.toLowerCase();
  let at = -1;
  function search(isBack) {
    const wanted = input.value.toLowerCase();
    if (!wanted) return mark(error), (found.textContent = "");
    let next = isBack ? low.lastIndexOf(wanted, at - 1) : low.indexOf(wanted, at + 1);
    if (next < 0 || (isBack && at <= 0)) next = isBack ? low.lastIndexOf(wanted) : low.indexOf(wanted);
    at = next;
    mark(at < 0 ? null : [at, at + wanted.length]);
    found.textContent = at < 0 ? "not found" : `${low.slice(0, at).split(wanted).length} of ${low.split(wanted).length - 1}`;
  }
  const input = el("input", { type: "search", placeholder: "Find in the log", "aria-label": "Find in " + stream, oninput: () => ((at = -1), search()), onkeydown: (event) => event.key === "Enter" && (event.preventDefault(), search(event.shiftKey)) });
  const lines = text.split("\n").length;
  const said = error ? el("p.log-first", {}, "First line that looks like an error: ", el("span.mono", {}, text.slice(...error).slice(0, 300))) : null;
  const view = el("div.log", {}, el("div.log-head", {}, el("b", {}, stream), el("span.counted", {}, `${grouped(lines)} ${lines === 1 ? "line" : "lines"}`), input, found), said, pre);
  requestAnimationFrame(() => mark(error));
  return view;
}

function relatives(step) {
  const first = scenarios.first[steps.scenario[step]], count = scenarios.count[steps.scenario[step]];
  const before = steps.depends[step].map((back) => step - back);
  const after = [];
  for (let other = step + 1; other < first + count && after.length < 12; other += 1) if (steps.depends[other].includes(other - step)) after.push(other);
  const links = (all) => all.slice(0, 12).flatMap((other, place) => [place ? ", " : "", el("a", { href: stepLink(other) }, steps.name[other]), statusOf(other)[0] === "pass" ? "" : ` (${statusOf(other)[1]})`]);
  return [before.length ? ["Depends on", el("span", {}, links(before))] : null, after.length ? ["Before", el("span", {}, links(after))] : null].filter(Boolean);
}

function timesOf(step) {
  const wall = steps.wall[step], used = steps.cpu[step];
  if (!(statusOf(step)[1] in HATCHES) && isAbsent(wall)) return []; // it had no process
  return [["Wall time", secondsInWords(wall)], ["CPU time", secondsInWords(used) + (wall && !isAbsent(used) ? `, ${(used / wall).toFixed(1)} cores` : "")]];
}

async function stepPage(step) {
  const [words, drawn] = await Promise.all([wordsOf(step), seriesOf(step), openJudgements()]);
  const scenario = steps.scenario[step], name = steps.name[step], first = scenarios.first[scenario];
  const neighbour = (other, word) => (other >= first && other < first + scenarios.count[scenario] ? el("a", { href: stepLink(other), rel: word }, word === "prev" ? "\u2190 " + steps.name[other] : steps.name[other] + " \u2192") : null);
  const slack = steps.slack[step];
  const timing = isAbsent(slack) ? [] : [["Critical path", slack === 0 ? "on it: every second here is a second of the scenario" : `not on it: could last ${secondsInWords(slack)} longer`]];
  const mine = judged.kind.map((_, row) => row).filter((row) => judged.step[row] === step);
  const logs = words.logs.length ? block("Logs", el("div", {}, words.logs.map((log) => logView(log, name)))) : block("Logs", el("p.none", {}, "No log of it is on this page; the run folder has what it wrote."));
  const hasFailed = ["fail", "error"].includes(statusOf(step)[0]);
  return el(
    "section.scenario.step-page",
    { "aria-labelledby": "step-title" },
    el("p.trail", {}, el("a", { href: "#steps" }, "All steps"), " / ", el("a", { href: scenarioLink(scenario) }, scenarios.name[scenario]), el("span.neighbours", {}, neighbour(step - 1, "prev"), neighbour(step + 1, "next"))),
    el("div.scenario-head", {}, el("h2", { id: "step-title", tabindex: -1 }, el("span.kicker", {}, index.types[steps.type[step]] + " step"), name), badge(...statusOf(step))),
    words.reason ? el(statusOf(step)[0] === "fail" ? "p.cause.cause-said" : "p.cause-said", {}, words.reason) : null,
    pairs([...timesOf(step), ...words.facts, ...timing, ...relatives(step)]),
    block("Run it again", words.rerun && commandBox(words.rerun), "this step and what it depends on"),
    hasFailed ? logs : null,
    drawn && courseOf(step, drawn, words.instance),
    block("Beside the baseline", words.compared?.length && comparedTable(words.compared, name)),
    mine.length ? block("Judged and found", el("div", {}, mine.slice(0, MOST_CARDS).map(judgementCard)), mine.length > MOST_CARDS ? `the worst ${MOST_CARDS} of ${grouped(mine.length)}` : "") : null,
    hasFailed ? null : logs,
    block("Command", words.command && commandBox(words.command)),
    block("Inputs", words.inputs?.length && plainTable("Inputs of " + name, ["Input", "From", "Placed in", "Rows", "Columns", "Size"], words.inputs)),
    block("Outputs", words.outputs.length ? plainTable("Outputs of " + name, ["Output", "To", "Files", "Size"], words.outputs) : null),
    block("Tables in its outputs", words.tables.length ? el("div", {}, words.tables.map(tableCard)) : null),
    block("Environment variables", words.variables?.length && plainTable("Variables of " + name, ["Variable", "Value"], words.variables), "values that look like secrets are hidden"),
    block("Calls to AWS by its scripts", words.accesses.length ? plainTable("Calls of " + name, ["Operation", "On", "Status", "Requests"], words.accesses) : null),
  );
}

/** Memory and CPU of one step over its time. */
function courseOf(step, drawn, instance) {
  const series = [{ step, start: 0, drawn }], group = [], note = drawnNote(series);
  const span = Math.max(drawn.times[drawn.times.length - 1], steps.wall[step] || 0, 0.01) * 1.02;
  return block("Over time", shown([
    new Chart("memory", "Memory of the whole process tree", note, (theme) => memory(series, span, theme, 56, instance), { group, more: MEMORY_NOTE() }),
    new Chart("cpu", "CPU", note + "Cores kept busy between one sample and the next.", (theme) => cpu(series, span, theme, 56), { group }),
  ]));
}
