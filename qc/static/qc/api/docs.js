// Shows the schema of the API by Swagger UI; what is tried out there has the session of the page.
(() => {
  const place = document.getElementById("docs");
  const isDark = document.documentElement.classList.contains("dark");

  function withToken(request) {
    if (request.method && request.method !== "GET") {
      request.headers["X-CSRFToken"] = place.dataset.token;
    }
    return request;
  }

  document.documentElement.classList.toggle("dark-mode", isDark);
  SwaggerUIBundle({
    url: place.dataset.schema,
    domNode: place,
    deepLinking: true,
    docExpansion: "list",
    requestInterceptor: withToken,
  });
})();
