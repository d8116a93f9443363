"""docs/qc_desk_client.py: what it sends again, with which key, and what it makes of answers."""

import json
from typing import Any

import pytest
import requests

from docs.qc_desk_client import QCDesk, Refused


def answer(status: int = 200, body: Any = None, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps(body or {}).encode()
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return response


class Canned(QCDesk):
    """A client whose server gives these answers, one after the other."""

    def __init__(self, *answers: requests.Response | Exception) -> None:
        self.waited: list[float] = []
        super().__init__("http://desk/", "qcd_1", wait=self.waited.append)
        self.answers, self.sent = list(answers), []  # type: ignore[var-annotated]

    def once(self, method: str, path: str, **content: Any) -> requests.Response:
        self.sent.append((method, path, content))
        given = self.answers.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    def keys(self) -> set[str]:
        return {content["headers"].get("Idempotency-Key") for _m, _path, content in self.sent}


@pytest.mark.parametrize(
    "lost",
    [
        requests.ConnectionError(),
        requests.ReadTimeout(),
        requests.exceptions.ChunkedEncodingError(),
    ],
)
def test_request_without_an_answer_is_sent_again_with_its_key(lost: Exception) -> None:
    desk = Canned(lost, answer(502), answer(200, {"created": 1}))
    assert desk.create_task(reference="A-1") == {"created": 1}
    assert len(desk.sent) == 3
    (key,) = desk.keys()
    assert key.startswith('"')
    desk.answers = [answer()]
    desk.create_task(reference="A-2")
    assert len(desk.keys()) == 2


def test_busy_server_is_asked_again_when_it_says() -> None:
    desk = Canned(answer(429, Retry_After="7"), answer(503, Retry_After="5"), answer())
    desk.act(17, "claim", key="mine")
    assert desk.waited == [7, 5]
    assert desk.keys() == {'"mine"'}


def test_request_with_the_same_key_that_still_runs_is_waited_for() -> None:
    desk = Canned(answer(409, Retry_After="1"), answer())
    desk.act(17, "claim")
    with pytest.raises(Refused, match="409: taken"):
        Canned(answer(409, {"detail": "taken"})).act(17, "claim")
    assert desk.waited == [1]


def test_refusal_says_what_was_wrong() -> None:
    problem = {"detail": "Not allowed.", "errors": {"queue": ["No such queue."]}}
    with pytest.raises(Refused, match="400: Not allowed") as refused:
        Canned(answer(400, problem)).create_task(reference="A-1")
    assert (refused.value.code, refused.value.errors) == (400, {"queue": ["No such queue."]})


def test_no_answer_in_the_end_is_an_error() -> None:
    desk = Canned(*[requests.ConnectionError()] * 5)
    with pytest.raises(requests.ConnectionError):
        desk.task(17)
    assert len(desk.waited) == 4


def test_lists_are_read_page_by_page() -> None:
    second = "http://desk/api/v1/tasks/?cursor=b"
    first = answer(200, {"results": [{"id": 1}, {"id": 2}], "next": second})
    desk = Canned(first, answer(200, {"results": [{"id": 3}], "next": None}))
    assert [task["id"] for task in desk.tasks(status="pending")] == [1, 2, 3]
    assert [path for _method, path, _content in desk.sent] == ["/api/v1/tasks/", second]


def test_next_page_is_asked_for_where_the_client_calls() -> None:
    other = "https://DESK.example/api/v1/tasks/?cursor=b"
    first = answer(200, {"results": [], "next": other})
    desk = Canned(first, answer(200, {"results": [{"id": 3}], "next": None}))
    assert [task["id"] for task in desk.tasks()] == [3]
    assert desk.sent[-1][1] == "/api/v1/tasks/?cursor=b"
