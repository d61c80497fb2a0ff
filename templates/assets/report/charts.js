/* Figures for plotly.js: what was measured is drawn; what was not is said in words. Drawn when they come near the screen. */

const MOST_ROWS = 45;
const MIB = 2 ** 20;
const THEMES = {
  light: {
    ink: "#1b2430", muted: "#56616f", grid: "#dfe4ea", paper: "#ffffff", limit: "#b3261e", waiting: "#cfd6de", staging: "#93a1b1", lines: ["#2f6db5", "#0b7a75"],
    succeeded: "#2f6db5", flaky: "#0b7a75", failed: "#b3261e", "timed out": "#b25e09", "out of memory": "#86288f", interrupted: "#56616f",
  },
  dark: {
    ink: "#e7ecf2", muted: "#a5b0bd", grid: "#2c3641", paper: "#171d25", limit: "#ff8f80", waiting: "#3c4855", staging: "#76869a", lines: ["#74aaf0", "#4cc9bd"],
    succeeded: "#74aaf0", flaky: "#4cc9bd", failed: "#ff8f80", "timed out": "#f0b25e", "out of memory": "#dd8fe6", interrupted: "#a5b0bd",
  },
};
const HATCHES = { succeeded: "", flaky: ".", failed: "/", "timed out": "-", "out of memory": "x", interrupted: "|" };
const SYMBOLS = { blocked: "diamond-open", reused: "square-open", failed: "x-thin-open" };
const SETTINGS = { displaylogo: false, modeBarButtonsToRemove: ["sendChartToCloud", "select2d", "lasso2d", "autoScale2d"], plotlyServerURL: "", responsive: true };

/* -- common parts ------------------------------------------------------------------------------------------------------ */

const literal = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** A name as plotly.js shows it literally, shortened in the middle. */
function label(text, length = 34) {
  const letters = [...text];
  const half = Math.floor(length / 2);
  return literal(letters.length > length ? letters.slice(0, half).join("") + "\u2026" + letters.slice(1 - half).join("") : text);
}

const titled = (text, theme) => ({ text, font: { size: 12, color: theme.muted }, standoff: 8 });

function layoutOf(theme, rowCount) {
  const axis = () => ({ gridcolor: theme.grid, zerolinecolor: theme.grid, linecolor: theme.grid, automargin: true });
  return {
    autosize: true,
    barmode: "overlay",
    dragmode: "zoom",
    font: { family: "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif", size: 12, color: theme.ink },
    height: rowCount ? 96 + 26 * Math.max(rowCount, 2) : 300,
    hoverlabel: { align: "left", bgcolor: theme.paper, bordercolor: theme.muted, font: { color: theme.ink } },
    hovermode: "closest",
    legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", itemclick: false },
    margin: { l: 56, r: 16, t: 38, b: 46 },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.muted, activecolor: theme.ink },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    showlegend: true,
    xaxis: axis(),
    yaxis: axis(),
  };
}

const shortest = () => (innerWidth < 600 ? 15 : 34);
const leftMargin = (names) => 22 + 7 * Math.max(0, ...names.map((name) => Math.min([...name].length, shortest())));

function nameRows(layout, names) {
  layout.margin.l = leftMargin(names);
  Object.assign(layout.yaxis, {
    automargin: false, range: [Math.max(names.length, 2) - 0.5, -0.5], showgrid: false, ticklabelstandoff: 9, tickmode: "array",
    tickvals: names.map((_, row) => row), ticktext: names.map((name) => label(name, shortest())), zeroline: false,
  });
}

const bars = (name, colour, hatch, theme, parts) => ({
  type: "bar", orientation: "h", name, width: 0.64,
  marker: { color: colour, line: { width: parts.map((each) => (each.isCritical ? 2 : 0)), color: theme.ink }, pattern: { shape: hatch, fgcolor: theme.paper, fillmode: "overlay", size: 7, solidity: 0.35 } },
  y: parts.map((each) => each.row), base: parts.map((each) => each.start), x: parts.map((each) => each.length),
  customdata: parts.map((each) => each.told), ids: parts.map((each) => String(each.step)), hovertemplate: "%{customdata}<extra></extra>",
});

