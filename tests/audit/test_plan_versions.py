"""Verification finds versions of check plans that are not as they were published."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from qc.audit import sentences, trail
from qc.audit.query import TrailQuery
from qc.audit.seals import sealing
from qc.checks import plans
from qc.core.canonical_json import hashed
from qc.models import PlanVersion, Queue, User
from tests.audit.tampering import all_violations
from tests.plans import give_plan, write_plan


@pytest.fixture
def published(invoices: Queue, mona: User, seal_at_once: None) -> PlanVersion:
    """Mona has published the plan of Invoices, and that is sealed."""
    version = plans.publish(write_plan(invoices, {"question": "Is the sum right?"}), mona)
    sealing.seal()
    return version


def found() -> list[str]:
    return [str(violation) for violation in all_violations()]


def test_published_version_is_as_it_was_sealed(published: PlanVersion) -> None:
    assert found() == []


def test_changed_version_is_found_even_with_a_digest_that_fits(published: PlanVersion) -> None:
    content: dict[str, Any] = published.content
    content["items"][0]["question"] = "Is the sum about right?"
    PlanVersion.objects.update(content=content, digest=hashed(content))
    assert found() == ["Version 1 of the check plan of Invoices differs from what was published"]


def test_deleted_version_is_found(published: PlanVersion) -> None:
    Queue.objects.update(plan=None)
    PlanVersion.objects.all().delete()
    assert found() == ["Version 1 of the check plan of Invoices was deleted"]


def test_version_that_nobody_published_is_found(published: PlanVersion, invoices: Queue) -> None:
    give_plan(invoices, {"key": "other"})
    assert found() == ["Version 2 of the check plan of Invoices was never published"]


def test_verify_audit_names_the_version_and_fails(published: PlanVersion) -> None:
    PlanVersion.objects.update(content=published.content | {"pass_score": 1})
    with pytest.raises(CommandError, match="Version 1 of the check plan of Invoices differs"):
        call_command("verify_audit")


def test_trail_says_who_published_and_who_retired(
    published: PlanVersion, invoices: Queue, mona: User
) -> None:
    plans.retire(invoices.check_plan.pk, by=mona, reason="Season is over")
    rows = trail.page(TrailQuery(), 3).rows
    assert [sentences.plain_sentence(row) for row in rows] == [
        "mona retired the check plan of Invoices: Season is over",
        "mona published version 1 of the check plan of Invoices",
        "mona changed the check plan of Invoices: Version 1",
    ]
