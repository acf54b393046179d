// The list of all sums below the picture: Python wrote it, and where numbers change, or were hidden, it is written again.
page.sums = (() => {
  const section = document.getElementById("sums");
  const list = section.querySelector("ol");

  function add(tag, text, parent) {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  }

  page.store.watch((now, before) => {
    section.hidden = page.predict.isAhead();
    if (section.hidden) list?.replaceChildren();
    if (!list || section.hidden || (now.leaves === before.leaves && list.firstChild)) return;
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
