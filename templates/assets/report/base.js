/* Elements, figures in words, and the packed database of the page. */

const byId = (id) => document.getElementById(id);

/** An element: `tag.class`, attributes (`onclick` and its like are listeners), children; what is missing is left out. */
function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const icon = (look) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: "#i-" + look }));
const badge = (look, word) => el("span.badge.is-" + look, {}, icon(look), el("span", {}, word));
const absent = (why = "not measured") => el("span.none", {}, why);

/* -- figures in words, as units.py writes them ----------------------------------------------------------------------- */

const isAbsent = (value) => value === null || value === undefined || Number.isNaN(value);
const grouped = (value) => Math.round(value).toLocaleString("en-US");
const threeDigits = (value) => (Math.abs(value) < 100 ? String(Number(value.toPrecision(3))) : grouped(value));

function bytesInWords(value) {
  if (isAbsent(value)) return "not measured";
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (Math.abs(value) >= size) return threeDigits(value / size) + " " + unit;
  }
  return value.toFixed(0) + " B";
}

function secondsInWords(value) {
  if (isAbsent(value)) return "not measured";
  if (value < 0.9995) return (value * 1000).toFixed(0) + " ms";
  if (value < 59.95) return value.toFixed(1) + " s";
  const whole = Math.round(value);
  const minutes = Math.floor(whole / 60);
  const two = (number) => String(number).padStart(2, "0");
  return minutes < 60 ? `${minutes} min ${two(whole % 60)} s` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

function ratioInWords(value) {
  if (isAbsent(value)) return "not measured";
  const percent = value * 100;
  return (percent === 0 || Math.abs(percent) >= 10 ? percent.toFixed(0) : percent.toFixed(1)) + " %";
}

/* -- the database ------------------------------------------------------------------------------------------------------ */

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~";
const VALUES = new Uint8Array(128);
[...LETTERS].forEach((letter, value) => (VALUES[letter.charCodeAt(0)] = value));

/** The bytes of a base85 text: five letters are four bytes. */
function bytesOf(text) {
  const groups = Math.ceil(text.length / 5), missing = groups * 5 - text.length;
  const bytes = new Uint8Array(groups * 4);
  const padded = text + "~".repeat(missing);
  for (let group = 0, at = 0; group < groups; group += 1, at += 5) {
    let value = 0;
    for (let letter = at; letter < at + 5; letter += 1) value = value * 85 + VALUES[padded.charCodeAt(letter)];
    bytes[group * 4] = value >>> 24;
    bytes[group * 4 + 1] = value >>> 16;
    bytes[group * 4 + 2] = value >>> 8;
    bytes[group * 4 + 3] = value;
  }
  return bytes.subarray(0, bytes.length - missing);
}

const unpacked = (text) => new Response(new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream("deflate-raw")));

const KEPT_PARTS = 24;
const unpackedParts = new Map();

/** A packed part as JSON or bytes; the parts that were used last are kept. */
function part([start, end], form = "json") {
  const known = unpackedParts.get(start);
  const found = known || unpacked(byId("page-parts").firstChild.data.slice(start, end))[form]();
  unpackedParts.delete(start);
  unpackedParts.set(start, found);
  if (unpackedParts.size > KEPT_PARTS) unpackedParts.delete(unpackedParts.keys().next().value);
  return found;
}

let scenarios, steps, statuses, index, judged;

/** Unpack the index: columns of scenarios and of steps, one entry for each, in the order of the report. */
async function openDatabase() {
  index = await unpacked(byId("page-index").textContent).json();
  ({ scenarios, steps, statuses } = index);
  scenarios.name = scenarios.name || [];
  steps.name = steps.name || [];
  steps.scenario = new Uint32Array(steps.name.length);
  scenarios.first = [];
  let place = 0;
  (scenarios.count || []).forEach((count, scenario) => {
    scenarios.first.push(place);
    steps.scenario.fill(scenario, place, place + count);
    place += count;
  });
}

async function openJudgements() {
  judged = judged || (await part(index.judgements));
  judged.kind = judged.kind || [];
  return judged;
}

const stepsOf = (scenario) => Array.from({ length: scenarios.count[scenario] }, (_, place) => scenarios.first[scenario] + place);
const scenarioLink = (scenario) => "#" + encodeURIComponent(scenarios.name[scenario]) + "/";
const stepLink = (step) => scenarioLink(steps.scenario[step]) + encodeURIComponent(steps.name[step]);
const statusOf = (step) => statuses[steps.status[step]];
const isPeak = (step) => !isAbsent(steps.peak[step]);
const peakBytes = (step) => (isPeak(step) ? steps.peak[step] * 1024 : null);
/** What of its limit a step needed: of its peak, or of what must fit where pages of files put that over. */
const usedOf = (step) => (steps.limit[step] && isPeak(step) ? (steps.counted[step] ?? steps.peak[step]) / steps.limit[step] : null);
const limitBytes = (step) => (steps.limit[step] ? steps.limit[step] * 1024 : null);

/** The words of a step: every column of its part, at its place. */
async function wordsOf(step) {
  const words = await part(index.parts[Math.floor(step / index.partSize)][0]);
  const place = step % index.partSize;
  const facts = Object.entries(words.facts).map(([label, told]) => [label, told[place]]);
  const record = Object.fromEntries(Object.entries(words).map(([key, values]) => [key, values[place]]));
  return { ...record, facts: facts.filter(([, told]) => told !== null) };
}

const WIDE = 64, ABSENT = 255;

/** The samples of a step that are drawn: times in s, memory in bytes, CPU in busy cores; `null` without any. */
async function seriesOf(step) {
  const [wordsPlace, bytesPlace] = index.parts[Math.floor(step / index.partSize)];
  const words = await part(wordsPlace);
  const place = step % index.partSize;
  const heads = words.series.map((head) => head || [0]);
  const [count, end, memoryTop, cpuTop, samples] = heads[place];
  if (!count) return null;
  const planes = await part(bytesPlace, "arrayBuffer");
  const points = (some, isWide) => some.reduce((sum, [each]) => sum + (!isWide || each > WIDE ? each : 0), 0);
  const all = points(heads), wide = points(heads, true);
  const before = heads.slice(0, place), skipped = points(before), skippedWide = points(before, true);
  /** The bytes of this step in the plane that begins at `start`: sums of the differences that stand there. */
  function plane(start, skip) {
    const differences = new Uint8Array(planes, start, skip + count);
    let value = 0;
    const values = new Uint8Array(count);
    differences.forEach((difference, at) => {
      value = (value + difference) & 255;
      if (at >= skip) values[at - skip] = value;
    });
    return values;
  }
  const high = plane(0, skipped);
  const low = count > WIDE ? plane(all, skippedWide) : null;
  const share = (bytes, top, levels) => Array.from(bytes, (byte) => (byte === ABSENT ? null : (byte / levels) * top));
  return {
    times: Array.from(high, (byte, at) => (low ? (byte * 256 + low[at]) / 65535 : byte / 255) * end),
    memory: share(plane(all + wide, skipped), memoryTop * 1024, index.levels[0]),
    cpu: share(plane(2 * all + wide, skipped), cpuTop, index.levels[1]),
    samples,
  };
}
