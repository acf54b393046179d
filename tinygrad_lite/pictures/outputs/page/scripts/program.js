// The page's flat program: every value of the graph, every gradient and every term, from the numbers of the leaves.
page.program = (() => {
  // What each operation takes: the parts of its line, and a function from the number of a value to the value.
  const OPERATIONS = {
    map: ([name, inputs, places, size], at) => page.arrays.map(page.primitives[name], inputs.map(at), places, size),
    move: ([inputs, places], at) => page.arrays.move(inputs.map(at), places),
    scatter: ([input, places, size], at) => page.arrays.scatter(at(input), places, size),
    reduce: ([name, input, n], at) => page.arrays.reduce(name, at(input), n),
    scan: ([input, n], at) => page.arrays.scan(at(input), n),
    einsum: ([labels, inputs, sizes], at) => page.arrays.einsum(labels, inputs.map(at), sizes),
  };
  const CASTS_AT = { map: 4, move: 2, scatter: 3, reduce: 3, scan: 2, einsum: 3 }; // where a line names another dtype

  // All values of the program, by their numbers, for these numbers of the inputs.
  function run(program, inputs) {
    const values = [...inputs, ...program.constants].map((x) => Float64Array.from(x, Number));
    for (const [operation, ...parts] of program.lines) {
      const made = OPERATIONS[operation](parts, (k) => values[k]);
      values.push(page.arrays.cast(made, parts[CASTS_AT[operation]]));
    }
    return values;
  }

  return { run };
})();
