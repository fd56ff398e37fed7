// A button that copies, beside every block of LaTeX; all that a script does on these pages.
for (const block of document.querySelectorAll("pre.latex")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  const name = block.getAttribute("aria-label");
  const say = (text, label) => { button.textContent = text; button.setAttribute("aria-label", label); };
  say("LaTeX", "Copy " + name);
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(block.textContent);
    } catch {
      getSelection().selectAllChildren(block);
      copied = document.execCommand("copy");
    }
    if (copied) say("copied", "copied " + name); else say("press Ctrl+C", "press Ctrl+C to copy " + name);
    setTimeout(say, 2000, "LaTeX", "Copy " + name);
  });
  const step = block.closest(".step");
  const place = step && step.querySelector(".reason");
  if (place) place.append(" ", button); else block.before(button);
}