/** Words in rows that have no bar. */
const remarks = (rows, at, theme) => ({
  type: "scatter", mode: "markers+text", name: "no bar", showlegend: false, cliponaxis: false,
  x: rows.map(() => at), y: rows.map((each) => each.row), text: rows.map((each) => "  " + each.word), textposition: "middle right", textfont: { color: theme.muted },
  marker: { symbol: rows.map((each) => each.symbol), size: 9, color: theme.muted, line: { width: 2 } },
  customdata: rows.map((each) => each.told), ids: rows.map((each) => String(each.step)), hovertemplate: "%{customdata}<extra></extra>",
});

const bound = (name, colour, x, y, dash = "dash") => ({
  type: "scatter", mode: "lines", name, x, y, line: { color: colour, dash, width: 2 }, hovertemplate: name + ": %{y:,.0f}<extra></extra>",
});

const figureOf = (data, layout) => ({ data: data.filter((trace) => trace.y.length), layout });

function told(step) {
  const lines = ["<b>" + label(steps.name[step], 60) + "</b>", statusOf(step)[1]];
  if (!isAbsent(steps.wall[step])) lines.push("wall time " + secondsInWords(steps.wall[step]), "peak memory " + bytesInWords(peakBytes(step)));
  if (steps.attempts[step] > 1) lines.push(steps.attempts[step] + " attempts");
  if (steps.slack[step] === 0) lines.push("on the critical path");
  else if (!isAbsent(steps.slack[step])) lines.push("could last " + secondsInWords(steps.slack[step]) + " longer");
  return lines.join("<br>");
}

/* -- when a step ran ----------------------------------------------------------------------------------------------------- */

const hasBar = (step) => statusOf(step)[1] in HATCHES && !isAbsent(steps.start[step]) && !isAbsent(steps.wall[step]);
const startOf = (step) => steps.start[step] + (steps.staging[step] || 0);
const endOf = (step) => startOf(step) + steps.wall[step];

function spanOf(all) {
  const end = all.reduce((latest, step) => (hasBar(step) ? Math.max(latest, endOf(step)) : latest), 0);
  const hasWords = all.some((step) => hasBar(step) && statusOf(step)[1] !== "succeeded");
  return Math.max(end, 0.01) * (hasWords ? 1.12 : 1.03);
}

const timeAxis = (span, theme) => ({ range: [0, span], title: titled("seconds since the scenario began", theme) });

/** At most `most` steps, in their order: failed ones, those of the critical path, then what has most of `weight`. */
function mostTelling(all, weight, most = MOST_ROWS) {
  if (all.length <= most) return all;
  const rank = (step) => (statusOf(step)[0] === "pass" ? (steps.slack[step] === 0 ? 1 : 0) : 2);
  const ranked = all.map((step) => [rank(step), weight(step) || 0, step]).sort((a, b) => b[0] - a[0] || b[1] - a[1] || a[2] - b[2]);
  return ranked.slice(0, most).map(([, , step]) => step).sort((a, b) => a - b);
}

const leftOut = (drawn, all) =>
  drawn.length < all.length ? `${grouped(drawn.length)} of ${grouped(all.length)} steps: what did not succeed, the critical path, then the largest; the table has all. ` : "";

/* -- the figures ----------------------------------------------------------------------------------------------------------- */

function timeline(all, theme) {
  const drawn = mostTelling(all, (step) => steps.wall[step]);
  const rows = drawn.map((step, row) => ({ step, row, word: statusOf(step)[1], told: told(step), isCritical: steps.slack[step] === 0 }));
  const timed = rows.filter(({ step }) => hasBar(step));
  const span = spanOf(all);
  const waits = timed.map(({ step, row }) => {
    const ready = Math.max(0, ...steps.depends[step].map((back) => (hasBar(step - back) ? endOf(step - back) : 0)));
    return { step, row, start: ready, length: steps.start[step] - ready, told: "<b>" + label(steps.name[step], 60) + "</b><br>waited " + secondsInWords(steps.start[step] - ready) };
  });
  const stagings = timed.map(({ step, row }) => ({
    step, row, start: steps.start[step], length: startOf(step) - steps.start[step],
    told: "<b>" + label(steps.name[step], 60) + "</b><br>staged " + secondsInWords(startOf(step) - steps.start[step]) + (steps.attempts[step] > 1 ? ", earlier attempts with it" : ""),
  }));
  const data = [
    bars("waiting", theme.waiting, "", theme, waits.filter((each) => each.length > 0)),
    bars("staging", theme.staging, "", theme, stagings.filter((each) => each.length > 0)),
  ];
  for (const [word, hatch] of Object.entries(HATCHES)) {
    const parts = timed.filter((each) => each.word === word).map((each) => ({ ...each, start: startOf(each.step), length: steps.wall[each.step] }));
    const said = word === "succeeded" ? { textposition: "none" } : { text: parts.map(() => word), textposition: "outside", textangle: 0, cliponaxis: false, constraintext: "none", outsidetextfont: { color: theme.ink } };
    data.push({ ...bars(word, theme[word], hatch, theme, parts), ...said });
  }
  data.push(remarks(rows.filter(({ step }) => !hasBar(step)).map((each) => ({ ...each, symbol: SYMBOLS[each.word] || "circle-open" })), 0.008 * span, theme));
  const layout = layoutOf(theme, rows.length);
  Object.assign(layout.xaxis, timeAxis(span, theme));
  nameRows(layout, drawn.map((step) => steps.name[step]));
  return figureOf(data, layout);
}

