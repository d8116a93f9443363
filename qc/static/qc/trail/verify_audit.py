"""Verifies an export of QC Desk's audit trail by its seals, without QC Desk: Python alone.

python3 verify_audit.py EXPORT [COPY]    # COPY is the file of QC_SEAL_FILE; EXPORT is from
`manage.py export_seals` or `archive_history`, or JSON Lines from the page of the audit trail.
"""

import json
import sys
from collections import Counter, defaultdict
from hashlib import sha256


def digest(value):
    return sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def check_rows(ids, digests, rows, left_out):
    sealed = {pk: digests[n * 32 : n * 32 + 32] for n, pk in enumerate(ids)}
    times = Counter(pk for pk, *_ in rows)
    missing = [(pk, None, {}) for pk in sealed.keys() - left_out - times.keys()]
    for pk, row, opened in sorted([*rows, *missing], key=lambda one: one[0]):
        if row is None or pk not in sealed:
            yield pk, "was deleted" if row is None else "was inserted"
            continue
        opens = all(digest(value).hexdigest() == row.get(name) for name, value in opened.items())
        if digest(row).digest() != sealed[pk] or not opens:
            yield pk, "was changed"
        elif times.pop(pk, 1) > 1:
            yield pk, "is there more than once"


def unsealed(export):
    rows = defaultdict(list)
    for line in map(json.loads, export):
        if "digests" not in line and line["seal"] is None:
            rows[line["table"], line["id"]].append((line["id"], line["row"], line["opened"]))
    return rows


def verify(export, copies, notes):
    # Rows that are said to have no seal may well have one, and others may come twice.
    new, trail, follows, alone = unsealed(export), defaultdict(list), None, False
    export.seek(0)
    for line in map(json.loads, export):
        if "digests" not in line:  # A row of the trail: its seal comes later, if there is one.
            trail[line["seal"]].append((line["id"], line["row"], line["opened"]))
            continue
        seal, digests, alone = dict(line["seal"]), bytes.fromhex(line["digests"]), "alone" in line
        number, its_hash = seal["number"], seal.pop("hash")
        both = (seal["ids"], line.get("left_out", []))
        ids, left_out = ([pk for a, b in spans for pk in range(a, b + 1)] for spans in both)
        rows = trail.pop(number, []) + line.get("rows", [])
        rows += [row for pk in ids for row in new.pop((seal["table"], pk), [])]
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
    notes["rows are not sealed yet"] += sum(map(len, new.values()))
    trail.pop(None, None)
    yield from (f"seal {number} is not here, but its rows are" for number in trail)
    if alone or (new and not follows):
        notes["seals of the copy are not here, nor their rows"] += len(copies)
    else:
        yield from (f"seal {n} is in the copy, but not here" for n in copies)
    if not follows:
        yield "nothing here is sealed: it proves nothing"


def main(export, copy):
    whole = (json.loads(line) for line in copy if line.endswith("}\n"))  # Not cut off by a crash.
    copies, notes, breaches = {seal["number"]: seal["hash"] for seal in whole}, Counter(), []
    try:
        breaches.extend(verify(export, copies, notes))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        breaches.append(f"the file is damaged, or no such export: {error!r}")
    print("".join(f"{n} {what}.\n" for what, n in notes.items() if n), end="")
    sys.exit("\n".join(breaches) or print("All of it is as it was sealed."))


with open(sys.argv[1]) as export, open((sys.argv[2:] or ["/dev/null"])[0]) as copy:
    main(export, copy)
