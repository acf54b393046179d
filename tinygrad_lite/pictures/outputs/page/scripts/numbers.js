// How numbers and arrays are written: the rules of edges/numbers.py once more, because a page makes its texts again
// when a number changes. A test holds the two equal.
page.numbers = (() => {
  const SMALL = 6; // up to so many elements are written out
  const LONGEST = 44; // where that is no longer than so many letters
  const MANY = 200; // elements that are written out in full

  // The first four digits of |x| and its power of ten. A tie goes to the even digit, as in Python; toExponential, which
  // takes the larger one, is not asked then.
  function digits(x) {
    const [figures, power] = x.toExponential(3).split("e");
    const exact = x.toExponential(90).split("e")[0].replace(".", "");
    const tie = exact[4] === "5" && !/[1-9]/.test(exact.slice(5));
    if (tie && Number(exact[3]) % 2 === 0) return [exact.slice(0, 4), Number(x.toExponential(90).split("e")[1])];
    return [figures.replace(".", ""), Number(power)];
  }

  function float(x) {
    if (Number.isNaN(x)) return "nan";
    const sign = x < 0 ? "−" : "";
    if (Math.abs(x) === Infinity) return `${sign}inf`;
    if (x === 0) return "0.0";
    const [all, power] = digits(Math.abs(x));
    const point = (text, at) => (at < text.length ? `${text.slice(0, at)}.${text.slice(at)}` : text);
    if (power < -4 || power >= 4) return `${sign}${point(all.replace(/0+$/, ""), 1)}e${String(power).replace("-", "−")}`;
    const padded = power < 0 ? "0".repeat(-power) + all : all;
    const whole = Math.max(power, 0) + 1;
    return `${sign}${padded.slice(0, whole)}.${padded.slice(whole).replace(/0+$/, "") || "0"}`;
  }

  // A number as Python's dtype has it: "float", "integer" or "bool".
  function number(x, dtype = "float") {
    if (dtype === "bool") return x ? "true" : "false";
    return dtype === "integer" ? String(x).replace("-", "−") : float(x);
  }

  function nested(values, shape, dtype) {
    if (!shape.length) return number(values[0], dtype);
    const step = values.length / shape[0];
    const row = (i) => nested(values.slice(i * step, (i + 1) * step), shape.slice(1), dtype);
    const rows = Array.from({ length: shape[0] }, (_, i) => row(i));
    return `[${rows.join(", ")}]`;
  }

  const ROUNDING = 1e-14; // of the mean: what equal numbers differ by after a few operations
  const DUST = 5e-5; // of the deviation: four digits of it show no smaller mean

  // The mean and the standard deviation. Numbers whose squares would overflow are scaled by a power of two.
  function meanAndStd(values) {
    const scale = values.some((x) => Math.abs(x) > 2 ** 400) ? 2 ** 600 : 1;
    const all = values.map((x) => x / scale);
    const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
    const middle = mean(all);
    return [middle * scale, Math.sqrt(mean(all.map((x) => (x - middle) ** 2))) * scale];
  }

  // Mean and standard deviation, or the one value where all are equal.
  function summary(values, dtype = "float") {
    const flat = [...values];
    if (dtype === "bool") return `${flat.filter(Boolean).length} of ${flat.length} true`;
    const bad = flat.filter((x) => !Number.isFinite(x)).length;
    if (bad) return `${bad} of ${flat.length} nan or inf`;
    if (flat.every((x) => x === flat[0])) return `all ${number(flat[0], dtype)}`;
    const [middle, std] = meanAndStd(flat);
    const [left, right] = [Math.abs(middle) >= DUST * std ? middle : 0, std >= ROUNDING * Math.abs(middle) ? std : 0];
    return `mean ${float(left)}, std ${float(right)}`;
  }

  const isWrittenOut = (values, shape, dtype) =>
    values.length === 1 || (values.length <= SMALL && nested(values, shape, dtype).length <= LONGEST);

  const isUniform = (values) => values.length > 0 && [...values].every((x) => Number.isFinite(x) && x === values[0]);

  // A small array written out, of a large one the mean and the standard deviation.
  function line(values, shape = [], dtype = "float") {
    if (values.length === 0) return "empty";
    return isWrittenOut(values, shape, dtype) ? nested(values, shape, dtype) : summary(values, dtype);
  }

  // A local derivative in one line: where all its elements are equal, the one number that they are.
  function figure(values, shape = [], dtype = "float") {
    if (values.length === 1) return number(values[0], dtype);
    return isUniform(values) ? `${number(values[0], dtype)} each` : line(values, shape, dtype);
  }

  // `line` behind a symbol: only numbers that are written out are equal to something.
  const equals = (values, shape = [], dtype = "float") => behind(values, shape, dtype, line(values, shape, dtype));
  const slopeEquals = (values, shape = [], dtype = "float") => behind(values, shape, dtype, figure(values, shape, dtype));

  function behind(values, shape, dtype, text) {
    const summedUp = values.length > 0 && !isWrittenOut(values, shape, dtype) && !isUniform(values);
    return `${summedUp ? "with" : "="} ${text}`;
  }

  // `figure` as a factor of a product: what begins with a minus stands in brackets.
  function factor(values, shape = [], dtype = "float") {
    const text = figure(values, shape, dtype);
    const isList = values.length > 1 && isWrittenOut(values, shape, dtype) && !isUniform(values);
    return values.length && !isList && meanAndStd([...values])[0] < 0 ? `(${text})` : text;
  }

  // Every element, each row on a line of its own; of many elements only what `line` says.
  function full(values, shape = [], dtype = "float") {
    if (values.length > MANY) return summary(values, dtype);
    return nested(values, shape, dtype).replaceAll("], [", "],\n [");
  }

  // The rows of a matrix with so many columns, which stand below each other.
  function matrix(values, columns) {
    const texts = [...values].map((x) => number(x));
    const wide = texts.slice(0, columns).map((_, j) => Math.max(...texts.filter((_, i) => i % columns === j).map((t) => t.length)));
    const rows = Array.from({ length: texts.length / columns }, (_, i) => texts.slice(i * columns, (i + 1) * columns));
    return `[${rows.map((row) => `[${row.map((t, j) => t.padStart(wide[j])).join(", ")}]`).join(",\n ")}]`;
  }

  return { number, line, figure, factor, equals, slopeEquals, full, matrix, summary };
})();
