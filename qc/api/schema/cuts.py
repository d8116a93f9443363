"""Results that `fields=` may have cut: in the schema none of their fields is required.

A call that takes `fields` answers with a variant of its component, `Task` as `CutTask`.
"""

from collections.abc import Sequence
from typing import Any

BEGINS = "#/components/schemas/"
PREFIX = "Cut"
# What a list has beside its results, which are what is cut.
RESULTS = "results"


def loosen(operations: Sequence[dict[str, Any]], result: dict[str, Any]) -> None:
    """Let the answers of all calls that take `fields` have results without some of their fields."""
    schemas = result["components"]["schemas"]
    for operation in operations:
        if any(one["name"] == "fields" for one in operation.get("parameters", ())):
            for content in operation["responses"].get("200", {}).get("content", {}).values():
                content["schema"] = _loosened(content["schema"], schemas)


def _loosened(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to the variant of a component, which is added."""
    name = schema.get("$ref", "").removeprefix(BEGINS)
    if not name or name.startswith(PREFIX):
        return schema
    whole = schemas[name]
    if RESULTS in whole["properties"]:
        results = whole["properties"][RESULTS]
        items = _loosened(results["items"], schemas)
        properties = whole["properties"] | {RESULTS: results | {"items": items}}
        schemas[PREFIX + name] = whole | {"properties": properties}
    else:
        schemas[PREFIX + name] = {key: value for key, value in whole.items() if key != "required"}
    return {"$ref": f"{BEGINS}{PREFIX}{name}"}
