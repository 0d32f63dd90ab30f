// Copies the host PIN from the page to the clipboard; without it the PIN is selected with one click.
const button = document.getElementById("copy");
const pin = document.getElementById("pin");
const told = document.getElementById("copied");

button.hidden = false;
button.addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(pin.textContent.trim());
    told.textContent = "Pinkoden är kopierad.";
  } catch {
    getSelection().selectAllChildren(pin);
    told.textContent = "Pinkoden är markerad. Tryck Ctrl och C.";
  }
});
