// The chosen edge: its small Jacobian as a formula and as a matrix. A chosen box has a button for each such edge.
page.jacobians = (() => {
  const panel = document.getElementById("details");

  function add(tag, text) {
    const made = document.createElement(tag);
    made.textContent = text;
    panel.append(made);
    return made;
  }

  page.store.watch(({ chosen }) => {
    const { edges, boxes } = page.store.folding();
    if (edges[chosen]?.jacobian) show(edges[chosen], boxes);
    else if (boxes[chosen]) Object.entries(edges).forEach(([id, edge]) => offer(id, edge, chosen));
  });

  function show(edge, boxes) {
    const [from, to] = [boxes[edge.source].name, boxes[edge.target].name];
    panel.replaceChildren();
    add("h2", `from ${from} to ${to}`);
    if (edge.ahead) {
      add("p", "Its local derivative is shown once the backward pass has come here.");
      return;
    }
    add("p", [edge.formula, edge.figure].filter(Boolean).join(", "));
    if (edge.elements) add("p", edge.elements);
    add("p", `A row for each element of ${to}, a column for each of ${from}:`);
    add("pre", edge.jacobian);
  }

  function offer(id, edge, chosen) {
    if (!edge.jacobian || edge.ahead || ![edge.source, edge.target].includes(chosen)) return;
    const button = add("button", edge.formula);
    button.type = "button";
    button.addEventListener("click", () => page.store.change({ chosen: id }));
  }

  return {};
})();
