// What is said of an answer to “What is this gradient?”: right, or wrong and, where it can be found out, which slip it
// is. Nothing of this is typed in for a question: the truth and the terms of its sum are numbers of the program at
// several points, and a slip is a change of these numbers that gives the answer's. Pure: it touches no document.
//
// A question is {symbol, known, names, missing, formula, points}: formula says that a number is no answer; known are the names that are values, missing(name) says why a name
// cannot be used, or nothing. A point is {of, truth, terms}: of(name) is a value {shape, numbers}; truth is one, too;
// terms are those of the chain rule's sum, each {amount, upstream, through, gradient}, the numbers and how it is called.
page.judging = (() => {
  const ROUNDING = 1e-6; // of formulas, measured by what the sum is made of
  const DIGITS = 5e-4; // of numbers: half a unit of the fourth digit that a page shows, by the least that this can be
  const MOST_TERMS = 6; // up to so many, each choice of them is tried

  const { Refused } = page.formula;

  function judged(question, text) {
    try {
      const tree = page.formula.read(text, question.known);
      return question.formula || page.formula.names(tree).length ? formula(question, tree) : number(question, tree);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { outcome: "unread", text: `This cannot be read: ${error.message}.`, place: error.place };
    }
  }

  // --- a number --------------------------------------------------------------------------------------------------

  // A bare number is right when it is the truth, rounded to the digits that were typed, of which two are enough.
  function number(question, tree) {
    const [{ truth }] = question.points;
    const [typed] = page.evaluating.value(tree, () => undefined).numbers;
    const off = Math.max(...[...truth.numbers].map((x) => Math.abs(x - typed)));
    const size = Math.max(...[...truth.numbers].map(Math.abs));
    if (off <= DIGITS * size) return right(question);
    const literal = tree.kind === "negative" ? tree.inner : tree;
    const digits = literal.text?.match(/^([0-9]*)\.?([0-9]*)(?:[eE]([+-]?[0-9]+))?$/);
    const unit = digits ? 10 ** (Number(digits[3] ?? 0) - digits[2].length) : 0;
    if (off <= unit / 2) {
      const written = (digits[1] + digits[2]).replace(/^0+/, "").length;
      return written >= 2 ? right(question) : { outcome: "digits", text: "So far this is right: write two digits or more." };
    }
    const [point] = question.points;
    const found = { shape: truth.shape, numbers: [...truth.numbers].map(() => typed) };
    return wrong(slip([{ ...point, found }], DIGITS, []));
  }

  // --- a formula -------------------------------------------------------------------------------------------------

  function formula(question, tree) {
    const tried = question.points.map((point) => ({ ...point, found: page.evaluating.value(tree, (name) => named(question, point, name)) }));
    const [first] = tried;
    if (String(first.found.shape) !== String(first.truth.shape)) {
      const turned = tried.map((point) => ({ ...point, found: page.evaluating.transposed(point.found) }));
      if (turned.every((point) => String(point.found.shape) === String(point.truth.shape) && equal(point, point.found.numbers, ROUNDING))) {
        return wrong("It is the transpose of what it should be.");
      }
      return wrong(`It has the shape (${first.found.shape}), and ${question.symbol} has (${first.truth.shape}), that of its value.`);
    }
    if (![...first.found.numbers].every(Number.isFinite)) return wrong("It is no number here: something is divided by 0, or has no logarithm or root.");
    const points = tried.filter(({ truth, found }, k) => k === 0 || [...truth.numbers, ...found.numbers].every(Number.isFinite));
    const holds = points.map((point) => equal(point, point.found.numbers, ROUNDING));
    if (holds.every(Boolean)) return right(question);
    const said = slip(points, ROUNDING, question.names) || signInside(question, points, tree);
    if (!holds[0]) return wrong(said);
    return { outcome: "chance", text: `With these numbers it is right by chance; with others it is not. ${said}`.trim() };
  }

  function named(question, point, name) {
    const reason = question.missing(name);
    if (reason) throw new Refused(reason);
    return point.of(name);
  }

  const right = ({ symbol }) => ({ outcome: "right", text: `Right: this is ${symbol}.` });
  const wrong = (said) => ({ outcome: "wrong", text: said ? `Not yet. ${said}` : "Not yet." });

  // Whether numbers are the truth at a point, or what is put in its place.
  function equal({ truth, terms }, numbers, tolerance, other = truth.numbers) {
    return [...numbers].every((x, k) => {
      const size = tolerance === ROUNDING ? terms.reduce((sum, { amount }) => sum + Math.abs(amount[k]), 0) : 0;
      return Math.abs(x - other[k]) <= tolerance * Math.max(Math.abs(other[k]), size);
    });
  }

  // --- which slip it is --------------------------------------------------------------------------------------------

  // What is said of a wrong answer; "" where no slip gives its numbers at all points.
  function slip(points, tolerance, names) {
    const gives = (make) => {
      const made = points.map((point) => make(point));
      return made.every((numbers, k) => numbers !== null && equal(points[k], points[k].found.numbers, tolerance, numbers))
        && !made.every((numbers, k) => equal(points[k], numbers, tolerance));
    };
    const rules = [...ofTheWhole(), ...ofTerms(points[0].terms), ...ofFactors(names), ...(points.length > 1 ? ofConstants(points) : [])];
    return rules.find(([, make]) => gives(make))?.[0] ?? "";
  }

  // A sum that should be a difference, or the other way round: with one sign changed, the answer is right.
  function signInside(question, points, tree) {
    const holds = (other) => points.every((point) => equal(point, page.evaluating.value(other, (name) => named(question, point, name)).numbers, ROUNDING));
    return [...signsChanged(tree)].some(holds) ? "One + or − in it is wrong." : "";
  }

  function* signsChanged(node) {
    if (node.kind === "binary" && ["+", "-"].includes(node.sign)) yield { ...node, sign: node.sign === "+" ? "-" : "+" };
    if (node.kind === "negative") yield node.inner;
    for (const part of ["left", "right", "inner", "argument"]) {
      for (const other of node[part] ? signsChanged(node[part]) : []) yield { ...node, [part]: other };
    }
  }

  const truth = (point) => [...point.truth.numbers];
  const times = (numbers, factor) => numbers.map((x, k) => x * factor[k]);

  function ofTheWhole() {
    const upside = (point) => truth(point).map((x) => 1 / x);
    return [
      ["The sign is wrong.", (point) => truth(point).map((x) => -x)],
      ["It is 1 divided by what it should be.", upside],
    ];
  }

  // Elements of a sum in which some terms are changed; null where a term has other axes than the sum.
  function summed({ truth: { numbers }, terms }, change) {
    const parts = terms.map(change);
    if (!parts.length || parts.some((part) => part === null || part.length !== numbers.length)) return null;
    return [...numbers].map((_, k) => parts.reduce((sum, part) => sum + part[k], 0));
  }

  const local = ({ amount, upstream }) => (upstream.length === amount.length ? [...amount].map((x, k) => x / upstream[k]) : null);
  const none = ({ amount }) => [...amount].map(() => 0);

  function ofTerms(terms) {
    if (!terms.length) return [];
    const above = [...new Set(terms.map(({ gradient }) => gradient))].join(" and ");
    const found = [];
    for (const [sign, also] of [[1, ""], [-1, " And the sign is wrong."]]) {
      const signed = (part) => part && [...part].map((x) => sign * x);
      found.push([`The gradient that comes back is missing: ${above} is a factor.${also}`, (point) => summed(point, (term) => signed(local(term)))]);
      found.push([`This only hands ${above} on: the local derivative is missing.${also}`, (point) => summed(point, (term) => signed(term.upstream))]);
    }
    if (terms.length < 2 || terms.length > MOST_TERMS) return found;
    for (let chosen = 1; chosen < 2 ** terms.length - 1; chosen += 1) {
      const kept = (_, i) => Boolean(chosen & (1 << i));
      const others = terms.filter((term, i) => !kept(term, i)).map(({ through }) => through).join(" and ");
      found.push([`The way through ${others} is missing: a gradient is a sum over all ways.`,
        (point) => summed(point, (term, i) => (kept(term, i) ? term.amount : none(term)))]);
      found.push([`The sign of the term through ${others} is wrong.`,
        (point) => summed(point, (term, i) => (kept(term, i) ? term.amount : [...term.amount].map((x) => -x)))]);
    }
    return found;
  }

  // A factor that is one of the picture's values is missing, or there too often.
  function ofFactors(names) {
    const found = [];
    for (const name of names) {
      const factors = [[name, (x) => x], [`1 − ${name}`, (x) => 1 - x]];
      for (const [shown, make] of factors) {
        for (const [sign, also] of [[1, ""], [-1, ", and the sign is wrong"]]) {
          const by = (power) => (point) => {
            const value = point.of(name);
            if (!value || ![1, point.truth.numbers.length].includes(value.numbers.length)) return null;
            const factor = truth(point).map((_, k) => sign * make(value.numbers[value.numbers.length === 1 ? 0 : k]) ** power);
            return times(truth(point), factor);
          };
          found.push([`The factor ${shown} is missing${also}.`, by(-1)]);
          found.push([`The factor ${shown} is too much${also}.`, by(1)]);
          found.push([`Here ${shown} is divided by and should be a factor${also}.`, by(-2)]);
          found.push([`Here ${shown} is a factor and should be divided by${also}.`, by(2)]);
        }
      }
    }
    return found;
  }

  // The answer is the truth times one number, the same everywhere.
  function ofConstants([first]) {
    const k = truth(first).findIndex((x) => x !== 0);
    const ratio = k < 0 ? NaN : first.found.numbers[k] / first.truth.numbers[k];
    if (!Number.isFinite(ratio) || ratio === 0) return [];
    return [[`It is ${page.numbers.number(ratio)} times what it should be.`, (point) => truth(point).map((x) => ratio * x)]];
  }

  return { judged };
})();
