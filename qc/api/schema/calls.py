"""The old calls in the schema: a decorator for each, which changes nothing of what it does."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from qc.api import serializers
from qc.api.schema import answers

FLAG = OpenApiTypes.BOOL
JSON_ONLY = "application/json"

login = extend_schema(
    operation_id="login",
    summary="Sign in",
    description="Signs in, and assigns tasks. Repeating it gives another token.",
    tags=["people's clients"],
    auth=[],
    request={JSON_ONLY: serializers.Credentials},
    responses={200: answers.SignedIn},
)
logout = extend_schema(
    operation_id="logout",
    summary="Sign out",
    description="Ends the token or the session; assigned tasks go back to their queues.",
    tags=["people's clients"],
    request=None,
    responses={200: answers.Message},
)
dashboard = extend_schema(
    operation_id="dashboard",
    summary="See who is there, and one's own tasks",
    description="It delivers the caller's tasks: from then on the most urgent one is started.",
    tags=["people's clients"],
    parameters=[
        OpenApiParameter("logged_in", FLAG, description="Only people who are signed in, or not."),
        OpenApiParameter("free", FLAG, description="Only people who are free, or not."),
        OpenApiParameter("page", {"type": "integer", "minimum": 1}, description="Of the people."),
    ],
    responses={
        200: answers.Dashboard,
        404: OpenApiResponse({"$ref": "#/components/schemas/Refusal"}, "There is no such page."),
    },
)
complete = extend_schema(
    operation_id="taskcomplete",
    summary="Complete a task and get the next",
    description="Without an outcome it is what follows from the check.",
    tags=["people's clients"],
    request={JSON_ONLY: serializers.Completion},
    responses={200: answers.Completed},
)
undo = extend_schema(
    operation_id="undo_taskcomplete",
    summary="Undo a completion",
    description="For ten seconds, by whoever completed it.",
    tags=["people's clients"],
    request=None,
    responses={200: answers.Undone},
)

FORM = "multipart/form-data"
add_file = extend_schema(
    operation_id="add_task_file",
    summary="Add a file to a task",
    description="For its holder and managers; the same file again at the same place is there once.",
    tags=["files"],
    request={FORM: serializers.NewFile},
    responses={201: answers.File},
)
files = extend_schema(
    operation_id="task_files",
    summary="List the files of a task",
    description="The oldest first.",
    tags=["files"],
    responses={200: answers.Files},
)
defect_codes = extend_schema(
    operation_id="task_defect_codes",
    summary="List the defect codes of a task's queue",
    description="By group and code.",
    tags=["files"],
    responses={200: answers.Codes},
)
file = extend_schema(
    operation_id="task_file",
    summary="Read a file",
    description="Its content, for who may see its task.",
    tags=["files"],
    responses={(200, "*/*"): OpenApiResponse(answers.BYTES, "Its content.")},
)
remove_file = extend_schema(
    operation_id="remove_task_file",
    summary="Remove a file",
    description="Managers must give a reason. Removing it again does no harm.",
    tags=["files"],
    parameters=[],
    request={JSON_ONLY: serializers.Removal},
    responses={204: OpenApiResponse(description="It is removed.")},
)
picture = extend_schema(
    operation_id="plan_picture",
    summary="Read the picture of a plan's item",
    description="For who may see a plan that shows it.",
    tags=["files"],
    responses={(200, "image/*"): OpenApiResponse(answers.BYTES, "The picture.")},
)
begin_import = extend_schema(
    operation_id="upload_import",
    summary="Import a file of tasks",
    description="CSV, XLSX or JSON, as the page Imports does. All of it or, with any fault, "
    "nothing; importing the same file twice changes nothing. For managers.",
    tags=["imports"],
    request={FORM: serializers.NewImport},
    responses={
        200: OpenApiResponse(answers.ImportAnswer, "It is imported."),
        202: OpenApiResponse(answers.ImportAnswer, "A worker imports it."),
        400: OpenApiResponse(
            {
                "anyOf": [
                    {"$ref": "#/components/schemas/ImportAnswer"},
                    {"$ref": "#/components/schemas/FieldErrors"},
                ]
            },
            "Nothing was imported.",
        ),
    },
)
see_import = extend_schema(
    operation_id="follow_import",
    summary="Follow an import",
    description="Its state, its counts and its faults. For managers and auditors.",
    tags=["imports"],
    responses={200: answers.ImportAnswer},
)
