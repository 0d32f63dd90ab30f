// Copies a text from the page to the clipboard; where the browser refuses, the text is selected.
for (const button of document.querySelectorAll("[data-copies]")) {
  const text = document.getElementById(button.dataset.copies);
  const told = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
      told.textContent = "Texten är kopierad.";
    } catch {
      text.select();
      told.textContent = "Texten är markerad. Tryck Ctrl och C.";
    }
  });
}
