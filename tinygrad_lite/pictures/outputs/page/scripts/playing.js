// Play and pause, how fast, and whether the forward pass comes first.
page.playing = (() => {
  const PACE = 2400; // milliseconds between two steps
  const SPEEDS = [1, 2, 4, 0.5];
  const play = document.getElementById("play");
  const speeding = document.getElementById("speed");
  const forwards = document.getElementById("forward");
  let timer = null;

  function next() {
    const { step } = page.store.get();
    page.stepping.go("on", true);
    if (page.store.get().step === step) page.store.change({ playing: false }); // something holds it back
  }

  page.store.watch((now) => {
    clearTimeout(timer);
    if (now.playing) timer = setTimeout(next, PACE / now.speed);
    play.textContent = now.playing ? "❚❚ pause" : "▶ play";
    speeding.textContent = `speed ${now.speed === 0.5 ? "½" : now.speed}×`;
    forwards.setAttribute("aria-pressed", String(now.forward));
  });

  play.addEventListener("click", () => {
    const { playing, step, forward } = page.store.get();
    const folding = page.store.folding();
    const ended = step === page.sweep.last(folding);
    page.store.change({ playing: !playing, step: !playing && ended ? page.forward.first(folding, forward) : step });
  });
  speeding.addEventListener("click", () => {
    page.store.change({ speed: SPEEDS[(SPEEDS.indexOf(page.store.get().speed) + 1) % SPEEDS.length] });
  });
  forwards.addEventListener("click", () => {
    const forward = !page.store.get().forward;
    page.store.change({ forward, step: page.forward.first(page.store.folding(), forward), playing: false });
  });

  return {};
})();
