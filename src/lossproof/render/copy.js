// A button that copies, beside every block of LaTeX; all that a script does on these pages.
for (const block of document.querySelectorAll("pre.latex")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.title = "Copy " + block.getAttribute("aria-label");
  button.setAttribute("aria-label", button.title);
  button.textContent = "TeX";
  button.addEventListener("click", async () => {
    let copied = true;
    try {
      await navigator.clipboard.writeText(block.textContent);
    } catch {
      getSelection().selectAllChildren(block);
      copied = document.execCommand("copy");
    }
    button.textContent = copied ? "copied" : "press Ctrl+C";
    setTimeout(() => { button.textContent = "TeX"; }, 2000);
  });
  const step = block.closest(".step");
  const place = step && step.querySelector(".reason");
  if (place) place.append(" ", button); else block.before(button);
}
