// The list of all sums below the picture: Python wrote it, and where numbers change it is written again.
page.sums = (() => {
  const list = document.querySelector("#sums > ol");

  function add(tag, text, parent) {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  }

  page.store.watch((now, before) => {
    if (!list || now.leaves === before.leaves) return;
    const folding = page.store.folding();
    const ids = Object.keys(folding.boxes).sort((a, b) => b.localeCompare(a, "en", { numeric: true })); // the newest first
    list.replaceChildren();
    for (const id of ids) {
      const { sheet, symbol, gradient } = folding.boxes[id];
      const terms = page.sweep.termsOf(folding, id);
      if (!gradient || !terms.length) continue;
      const item = add("li", "", list);
      add("b", `${sheet}${symbol} ${gradient.equals}`, item);
      const inner = add("ul", "", item);
      for (const term of terms) add("li", term.text, inner);
    }
  });

  return {};
})();
