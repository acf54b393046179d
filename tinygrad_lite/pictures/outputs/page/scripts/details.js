// The box that was chosen: its numbers in full, and its gradient as the sum that it is.
page.details = (() => {
  const panel = document.getElementById("details");

  function add(tag, text, parent = panel) {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  }

  page.store.watch(({ chosen, step }) => {
    const folding = page.store.folding();
    const box = chosen && folding.boxes[chosen];
    if (!box) return;
    panel.replaceChildren();
    add("h2", [box.title, box.kind && `(${box.kind})`].filter(Boolean).join(" "));
    add("p", `${box.shape}, value:`);
    add("pre", box.value.full || box.value.line);
    if (box.saturation.text) add("p", box.saturation.text);
    if (box.gradient) gradient(folding, step, chosen);
    else add("p", "It takes no gradient.");
    if (box.call !== null) {
      const button = add("button", "⊞ unfold");
      button.type = "button";
      button.addEventListener("click", () => page.folding.toggle(box.call));
    }
  });

  function gradient(folding, step, id) {
    const box = folding.boxes[id];
    const entry = page.sweep.known(folding, step)[id];
    add("p", entry.complete ? `${page.sweep.written(box, entry)}, in full:` : `${box.symbol} ${entry.sum}`);
    if (entry.complete) add("pre", box.gradient.full);
    const starts = folding.results.includes(id);
    add("p", starts ? "The sweep starts here: the derivative of the result by itself is 1." : "The chain rule sums over everything that this value went into:");
    const list = add("ul", "");
    const terms = page.sweep.termsOf(folding, id);
    const shown = page.predict.isAhead() ? entry.terms : terms;
    for (const term of shown) {
      add("li", entry.terms.includes(term) ? `${term.text} ✓` : `${term.text} (still to come)`, list);
    }
    if (shown.length < terms.length) add("li", `${terms.length - shown.length} still to come`, list);
  }

  return {};
})();
