/* The query language: `status:failed mem>1g step:train* -type:Training`, words that stand alone are looked for anywhere. */

const SIZES = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };
const TIMES = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600 };

const NUMBERS = {
  mem: (step) => peakBytes(step),
  limit: (step) => limitBytes(step),
  wall: (step) => steps.wall[step],
  cpu: (step) => steps.cpu[step],
  used: usedOf,
  slack: (step) => steps.slack[step],
};

const TEXTS = {
  status: (step) => statusOf(step)[1],
  step: (step) => steps.name[step],
  scenario: (step) => scenarios.name[steps.scenario[step]],
  type: (step) => index.types[steps.type[step]],
  change: (step) => steps.change[step] || "",
};

const JUDGED_TEXTS = {
  outcome: (row) => judged.word[row],
  kind: (row) => judged.kind[row],
  id: (row) => judged.id[row],
  step: (row) => (judged.step[row] === null ? "" : steps.name[judged.step[row]]),
  scenario: (row) => (judged.scenario[row] === null ? "" : scenarios.name[judged.scenario[row]]),
};

function numberOf(field, text) {
  const [, digits, unit] = /^([\d.]+)\s*([a-z%]*)$/i.exec(text) || [];
  const name = (unit || "").toLowerCase();
  if (digits === undefined) return NaN;
  if (field === "mem" || field === "limit") return digits * (name ? SIZES[name[0]] : 1);
  if (field === "used") return name === "%" || digits > 1 ? digits / 100 : +digits;
  return digits * (name ? TIMES[name] : 1);
}

/** A pattern with `*` for anything; without one it is looked for anywhere in the text. */
function matcher(pattern) {
  const wanted = pattern.toLowerCase().replaceAll("_", " ");
  if (!wanted.includes("*")) return (text) => text.toLowerCase().replaceAll("_", " ").includes(wanted);
  const escaped = wanted.split("*").map((piece) => piece.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const expression = new RegExp("^" + escaped.join(".*") + "$");
  return (text) => expression.test(text.toLowerCase().replaceAll("_", " "));
}

/** The test that a query stands for, and what of it could not be understood. */
function understood(query, { texts, numbers = {}, anywhere }) {
  const tests = [], unknown = [];
  for (const [token] of query.matchAll(/-?(?:[a-z]+(?:[:<>]=?))?(?:"[^"]*"|\S)+/gi)) {
    const isNot = token.startsWith("-") && token.length > 1;
    const said = (isNot ? token.slice(1) : token).replaceAll('"', "");
    const [, field, sign, value] = /^([a-z]+)([:<>]=?)(.+)$/i.exec(said) || [];
    let test;
    if (field && sign[0] === ":" && texts[field]) {
      const matches = matcher(value);
      test = (row) => matches(texts[field](row));
    } else if (field && sign[0] !== ":" && numbers[field]) {
      const bound = numberOf(field, value), read = numbers[field];
      if (Number.isNaN(bound)) unknown.push(token);
      test = sign[0] === ">" ? (row) => !isAbsent(read(row)) && read(row) > bound : (row) => !isAbsent(read(row)) && read(row) < bound;
    } else {
      if (field) unknown.push(token);
      const matches = matcher(said);
      test = (row) => matches(anywhere(row));
    }
    tests.push(isNot ? (row) => !test(row) : test);
  }
  return { test: (row) => tests.every((each) => each(row)), unknown };
}

const stepQuery = (query) =>
  understood(query, { texts: TEXTS, numbers: NUMBERS, anywhere: (step) => steps.name[step] + " " + scenarios.name[steps.scenario[step]] });

const judgedQuery = (query) =>
  understood(query, {
    texts: JUDGED_TEXTS,
    anywhere: (row) => [judged.word[row], judged.id[row], judged.title[row], judged.text[row], JUDGED_TEXTS.scenario(row), JUDGED_TEXTS.step(row)].join(" "),
  });
