// What a program is made of, on flat lists of numbers. Python has turned all that depends on shapes into places.
page.arrays = (() => {
  const CASTS = {
    float32: Math.fround,
    integer: Math.trunc,
    bool: (x) => Number(x !== 0), // nan is true, as in NumPy
  };

  const from = (places) => {
    if (places === null) return (i) => i;
    if (typeof places === "number") return (i) => i % places;
    return (i) => places[i];
  };

  function map(f, inputs, places, size) {
    const takes = places.map(from);
    return Float64Array.from({ length: size }, (_, i) => Number(f(...inputs.map((x, k) => x[takes[k](i)]))));
  }

  function move(inputs, places) {
    const all = inputs.length === 1 ? inputs[0] : Float64Array.from(inputs.flatMap((x) => [...x]));
    return places === null ? all.slice() : Float64Array.from(places, (place) => all[place]);
  }

  function scatter(x, places, size) {
    const out = new Float64Array(size);
    x.forEach((value, i) => { out[places === null ? i : places[i]] += value; });
    return out;
  }

  // The place of the best; the first nan wins, as in NumPy.
  function place(row, better) {
    let best = 0;
    for (let i = 1; i < row.length; i += 1) {
      if (Number.isNaN(row[best])) break;
      if (Number.isNaN(row[i]) || better(row[i], row[best])) best = i;
    }
    return best;
  }

  const sum = (row) => row.reduce((a, b) => a + b, 0);
  const REDUCTIONS = {
    sum,
    max: (row) => Math.max(...row),
    min: (row) => Math.min(...row),
    argmax: (row) => place(row, (a, b) => a > b),
    argmin: (row) => place(row, (a, b) => a < b),
    any: (row) => row.some((x) => x !== 0),
    all: (row) => row.every((x) => x !== 0),
  };

  function reduce(name, x, n) {
    const f = REDUCTIONS[name];
    return Float64Array.from({ length: x.length / n }, (_, i) => Number(f(x.subarray(i * n, (i + 1) * n))));
  }

  function scan(x, n) {
    const out = x.slice();
    for (let i = 0; i < x.length; i += 1) if (i % n) out[i] += out[i - 1];
    return out;
  }

  // For every value of every label: one product, added to the element that the result's labels name.
  function einsum(subscripts, inputs, sizes) {
    const [left, result] = subscripts.split("->");
    const labels = [...result, ...Object.keys(sizes).filter((label) => !result.includes(label))];
    const step = (term, label) => { // how far an element is from the next along this label; a diagonal steps along both
      let stride = 0;
      let size = 1;
      for (const own of [...term].reverse()) {
        if (own === label) stride += size;
        size *= sizes[own];
      }
      return stride;
    };
    const strides = [result, ...left.split(",")].map((term) => labels.map((label) => step(term, label)));
    const out = new Float64Array([...result].reduce((size, label) => size * sizes[label], 1));
    const visit = (depth, at) => {
      if (depth === labels.length) {
        out[at[0]] += inputs.reduce((product, x, k) => product * x[at[k + 1]], 1);
        return;
      }
      for (let i = 0; i < sizes[labels[depth]]; i += 1) visit(depth + 1, at.map((a, k) => a + i * strides[k][depth]));
    };
    visit(0, strides.map(() => 0));
    return out;
  }

  const cast = (x, kind) => (kind === undefined ? x : x.map(CASTS[kind]));

  return { map, move, scatter, reduce, scan, einsum, cast, sum };
})();
