() => {
  // gradio tells each waiting visitor "queue: 2/5"; #place says it in the page's language.
  const begin = () => {
    const line = document.getElementById("line");
    const place = document.getElementById("place");
    if (!line || !place) return setTimeout(begin, 200);
    const tell = () => {
      const said = [...line.children].filter((part) => !part.contains(place)).map((part) => part.textContent).join(" ");
      const found = /queue: (\d+)\/(\d+)/.exec(said);
      const english = document.querySelector("#language input:checked")?.value === "en";
      const text = !found ? "" : english ? `In line: ${found[1]} of ${found[2]}` : `排队第 ${found[1]} 位，共 ${found[2]} 位`;
      if (place.textContent !== text) place.textContent = text;
    };
    new MutationObserver(tell).observe(line, { subtree: true, childList: true, characterData: true });
  };
  begin();
}
