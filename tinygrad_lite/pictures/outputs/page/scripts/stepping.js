// Going through the forward and the backward pass: the buttons, the keys, and the line that says what happens.
page.stepping = (() => {
  const KEYS = { ArrowRight: "on", ArrowLeft: "back", Home: "first", End: "last" };
  const MOST_LINES = 8; // that the line always has room for
  const where = document.getElementById("where");
  const status = document.getElementById("status");
  const buttons = document.querySelectorAll("[data-go]");

  // playing: the page goes by itself; a step of the reader's stops it.
  function go(how, playing = false) {
    const { step, forward } = page.store.get();
    const folding = page.store.folding();
    const [first, last] = [page.forward.first(folding, forward), page.sweep.last(folding)];
    const next = { first, back: Math.max(first, step - 1), on: Math.min(last, step + 1), last }[how];
    page.store.change({ step: next, playing: playing && next < last });
  }

  function said(folding, { step, forward }) {
    const values = page.forward.said(folding, step, forward);
    return [values, step >= 0 && page.sweep.said(folding, step)].filter(Boolean).join("\n");
  }

  // Room for what any step says: the whole screen is shared with the picture, which stands still while the steps go by.
  function reserve(folding, { forward }) {
    let most = 0;
    for (let step = page.forward.first(folding, forward); step <= page.sweep.last(folding); step++) {
      most = Math.max(most, said(folding, { step, forward }).split("\n").length);
    }
    status.style.setProperty("--room", `${1.45 * Math.min(most, MOST_LINES)}em`);
  }

  page.store.watch((now, before) => {
    const { step, note, forward } = now;
    const folding = page.store.folding();
    const [first, last] = [page.forward.first(folding, forward), page.sweep.last(folding)];
    const passed = step < 0 ? `forward: step ${step - first} of ${-first}` : `step ${step} of ${last}`;
    where.textContent = last || first ? passed : "";
    if (now.folding !== before.folding || forward !== before.forward || !status.style.getPropertyValue("--room")) reserve(folding, now);
    const sliding = now.leaves !== before.leaves; // what is below, the slider too, must not move away
    status.style.minHeight = sliding ? `${status.getBoundingClientRect().height}px` : "";
    status.textContent = note + said(folding, now);
    for (const button of buttons) {
      const back = ["first", "back"].includes(button.dataset.go);
      button.disabled = back ? step === first : step === last;
    }
  });

  for (const button of buttons) button.addEventListener("click", () => go(button.dataset.go));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || !KEYS[event.key]) return;
    if (event.target.closest?.("input, textarea, select")) return; // the keys are theirs
    event.preventDefault();
    go(KEYS[event.key]);
  });

  return { go };
})();
