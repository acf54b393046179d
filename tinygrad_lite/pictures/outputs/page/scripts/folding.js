// Unfolding a call, or folding it again: which of the foldings that Python laid out is shown next, and where in it.
page.folding = (() => {
  const keyOf = (open) => [...open].sort((a, b) => a - b).join(",");

  function toggle(call) {
    const { foldings } = page.store.data;
    const { folding: key } = page.store.get();
    const { around } = page.store.folding();
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
    const made = Object.entries(foldings[next][opening ? "frames" : "boxes"]);
    const [opened] = made.find(([, part]) => part.call === call) ?? [null];
    page.store.change({ folding: next, chosen: null, step: sameStep(foldings[next]), note, opened, playing: false });
  }

  // The place of now in another folding: the boxes of both are ordered by when their values were made. The box whose
  // turn it is stays, or it is inside the box that takes its turn now.
  function sameStep(next) {
    const { step } = page.store.get();
    const folding = page.store.folding();
    const last = page.sweep.last(folding);
    if (step === last) return page.sweep.last(next);
    if (step > 1) {
      const [now] = page.sweep.taking(folding, step).map((id) => folding.boxes[id]);
      const holds = ({ sheet, made }) => sheet === now.sheet && made >= now.made;
      for (let n = page.sweep.last(next); n > 1; n--) if (page.sweep.taking(next, n).some((id) => holds(next.boxes[id]))) return n;
      return 1;
    }
    if (step >= 0) return step;
    return page.forward.same(folding, step, next);
  }

  return { toggle };
})();
