"""Verifies an export of QC Desk's audit trail by its seals, without QC Desk: Python alone.

python3 verify_audit.py EXPORT [COPY]    # COPY is the file of QC_SEAL_FILE; EXPORT is from
`manage.py export_seals` or `archive_history`, or JSON Lines from the page of the audit trail.
"""

import json
import sys
from collections import Counter
from hashlib import sha256


def digest(value):
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def check_rows(ids, digests, rows, left_out):
    sealed = {pk: digests[n * 32 : n * 32 + 32] for n, pk in enumerate(ids)}
    for pk in sorted((sealed.keys() - left_out) | rows.keys()):
        row, opened = rows.get(pk, ({}, {}))
        opens = all(digest(value).hexdigest() == row[name] for name, value in opened.items())
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
        seal, digests, alone = dict(line["seal"]), bytes.fromhex(line["digests"]), "alone" in line
        number, its_hash = seal["number"], seal.pop("hash")
        rows = trail.pop(number, {}) | {pk: row for pk, *row in line.get("rows", [])}
        both = (seal["ids"], line.get("left_out", []))
        ids, left_out = ([pk for a, b in spans for pk in range(a, b + 1)] for spans in both)
        if follows and not alone and (number, seal["previous"]) != follows:
            yield f"seal {number} does not follow from the one before it"
        if digest(seal).hexdigest() != its_hash or sha256(digests).hexdigest() != seal["digests"]:
            yield f"seal {number} was changed"
        for pk, what in check_rows(ids, digests, rows, set(left_out)):
            yield f"row {pk} in the history of {seal['table']} {what} (seal {number})"
        notes["seals stand alone: only a copy proves them"] += alone and number not in copies
        notes["rows were left out"] += len(left_out)
        if copies.pop(number, its_hash) != its_hash:
            yield f"seal {number} is not the one in the copy"
        follows = (number + 1, its_hash)
    notes["rows are not sealed yet"] += (new := len(trail.pop(None)))
    yield from (f"seal {number} is not here, but its rows are" for number in trail)
    yield from (f"seal {n} is in the copy, but not here" for n in copies if not (alone or new))


with open(sys.argv[1]) as export, open((sys.argv[2:] or ["/dev/null"])[0]) as copy:
    whole = (json.loads(line) for line in copy if line.endswith("}\n"))  # Not cut off by a crash.
    copies, notes = {seal["number"]: seal["hash"] for seal in whole}, Counter()
    breaches = list(verify(export, copies, notes))
print("".join(f"{n} {what}.\n" for what, n in notes.items() if n), end="")
sys.exit("\n".join(breaches) or print("All of it is as it was sealed."))
