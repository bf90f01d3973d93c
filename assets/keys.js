() => {
  // Ctrl+Enter (or Cmd+Enter) asks, Esc stops: whichever tab is open, its own buttons.
  const press = (kind) => {
    const open = [...document.querySelectorAll(`.key-${kind}`)].find((b) => b.offsetParent && !b.disabled);
    if (open) open.click();
    return Boolean(open);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      document.activeElement?.dispatchEvent(new Event("change", { bubbles: true }));
      if (press("ask")) event.preventDefault();
    } else if (event.key === "Escape" && press("stop")) event.preventDefault();
  }, true);
}
