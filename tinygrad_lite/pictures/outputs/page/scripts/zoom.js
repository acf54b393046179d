// How large the picture is shown.
page.zoom = (() => {
  const buttons = document.querySelectorAll("[data-zoom]");

  function show(how) {
    page.drawing.fit(how === "fit");
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.zoom === how));
  }

  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.zoom));

  return { show };
})();
