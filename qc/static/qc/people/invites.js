// Copies all links as a table, or saves them as a file; they are nowhere but in this page.
(() => {
  const table = document.getElementById("invites");
  const button = (name) => document.querySelector(`button[name=${name}]`);
  if (!table) return;
  const rows = [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent.trim()));

  // A spreadsheet takes what begins so for a formula.
  const quoted = (cell) => `"${cell.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;

  button("copy-all").addEventListener("click", async () => {
    const label = button("copy-all").querySelector("[data-copied]");
    if (!navigator.clipboard) {
      window.getSelection().selectAllChildren(table);
      return;
    }
    await navigator.clipboard.writeText(rows.map((row) => row.join("\t")).join("\n"));
    label.textContent = label.dataset.copied;
  });

  button("download").addEventListener("click", () => {
    const text = rows.map((row) => row.map(quoted).join(",")).join("\r\n");
    const file = new Blob(["\ufeff", text], { type: "text/csv" });
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(file),
      download: table.dataset.file,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  });
})();
