"""The frame of the pages: what is drawn once for all, and which scripts a page loads."""

from collections.abc import Callable
from typing import Any

from django.template import Context, Template
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from qc.models import Queue, Task, User
from qc.work import actions, presence
from tests.admin.addresses import every_address

SCRIPT = "/chart.js"


class TestSameForAll:
    TEMPLATE = (
        "{% load frame i18n %}"
        "{% same_for_all %}{% trans 'Sign out' %}{{ user }}{% endsame_for_all %}"
    )

    def test_nothing_of_a_reader_gets_into_what_all_see(self, anna: User) -> None:
        assert Template(self.TEMPLATE).render(Context({"user": anna})) == "Sign out"

    def test_each_language_has_its_own_words(self) -> None:
        template = Template(self.TEMPLATE)
        for language, words in (("en", "Sign out"), ("de", "Abmelden"), ("en", "Sign out")):
            with override(language):
                assert template.render(Context()) == words

    def test_it_is_drawn_once(self) -> None:
        template = Template("{% load frame %}{% same_for_all %}{% now 'u' %}{% endsame_for_all %}")
        assert template.render(Context()) == template.render(Context())


def test_only_pages_with_a_chart_load_its_script(root_client: Client, sample_data: None) -> None:
    pages = {one.path: root_client.get(one.path) for one in every_address()}
    texts = {path: page.content.decode() for path, page in pages.items() if is_whole(page)}
    assert len(texts) > 30
    assert {path for path, text in texts.items() if SCRIPT in text} == {reverse("admin:floor")}


def test_report_loads_the_script_once_it_has_a_chart(
    mona_client: Client, anna: User, invoices: Queue, add_task: Callable[..., Task]
) -> None:
    assert SCRIPT not in mona_client.get(reverse("admin:reports")).content.decode()
    task = add_task(invoices)
    presence.sign_in(anna.pk)
    actions.hand_out_to(anna.pk)
    actions.complete(task.pk, by=anna)
    assert SCRIPT in mona_client.get(reverse("admin:reports")).content.decode()


def is_whole(page: Any) -> bool:
    """Return whether an answer is a page of the frame."""
    is_html = page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
    return is_html and not page.streaming and b"</html>" in page.content
