// Shows a page outside Unfold's frame light or dark, as was chosen inside it, or as the system is.
(() => {
  function chosen() {
    try {
      return JSON.parse(localStorage.getItem("adminTheme"));
    } catch {
      return null;
    }
  }

  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.classList.toggle("dark", chosen() === "dark" || (chosen() !== "light" && isDark));
})();
