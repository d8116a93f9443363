"""Verifies an export of QC Desk's audit trail by its seals, without QC Desk: Python alone.

python3 verify_audit.py EXPORT [COPY]    # COPY is the file of QC_SEAL_FILE; EXPORT is from
`manage.py export_seals` or `archive_history`, or JSON Lines from the page of the audit trail.
"""

import hashlib
import json
import sys
from collections import Counter


def digest(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def check_rows(ids, digests, rows, left_out):
    sealed = {pk: digests[n * 32 : n * 32 + 32] for n, pk in enumerate(ids)}
    for pk in sorted((sealed.keys() - left_out) | rows.keys()):
        row, opened = rows.get(pk, ({}, {}))
        opens = all(digest(said).hexdigest() == row[name] for name, said in opened.items())
        if pk not in rows or pk not in sealed:
            yield pk, "was inserted" if pk in rows else "was deleted"
        elif digest(row).digest() != sealed[pk] or not opens:
            yield pk, "was changed"


def verify(export, copies, notes):
    trail, follows, alone = {None: {}}, None, False
    for line in map(json.loads, export):
        if "digests" not in line:  # A row of the trail: its seal comes later, if there is one.
            trail.setdefault(line["seal"], {})[line["id"]] = (line["row"], line["opened"])
            continue
        seal, kept, alone = dict(line["seal"]), bytes.fromhex(line["digests"]), "alone" in line
        number, said = seal["number"], seal.pop("hash")
        rows = trail.pop(number, {}) | {pk: told for pk, *told in line.get("rows", [])}
        spans = (seal["ids"], line.get("left_out", []))
        ids, left_out = ([pk for a, b in some for pk in range(a, b + 1)] for some in spans)
        if follows and not alone and (number, seal["previous"]) != follows:
            yield f"seal {number} does not follow from the one before it"
        if digest(seal).hexdigest() != said or hashlib.sha256(kept).hexdigest() != seal["digests"]:
            yield f"seal {number} was changed"
        for pk, what in check_rows(ids, kept, rows, set(left_out)):
            yield f"row {pk} in the history of {seal['table']} {what} (seal {number})"
        notes["seals stand alone: only a copy proves them"] += alone and number not in copies
        notes["rows were left out"] += len(left_out)
        if copies.pop(number, said) != said:
            yield f"seal {number} is not the one in the copy"
        follows = (number + 1, said)
    notes["rows are not sealed yet"] += (new := len(trail.pop(None)))
    yield from (f"seal {number} is not here, but its rows are" for number in trail)
    yield from (f"seal {n} is in the copy, but not here" for n in copies if not (alone or new))


with open(sys.argv[1]) as export, open((sys.argv[2:] or ["/dev/null"])[0]) as copy:
    whole = (json.loads(line) for line in copy if line.endswith("}\n"))  # Not cut off by a crash.
    copies, notes = {seal["number"]: seal["hash"] for seal in whole}, Counter()
    breaches = list(verify(export, copies, notes))
print("".join(f"{n} {what}.\n" for what, n in notes.items() if n), end="")
sys.exit("\n".join(breaches) or print("All of it is as it was sealed."))
