// What moves: a value along its edge into the box that is computed, a term back along its edge into the sum. All that
// is moved is there without it, so where the reader's system asks for less motion nothing moves.
page.motion = (() => {
  const LONG = 1500; // milliseconds for one way
  const less = matchMedia("(prefers-reduced-motion: reduce)");
  let running = [];

  function run(element, frames, ended = () => {}) {
    const { speed } = page.store.get();
    const animation = element.animate(frames, { duration: LONG / speed });
    animation.onfinish = ended;
    running.push(animation);
  }

  const shift = (to, from) => `translate(${to.x - from.x}px, ${to.y - from.y}px)`;

  // Along the way in four fifths of the time; then it is seen where it stands.
  function travel(label, way, rest) {
    const along = way.map((point, i) => ({ transform: shift(point, rest), opacity: i ? 1 : 0, offset: (0.8 * i) / (way.length - 1) }));
    const there = { transform: shift(way.at(-1), rest), opacity: 0, offset: 0.88 };
    run(label, [...along, there, { transform: "none", opacity: 0, offset: 0.89 }, { transform: "none", opacity: 1, offset: 1 }]);
  }

  const appear = (text) => run(text, [{ opacity: 0.1 }, { opacity: 0.1, offset: 0.75 }, { opacity: 1 }]);

  function backward() {
    for (const { label, leader, way, rest, sum } of page.drawing.terms()) {
      travel(label, way, rest);
      for (const text of [sum, leader]) if (text) appear(text);
    }
  }

  function forward() {
    for (const { label, way, value } of page.drawing.inputs()) {
      const along = way.map((point) => ({ transform: shift(point, { x: 0, y: 0 }) }));
      run(label, along, () => label.remove());
      if (value) appear(value);
    }
  }

  page.store.watch((now, before) => {
    if (now.step === before.step && now.folding === before.folding) return;
    for (const animation of running) animation.cancel();
    running = [];
    if (less.matches || now.folding !== before.folding || now.step !== before.step + 1) return;
    if (now.step > 0) backward();
    else forward();
  });

  return {};
})();
