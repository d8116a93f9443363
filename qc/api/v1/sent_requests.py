"""Requests with an `Idempotency-Key`: whose they are, and what makes two of them the same."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from qc.core.canonical_json import hashed
from qc.models import IdempotencyKey
from qc.models.idempotency import LONGEST, LONGEST_TARGET

HEADER = "Idempotency-Key"
# A quoted string of structured fields, or just a word.
KEY = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"|([!#-+\--:<-~]+)')


@dataclass(frozen=True)
class Sent:
    """A request with a key: whose, where to, and the digest of its contents."""

    client: int
    key: str
    target: str
    digest: str

    def new_row(self, **columns: Any) -> IdempotencyKey:
        """Return a row for it, which is not saved."""
        return IdempotencyKey(
            client=self.client, key=self.key, target=self.target, digest=self.digest, **columns
        )


def key_of(request: Request) -> str | None:
    """Return the key of a request, None without one. Raises ParseError for one that is no key."""
    header = request.headers.get(HEADER)
    if header is None:
        return None
    found = KEY.fullmatch(header.strip())
    key = "" if found is None else (found[1] or found[2])
    if not 1 <= len(key) <= LONGEST:
        raise ParseError(_("Idempotency-Key must be a text in quotes, of up to 255 characters."))
    return key


def sent_with(request: Request, key: str) -> Sent:
    """Return a request with its key."""
    query = sorted(request.query_params.lists())
    digest = hashed([query, _contents(request)])
    target = f"{request.method} {request.path.rstrip('/')}"[:LONGEST_TARGET]
    return Sent(request.user.pk or 0, key, target, digest)


def _contents(request: Request) -> Any:
    """Return what was sent, for its digest; of a file its name and content."""
    data = request.data
    if not hasattr(data, "lists"):
        return data
    return [[name, [_content(one) for one in values]] for name, values in sorted(data.lists())]


def _content(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return [value.name, digest.hexdigest()]
