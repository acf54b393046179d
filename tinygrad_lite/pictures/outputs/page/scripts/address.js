// The address of a step: neuron.html#step=3, and #step=3&open=0,2 where these calls are unfolded. The address follows the
// reader, so that it can be kept or sent.
page.address = (() => {
  const { data } = page.store;

  // What the address asks for, as a change of the store. What is no step of this page is the nearest that is.
  function read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const folding = asked.get("open") in data.foldings ? asked.get("open") : data.first;
    const step = Math.trunc(Number(asked.get("step"))) || 0;
    return { folding, step: Math.min(Math.max(0, step), page.sweep.last(data.foldings[folding])) };
  }

  function written({ folding, step }) {
    const parts = [step > 0 && `step=${step}`, folding !== data.first && `open=${folding}`].filter(Boolean);
    return parts.length ? `#${parts.join("&")}` : "";
  }

  page.store.watch((now) => {
    if (written(now) === location.hash) return;
    try {
      history.replaceState(null, "", location.href.split("#")[0] + written(now));
    } catch {
      // A page in a frame of a notebook has no address of its own; it steps without one.
    }
  });

  addEventListener("hashchange", () => page.store.change({ ...read(), chosen: null }));

  return { read };
})();
