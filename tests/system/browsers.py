"""A browser without a screen: the pages over HTTP, with forms, their token, and dialogs."""

from typing import Any

import requests

from tests.admin.conftest import FormReader

ANSWER_SECONDS = 60


class Browser:
    """Somebody's browser; it signs in with the form first."""

    def __init__(self, url: str, name: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.get("/admin/login/")
        page = self.post("/admin/login/?next=/admin/", username=name, password="demo")
        assert "/login/" not in page.url

    def get(self, path: str) -> requests.Response:
        return self.checked(self.session.get(self.url + path, timeout=ANSWER_SECONDS))

    def post(self, path: str, **form: Any) -> requests.Response:
        """Send a form, with the token that the pages have put into a cookie."""
        return self.send(path, form)

    def upload(self, path: str, name: str, text: str) -> requests.Response:
        """Send a file."""
        return self.send(path, {}, files={"file": (name, text)})

    def dialog(self, path: str, **answers: str) -> None:
        """Answer the dialog of an action, which leads on to a page."""
        page = self.send(
            path, {"_form_submitted": "True"} | answers, headers={"HX-Request": "true"}
        )
        assert "HX-Redirect" in page.headers, page.text

    def edit(self, path: str, form: str, **changed: Any) -> None:
        """Save the form of a page with some fields changed."""
        reader = FormReader(form)
        reader.feed(self.get(path).text)
        page = self.post(path, **reader.sent | {"_save": "Save"} | changed)
        assert page.url != self.url + path, page.text

    def send(self, path: str, form: dict[str, Any], **more: Any) -> requests.Response:
        form = form | {"csrfmiddlewaretoken": self.session.cookies["csrftoken"]}
        answer = self.session.post(self.url + path, form, timeout=ANSWER_SECONDS, **more)
        return self.checked(answer)

    @staticmethod
    def checked(answer: requests.Response) -> requests.Response:
        assert answer.ok, f"{answer.status_code} {answer.url}: {answer.text[:500]}"
        return answer
