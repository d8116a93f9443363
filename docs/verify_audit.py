"""Verifies an export of QC Desk's audit trail by its seals, without QC Desk: Python alone.

python3 verify_audit.py EXPORT [COPY]

EXPORT is from `manage.py export_seals`; COPY is the file of QC_SEAL_FILE.
"""

import hashlib
import json
import sys


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def check_seal(seal, said, digests, before):
    if before and (seal["number"], seal["previous"]) != (before["number"] + 1, before["hash"]):
        yield "does not follow from the one before it"
    if digest(seal).hexdigest() != said:
        yield "was changed"
    if hashlib.sha256(digests).hexdigest() != seal["digests"]:
        yield "has other digests of its rows"


def opens(content, opened):
    return all(digest(said).hexdigest() == content[name] for name, said in opened.items())


def check_rows(seal, digests, rows):
    ids = [pk for first, last in seal["ids"] for pk in range(first, last + 1)]
    sealed = {pk: digests[n * 32 : n * 32 + 32] for n, pk in enumerate(ids)}
    for pk in sorted(sealed | rows):
        if pk not in rows:
            yield pk, "was deleted"
        elif pk not in sealed:
            yield pk, "was inserted"
        elif digest(rows[pk][0]).digest() != sealed[pk] or not opens(*rows[pk]):
            yield pk, "was changed"


def verify(export, copies):
    before = None
    for line in map(json.loads, export):
        seal, digests = line["seal"], bytes.fromhex(line["digests"])
        rows = {pk: told for pk, *told in line["rows"]}
        number, said = seal["number"], seal["hash"]
        content = {name: value for name, value in seal.items() if name != "hash"}
        for what in check_seal(content, said, digests, before):
            yield f"seal {number} {what}"
        if copies.pop(number, said) != said:
            yield f"seal {number} is not the one in the copy"
        for pk, what in check_rows(seal, digests, rows):
            yield f"row {pk} in the history of {seal['table']} {what} (seal {number})"
        before = seal
    yield from (f"seal {number} is in the copy, but not here" for number in copies)


with open(sys.argv[1]) as export, open((sys.argv[2:] or ["/dev/null"])[0]) as copy:
    # A line that was cut off, by a crash while it was written, was written once more.
    whole = (json.loads(line) for line in copy if line.endswith("}\n"))
    copies = {seal["number"]: seal["hash"] for seal in whole}
    breaches = list(verify(export, copies))
sys.exit("\n".join(breaches) or print("All of it is as it was sealed."))
