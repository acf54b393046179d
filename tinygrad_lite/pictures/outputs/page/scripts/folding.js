// Unfolding a call, or folding it again: which of the foldings that Python laid out is shown next.
page.folding = (() => {
  const keyOf = (open) => [...open].sort((a, b) => a - b).join(",");

  function toggle(call) {
    const { foldings } = page.store.data;
    const { folding: key, step } = page.store.get();
    const folding = page.store.folding();
    const { around } = folding;
    const open = new Set(key === "" ? [] : key.split(",").map(Number));
    const opening = !open.has(call);
    if (opening) around[call].forEach((c) => open.add(c));
    else for (const c of [...open]) if (around[c].includes(call)) open.delete(c);
    let next = keyOf(open);
    let note = "";
    if (!(next in foldings)) { // not laid out beforehand: only this one open, or none
      next = keyOf(opening ? around[call] : []);
      note = "Other boxes were folded to keep this page small.\n";
    }
    if (!(next in foldings)) {
      page.store.change({ note: "This box was not laid out for this page: draw it with fold=False, or save it by itself.\n" });
      return;
    }
    const ended = step === page.sweep.last(folding);
    page.store.change({ folding: next, chosen: null, step: ended ? page.sweep.last(foldings[next]) : 0, note });
  }

  return { toggle };
})();
