// The values of formulas that formula.js has read: flat lists of numbers with their shapes, by NumPy's rules.
page.evaluating = (() => {
  const { Refused } = page.formula;
  const scalar = (x) => ({ shape: [], numbers: [x] });
  const OPERATORS = { "+": (a, b) => a + b, "-": (a, b) => a - b, "*": (a, b) => a * b, "·": (a, b) => a * b, "/": (a, b) => a / b, "**": (a, b) => a ** b };

  // The value of a tree; of(name) is the value of a name, undefined where there is none.
  function value(node, of) {
    if (node.kind === "number") return scalar(node.value);
    if (node.kind === "negative") return each(value(node.inner, of), (x) => -x);
    if (node.kind === "call") return each(value(node.argument, of), (x) => called(node, x));
    if (node.kind === "name") {
      const found = of(node.name) ?? (node.name === "pi" ? scalar(Math.PI) : undefined);
      if (!found) throw new Refused(`“${node.name}” is no name here`, node.place);
      return found;
    }
    if (node.kind === "transpose") return transposed(value(node.inner, of));
    if (node.kind === "sum") return summed(value(node.argument, of), node.axis);
    return (node.sign === "@" ? product : together)(node.sign, value(node.left, of), value(node.right, of));
  }

  const size = (shape) => shape.reduce((x, y) => x * y, 1);

  // The elements in the order of axes turned around.
  function transposed({ shape, numbers }) {
    const turned = [...shape].reverse();
    const strides = shape.map((_, axis) => size(shape.slice(axis + 1))).reverse();
    const place = (k) => turned.reduceRight(([rest, from], n, axis) => [Math.floor(rest / n), from + (rest % n) * strides[axis]], [k, 0])[1];
    return { shape: turned, numbers: Array.from({ length: numbers.length }, (_, k) => numbers[place(k)]) };
  }

  function summed({ shape, numbers }, axis) {
    if (axis === null) return scalar(numbers.reduce((a, b) => a + b, 0));
    if (axis >= shape.length) throw new Refused(`there is no axis ${axis} in the shape (${shape})`);
    const [outer, inner] = [size(shape.slice(0, axis)), size(shape.slice(axis + 1))];
    const at = (k, i) => numbers[(Math.floor(k / inner) * shape[axis] + i) * inner + (k % inner)];
    const sum = (k) => Array.from({ length: shape[axis] }, (_, i) => at(k, i)).reduce((a, b) => a + b, 0);
    return { shape: shape.filter((_, other) => other !== axis), numbers: Array.from({ length: outer * inner }, (_, k) => sum(k)) };
  }

  // The product of matrices and vectors, as NumPy's @.
  function product(_, a, b) {
    if (![1, 2].includes(a.shape.length) || ![1, 2].includes(b.shape.length)) throw new Refused("@ is for matrices and vectors here; write * for numbers");
    const [rows, columns] = [a.shape.length > 1 ? a.shape[0] : 1, b.shape.length > 1 ? b.shape[1] : 1];
    const n = a.shape.at(-1);
    if (b.shape[0] !== n) throw new Refused(`(${a.shape}) @ (${b.shape}) does not fit: the inner lengths are ${n} and ${b.shape[0]}`);
    const entry = (i, j) => Array.from({ length: n }, (__, k) => a.numbers[i * n + k] * b.numbers[k * columns + j]).reduce((x, y) => x + y, 0);
    const shape = [...(a.shape.length > 1 ? [rows] : []), ...(b.shape.length > 1 ? [columns] : [])];
    return { shape, numbers: Array.from({ length: rows * columns }, (__, k) => entry(Math.floor(k / columns), k % columns)) };
  }

  const each = ({ shape, numbers }, f) => ({ shape, numbers: [...numbers].map(f) });

  // The engine's own function, or its derivative, recorded as a program.
  function called({ name, primes }, x) {
    const { program, places } = page.typed.functions[name];
    return page.program.run(program, [[x]])[places[primes]][0];
  }

  // NumPy's broadcasting: axes are aligned at the end, and one of length 1 is stretched.
  function together(sign, a, b) {
    if (sign === "·" && a.shape.length && b.shape.length) throw new Refused("for arrays write * (element by element)");
    const rank = Math.max(a.shape.length, b.shape.length);
    const [left, right] = [a, b].map(({ shape }) => [...Array(rank - shape.length).fill(1), ...shape]);
    const shape = left.map((n, axis) => (n === 1 ? right[axis] : n));
    if (right.some((n, axis) => n !== 1 && n !== shape[axis])) throw new Refused(`arrays of shape (${a.shape}) and (${b.shape}) do not fit together`);
    const place = (own, k) => shape.reduceRight(([rest, stride, from], n, axis) => [Math.floor(rest / n), stride * own[axis], from + (own[axis] === 1 ? 0 : (rest % n) * stride)], [k, 1, 0])[2];
    return { shape, numbers: Array.from({ length: size(shape) }, (_, k) => OPERATORS[sign](a.numbers[place(left, k)], b.numbers[place(right, k)])) };
  }

  return { value, transposed };
})();
