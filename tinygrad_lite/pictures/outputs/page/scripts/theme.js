// In the frame of a notebook the page is dark or light as the notebook is: the frame's color-scheme says which. Elsewhere,
// and where the frame cannot be read, it is as the reader's system is.
(() => {
  const frame = window.frameElement;
  if (!frame) return;
  const dark = document.getElementById("dark");
  const asked = dark.media;

  function follow() {
    dark.media = { dark: "screen", light: "not all" }[getComputedStyle(frame).colorScheme] ?? asked;
  }

  follow();
  // A notebook marks its body or its root where its theme changes.
  const watcher = new MutationObserver(follow);
  for (const marked of [frame.ownerDocument.documentElement, frame.ownerDocument.body]) watcher.observe(marked, { attributes: true });
})();
