// Asks for a security key before its form is sent: to show who somebody is ("get"), or to add it ("create").
(() => {
  const options = () => JSON.parse(document.getElementById("key-options").textContent);

  async function ask(form) {
    const problem = form.querySelector("[role=alert]");
    problem.hidden = true;
    try {
      const answer = await webauthnJSON[form.dataset.key](options());
      form.elements.credential.value = JSON.stringify(answer);
      form.requestSubmit();
    } catch (error) {
      console.info(error);
      problem.hidden = false;
    }
  }

  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.dataset.key || form.elements.credential.value) return;
      event.preventDefault();
      event.stopPropagation();
      ask(form);
    },
    true,
  );
})();