const tint = (colour) => `rgba(${[1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16)).join(",")},0.12)`;

/** One line with gaps for many steps; each point knows the name of its step. */
function line(name, colour, series, values, unit) {
  const trace = { type: "scatter", mode: "lines", name, showlegend: false, x: [], y: [], customdata: [], line: { color: colour, width: 1.6 }, hovertemplate: `<b>%{customdata}</b><br>%{y:,.1f} ${unit} at %{x:.1f} s<extra></extra>` };
  for (const { step, start, drawn } of series) {
    const shown = label(steps.name[step], 60);
    drawn.times.forEach((time, at) => {
      trace.x.push(start + time);
      trace.y.push(values(drawn)[at]);
      trace.customdata.push(shown);
    });
    trace.x.push(null);
    trace.y.push(null);
    trace.customdata.push("");
  }
  if (series.length === 1) Object.assign(trace, { fill: "tozeroy", fillcolor: tint(colour) }); // a fill goes across gaps
  if (series.some(({ drawn }) => drawn.times.length < 4)) trace.mode = "lines+markers";
  return trace;
}

function linesOf(series, theme, values, unit) {
  const good = series.filter(({ step }) => !(["fail", "error"].includes(statusOf(step)[0])));
  const bad = series.filter((each) => !good.includes(each));
  return [
    line("steps", theme.lines[0], good.filter((_, place) => place % 2 === 0), values, unit),
    line("steps", theme.lines[1], good.filter((_, place) => place % 2 === 1), values, unit),
    line("failed", theme.failed, bad, values, unit),
  ].filter((trace) => trace.x.length);
}

const largestOf = (traces) => traces.reduce((top, trace) => trace.y.reduce((most, value) => Math.max(most, value || 0), top), 0);

/** The two ranges of an axis, to the data and to the bounds; the one that tells more at first is shown. */
function scalesOf(top, bounds) {
  const high = Math.max(top, ...bounds);
  return { data: [0, top], limit: bounds.length ? [0, high] : null, shown: bounds.length && top >= 0.2 * high ? "limit" : "data" };
}

function memory(series, span, theme, left, instance) {
  const data = linesOf(series, theme, (drawn) => drawn.memory.map((value) => (value === null ? null : value / MIB)), "MiB");
  const top = largestOf(data) * 1.1 || 1;
  const limits = series.filter(({ step }) => limitBytes(step)).map(({ step, start, drawn }) => ({ limit: limitBytes(step) / MIB, from: start, to: start + drawn.times[drawn.times.length - 1] }));
  data.push(bound("memory limit", theme.limit, limits.flatMap(({ from, to }) => [from, to, null]), limits.flatMap(({ limit }) => [limit, limit, null])));
  const bounds = limits.map(({ limit }) => limit * 1.1);
  if (instance) {
    data.push(bound(`memory of its instance (${bytesInWords(instance)})`, theme.muted, [0, span], [instance / MIB, instance / MIB], "dot"));
    bounds.push((instance / MIB) * 1.1);
  }
  const layout = layoutOf(theme);
  layout.meta = { scales: scalesOf(top, bounds) };
  layout.margin.l = Math.max(left, 56);
  Object.assign(layout.xaxis, timeAxis(span, theme));
  Object.assign(layout.yaxis, { title: titled("MiB", theme), range: layout.meta.scales[layout.meta.scales.shown] });
  return figureOf(data, layout);
}

