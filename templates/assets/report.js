"use strict";
/* The page is complete without this script but for its charts: it unpacks the chart library when a chart comes near the
   screen, draws it in the colours of the theme, and opens what a link leads to. */
(() => {
  const settings = JSON.parse(document.getElementById("chart-settings").textContent);
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Set();
  let library;

  /* -- the chart library ------------------------------------------------------------------------------------------- */

  async function unpack() {
    const packed = atob(document.getElementById("chart-library").textContent.trim());
    const bytes = Uint8Array.from(packed, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const script = document.createElement("script");
    script.textContent = await new Response(stream).text();
    document.head.append(script);
    if (!window.Plotly) throw new Error("plotly.js did not start");
  }

  /* -- drawing ----------------------------------------------------------------------------------------------------- */

  function figureOf(plot) {
    const source = plot.closest("figure").querySelector("script").textContent;
    const figure = JSON.parse(isDark.matches ? source.replace(/#[0-9a-f]{6}/g, (light) => settings.dark[light] || light) : source);
    if (plot.clientWidth < 560) fitPhone(plot, figure);
    return figure;
  }

  function fitPhone(plot, figure) {
    const axis = figure.layout.yaxis;
    if (axis.ticktext) axis.ticktext = axis.ticktext.map((name) => (name.length > 15 ? name.slice(0, 8) + "\u2026" + name.slice(-6) : name));
    figure.layout.font.size = 11;
    figure.layout.margin.l = axis.ticktext ? 108 : 52;
    figure.layout.modebar.orientation = "v";
    const words = plot.dataset.kind === "peaks" ? "auto" : "none";
    for (const trace of figure.data) if (trace.textposition === "outside") trace.textposition = words;
  }

  async function draw(plot) {
    const figure = figureOf(plot);
    plot.style.minHeight = figure.layout.height + "px";
    plot.classList.add("is-waiting");
    try {
      library = library || unpack();
      await library;
      plot.classList.remove("is-waiting");
      await Plotly.newPlot(plot, figure.data, figure.layout, settings.config);
    } catch (error) {
      plot.classList.remove("is-waiting");
      plot.classList.add("is-broken");
      plot.textContent = "This browser cannot draw the chart. Its numbers are in the tables.";
      return;
    }
    drawn.add(plot);
    plot.on("plotly_relayout", (change) => follow(plot, change));
    showScale(plot);
  }

  isDark.addEventListener("change", () => {
    for (const plot of drawn) {
      const { data, layout } = figureOf(plot);
      for (const axis of ["xaxis", "yaxis"]) layout[axis].range = plot.layout[axis].range;
      Plotly.react(plot, data, layout, settings.config);
    }
  });

  /* -- charts of one scenario look at the same time ---------------------------------------------------------------- */

  const kin = (plot) => [...drawn].filter((other) => other.dataset.kind !== "peaks" && other.closest("[data-charts]") === plot.closest("[data-charts]"));
  let isFollowing = false;

  async function follow(plot, change) {
    const isMoved = "xaxis.range[0]" in change || "xaxis.range" in change || change["xaxis.autorange"];
    if (isFollowing || !isMoved || plot.dataset.kind === "peaks") return;
    isFollowing = true;
    const range = [...plot.layout.xaxis.range];
    await Promise.all(kin(plot).filter((other) => other !== plot).map((other) => Plotly.relayout(other, { "xaxis.range": range })));
    isFollowing = false;
  }

  function offerSteps(group) {
    const source = group.querySelector(".chart-memory > script");
    const views = source ? JSON.parse(source.textContent).layout.meta.views : [];
    if (views.length < 2) return;
    const select = group.querySelector("[data-look]");
    for (const name of ["all steps", ...views.map((view) => view.name)]) select.add(new Option(plain(name)));
    select.closest("label").hidden = false;
    select.addEventListener("change", () => look(group, views[select.selectedIndex - 1]));
  }

  const plain = (name) => name.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

  async function look(group, view) {
    isFollowing = true;
    for (const plot of group.querySelectorAll(".plot")) {
      if (plot.dataset.kind === "peaks" || !drawn.has(plot)) continue;
      const whole = figureOf(plot).layout.xaxis.range;
      plot.view = view;
      await Plotly.relayout(plot, { "xaxis.range": view ? widened(view.x) : whole });
      showScale(plot);
    }
    isFollowing = false;
  }

  const widened = ([from, to]) => [from - (to - from) * 0.03 - 0.01, to + (to - from) * 0.03 + 0.01];

  /* -- from the data to the limit and back ------------------------------------------------------------------------- */

  function showScale(plot, wanted) {
    const scales = plot.layout.meta && plot.layout.meta.scales;
    if (!scales) return;
    const ranges = plot.view || scales;
    plot.shown = wanted || plot.shown || scales.shown;
    const axis = plot.dataset.kind === "peaks" ? "xaxis.range" : "yaxis.range";
    Plotly.relayout(plot, { [axis]: ranges[plot.shown] || ranges.data });
    const button = plot.closest("figure").querySelector("[data-scale]");
    button.hidden = !ranges.limit;
    button.textContent = plot.shown === "limit" ? "Fit to the data" : "Show the limit";
    button.onclick = () => showScale(plot, plot.shown === "limit" ? "data" : "limit");
  }

  /* -- links ----------------------------------------------------------------------------------------------------- */

  function openTarget() {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    let isHidden = false;
    for (let around = target; around; around = around.parentElement) {
      if (around.tagName === "DETAILS" && !around.open) isHidden = around.open = true;
    }
    if (isHidden) target.scrollIntoView();
  }

  addEventListener("hashchange", openTarget);
  openTarget();

  for (const group of document.querySelectorAll("[data-charts]")) offerSteps(group);
  const watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        watcher.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: "400px" },
  );
  for (const plot of document.querySelectorAll(".plot")) {
    const chart = plot.closest("figure");
    const { layout } = JSON.parse(chart.querySelector("script").textContent);
    chart.hidden = false;
    plot.style.minHeight = layout.height + "px";
    watcher.observe(plot);
  }
})();
