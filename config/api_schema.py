"""How drf-spectacular describes the API: /api/schema/ has the result, /api/docs/ shows it."""

from typing import Any

VERSION = "1.0.0"
DESCRIPTION = """\
For other systems: JSON in, JSON out. Everything new is under `/api/v1/`; the other addresses are
those of people's own clients.

A service token (`Authorization: Bearer …`) is for a machine and does what its scopes say; a token
of `/login/` (`Authorization: Token …`) and the session of the pages are a person's, and may do what
their roles allow. Errors under `/api/v1/` are `application/problem+json`. Each address answers with
and without its trailing slash. docs/api.md has the commonest jobs, step by step.
"""

# Names of the enumerations, whichever fields have them.
ENUMS = {
    "AnswerKind": "qc.models.choices.AnswerKind",
    "ChartKind": "qc.reports.control_charts.ChartKind",
    "ChartRule": "qc.reports.control_charts.Rule",
    "ImportState": "qc.models.imports.ImportState",
    "Outcome": "qc.models.choices.Outcome",
    "OutcomeRule": "qc.models.choices.OutcomeRule",
    "Priority": "qc.models.choices.Priority",
    "Purpose": "qc.models.choices.Purpose",
    "Reinspector": "qc.models.choices.Reinspector",
    "Role": "qc.models.choices.Role",
    "Scope": "qc.models.choices.Scope",
    "Severity": "qc.models.choices.Severity",
    "TaskStatus": "qc.models.choices.Status",
    "Verdict": "qc.models.choices.Verdict",
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "QC Desk",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "qc.api.schema.generator.Generator",
    "PREPROCESSING_HOOKS": ["qc.api.schema.hooks.clean_addresses"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "qc.api.schema.hooks.add_what_is_common",
    ],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": ENUMS,
    "ENUM_SUFFIX": "",
    "SCHEMA_PATH_PREFIX": r"/api/v[0-9]+|/api",
    # Ids, see `clean_addresses`.
    "PATH_CONVERTER_OVERRIDES": {
        "int": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    },
}