function cpu(series, span, theme, left) {
  const data = linesOf(series, theme, (drawn) => drawn.cpu, "busy cores");
  let top = Math.max(largestOf(data) * 1.1, 1.1);
  if (index.cores && index.cores <= 2 * top) {
    top = Math.max(top, index.cores * 1.1);
    data.push(bound(`cores of this machine (${index.cores})`, theme.muted, [0, span], [index.cores, index.cores], "dot"));
  }
  const layout = layoutOf(theme);
  layout.margin.l = Math.max(left, 56);
  Object.assign(layout.xaxis, timeAxis(span, theme));
  Object.assign(layout.yaxis, { title: titled("busy cores", theme), range: [0, top] });
  return figureOf(data, layout);
}

function peaks(all, theme) {
  const ranked = all.filter((step) => isPeak(step) || !isAbsent(steps.wall[step])).sort((a, b) => (steps.peak[b] ?? -1) - (steps.peak[a] ?? -1) || a - b);
  const rows = ranked.slice(0, MOST_ROWS).map((step, row) => ({ step, row, told: told(step), start: 0, length: isPeak(step) ? peakBytes(step) / MIB : null }));
  const known = rows.filter(({ step }) => isPeak(step));
  const limits = rows.filter(({ step }) => limitBytes(step)).map(({ step, row }) => ({ row, limit: limitBytes(step) / MIB }));
  const scales = scalesOf(Math.max(...known.map(({ length }) => length)) * 1.35, limits.map(({ limit }) => limit * 1.35));
  const data = [...Object.entries(HATCHES), ["reused", ""]].map(([word, hatch]) => {
    const parts = known.filter(({ step }) => statusOf(step)[1] === word);
    const text = parts.map(({ step }) => bytesInWords(peakBytes(step)) + (steps.limit[step] ? `, ${ratioInWords(peakBytes(step) / limitBytes(step))} of ${bytesInWords(limitBytes(step))}` : ""));
    return { ...bars(word, theme[word] || theme.muted, hatch, theme, parts), text, textposition: "outside", textangle: 0, cliponaxis: false, constraintext: "none" };
  });
  data.push(remarks(rows.filter(({ step }) => !isPeak(step)).map((each) => ({ ...each, word: "not measured", symbol: "circle-open" })), 0.008 * scales[scales.shown][1], theme));
  data.push({
    type: "scatter", mode: "markers", name: "memory limit", x: limits.map(({ limit }) => limit), y: limits.map(({ row }) => row),
    marker: { symbol: "line-ns-open", size: 16, color: theme.limit, line: { width: 3, color: theme.limit } }, hovertemplate: "limit: %{x:,.0f} MiB<extra></extra>",
  });
  const layout = layoutOf(theme, rows.length);
  layout.meta = { scales };
  Object.assign(layout.xaxis, { title: titled("MiB", theme), range: scales[scales.shown] });
  nameRows(layout, rows.map(({ step }) => steps.name[step]));
  return figureOf(data, layout);
}

/* -- drawing --------------------------------------------------------------------------------------------------------------- */

let library;

async function unpackLibrary() {
  const script = el("script");
  script.textContent = await unpacked(byId("chart-library").textContent).text();
  document.head.append(script);
  if (!window.Plotly) throw new Error("plotly.js did not start");
}

const isDark = matchMedia("(prefers-color-scheme: dark)");
const themeName = () => document.documentElement.dataset.theme || (isDark.matches ? "dark" : "light");

class Chart {
  /** `make(theme)` gives the figure; `group` are charts that look at the same time. */
  constructor(kind, title, note, make, { group, more } = {}) {
    this.kind = kind;
    this.make = make;
    this.group = group;
    this.plot = el("div.plot", { "data-kind": kind, role: "group", tabindex: 0, "aria-label": title + ": arrow keys go from mark to mark", onkeydown: (event) => this.step(event) });
    this.said = el("p.unseen", { "aria-live": "polite" });
    this.button = el("button.scale", { type: "button", hidden: true, onclick: () => this.toggle() }, "Show the limit");
    this.element = el("figure.chart.chart-" + kind, {}, el("figcaption", {}, el("h4", {}, title), el("p", {}, note), more), this.button, el("div.plot-frame", {}, this.plot), this.said);
    this.plot.style.minHeight = make(THEMES.light).layout.height + "px";
    if (group) group.push(this);
    this.watcher = new IntersectionObserver(([entry]) => (entry.isIntersecting ? this.draw() : this.undraw()), { rootMargin: "300px" });
    this.watcher.observe(this.plot);
  }

