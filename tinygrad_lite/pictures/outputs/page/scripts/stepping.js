// Going through the backward pass: the buttons, the keys, and the line that says what happens.
page.stepping = (() => {
  const KEYS = { ArrowRight: "on", ArrowLeft: "back", Home: "first", End: "last" };
  const where = document.getElementById("where");
  const status = document.getElementById("status");
  const buttons = document.querySelectorAll("[data-go]");

  function go(how) {
    const { step } = page.store.get();
    const last = page.sweep.last(page.store.folding());
    page.store.change({ step: { first: 0, back: Math.max(0, step - 1), on: Math.min(last, step + 1), last }[how] });
  }

  page.store.watch(({ step, note }) => {
    const folding = page.store.folding();
    const last = page.sweep.last(folding);
    where.textContent = last ? `step ${step} of ${last}` : "";
    status.textContent = note + page.sweep.said(folding, step);
    for (const button of buttons) {
      const back = ["first", "back"].includes(button.dataset.go);
      button.disabled = back ? step === 0 : step === last;
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
