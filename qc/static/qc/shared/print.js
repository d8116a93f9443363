// Prints the page.
document.querySelector("button[name=print]").addEventListener("click", () => window.print());