  async draw() {
    if (this.isWanted) return;
    this.isWanted = true;
    this.plot.classList.add("is-waiting");
    try {
      library = library || unpackLibrary();
      await library;
      this.plot.classList.remove("is-waiting");
      if (!this.isWanted) return;
      const { data, layout } = this.figure();
      await Plotly.newPlot(this.plot, data, layout, SETTINGS);
    } catch (error) {
      this.plot.classList.remove("is-waiting");
      this.plot.classList.add("is-broken");
      this.plot.textContent = "This browser cannot draw the chart. Its numbers are in the table.";
      return;
    }
    this.isDrawn = true;
    this.plot.on("plotly_relayout", (change) => this.lead(change));
    this.plot.on("plotly_click", ({ points }) => points[0].id && (location.hash = stepLink(+points[0].id)));
    if (!this.ranges) this.showScale();
  }

  /** The figure in the colours of the theme, where its reader has moved it to. */
  figure() {
    const made = this.make(THEMES[themeName()]);
    if (this.ranges) for (const axis of ["xaxis", "yaxis"]) made.layout[axis].range = this.ranges[axis];
    return made;
  }

  /** Charts that are far from the screen take no place in the document. */
  undraw() {
    this.isWanted = false;
    if (!this.isDrawn) return;
    this.ranges = Object.fromEntries(["xaxis", "yaxis"].map((axis) => [axis, [...this.plot.layout[axis].range]]));
    Plotly.purge(this.plot);
    this.isDrawn = false;
  }

  recolour() {
    if (!this.isDrawn) return;
    this.undraw();
    this.draw();
  }

  /** Charts of a group show the same stretch of time. */
  lead(change) {
    const isMoved = "xaxis.range[0]" in change || "xaxis.range" in change || change["xaxis.autorange"];
    if (!isMoved || !this.group || this.isFollowing) return;
    const range = [...this.plot.layout.xaxis.range];
    for (const other of this.group) if (other !== this) other.follow(range);
  }

  async follow(range) {
    if (this.ranges) this.ranges.xaxis = range;
    if (!this.isDrawn) return;
    this.isFollowing = true;
    await Plotly.relayout(this.plot, { "xaxis.range": range });
    this.isFollowing = false;
  }

  toggle() {
    this.shown = this.shown === "limit" ? "data" : "limit";
    this.showScale();
  }

  showScale() {
    const scales = this.plot.layout.meta && this.plot.layout.meta.scales;
    if (!scales) return;
    this.shown = this.shown || scales.shown;
    Plotly.relayout(this.plot, { [this.kind === "peaks" ? "xaxis.range" : "yaxis.range"]: scales[this.shown] || scales.data });
    this.button.hidden = !scales.limit;
    this.button.textContent = this.shown === "limit" ? "Fit to the data" : "Show the limit";
  }

  /** What hovering tells, for who has no mouse: arrow keys go through the marks, Enter opens the step. */
  step(event) {
    const way = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity, Enter: 0 }[event.key];
    if (way === undefined || !this.isDrawn) return;
    event.preventDefault();
    const marks = this.plot.data
      .flatMap((trace, curveNumber) => (trace.customdata ? trace.y.map((y, pointNumber) => ({ curveNumber, pointNumber, y, x: trace.x[pointNumber], trace })) : []))
      .filter(({ trace, pointNumber, y }) => y !== null && trace.customdata[pointNumber]);
    if (this.plot.dataset.kind === "timeline" || this.plot.dataset.kind === "peaks") marks.sort((a, b) => a.y - b.y || (a.trace.base?.[a.pointNumber] || 0) - (b.trace.base?.[b.pointNumber] || 0));
    else marks.sort((a, b) => a.x - b.x);
    if (!marks.length) return;
    if (way === 0) {
      const id = this.mark !== undefined && marks[this.mark].trace.ids?.[marks[this.mark].pointNumber];
      if (id) location.hash = stepLink(+id);
      return;
    }
    this.mark = Math.max(0, Math.min(marks.length - 1, this.mark === undefined ? 0 : this.mark + way));
    const { curveNumber, pointNumber, trace, x, y } = marks[this.mark];
    Plotly.Fx.hover(this.plot, [{ curveNumber, pointNumber }]);
    const words = String(trace.customdata[pointNumber]).replaceAll("<br>", ", ").replace(/<\/?b>/g, "");
    this.said.textContent = trace.type === "bar" || trace.mode === "markers+text" ? words : `${words}, ${grouped(y)} at ${x.toFixed(1)} s`;
  }

  forget() {
    this.watcher.disconnect();
    this.undraw();
  }
}
