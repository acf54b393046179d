// Where the gradient nearly dies: the rules of edges/saturation.py once more, for the slopes of now.
page.saturation = (() => {
  const SATURATED = 0.1; // below this share of its largest slope an element counts as saturated
  const SLOWED = 0.7; // and below this one as slowed down

  const mean = (all) => all.reduce((a, b) => a + b, 0) / all.length;
  const whole = (x) => (Math.abs(x - Math.trunc(x)) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)); // as Python rounds
  const percent = (x) => `${x > 0 && x < 0.01 ? page.numbers.number(100 * x) : whole(100 * x)} %`;

  // The level and the words for slopes of which none is larger than `largest`; null where nothing is to be said.
  function judged(slopes, largest, twoValued) {
    const ratio = [...slopes].map((x) => Math.abs(x) / largest);
    if (!ratio.every(Number.isFinite)) return null;
    const share = mean(ratio.map((x) => Number(x < SATURATED)));
    const slope = mean(ratio);
    const off = twoValued && share > 0;
    if (ratio.length === 1) {
      const level = share ? "saturated" : slope < SLOWED ? "slowed" : "";
      return { level, parts: off ? ["off", "slope 0"] : [level || "unsaturated", `slope at ${percent(slope)} of its maximum`] };
    }
    const level = share >= 0.5 ? "saturated" : share > 0 || slope < SLOWED ? "slowed" : "";
    const word = off ? "off" : "saturated";
    const text = share > 0 ? `${percent(share)} of ${ratio.length} ${word}` : `slope at ${percent(slope)} of its maximum on average`;
    return { level, parts: [text] };
  }

  return { judged };
})();
