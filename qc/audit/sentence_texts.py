"""The texts of the audit trail's sentences: one for each kind of change."""

from django.utils.translation import gettext_noop

from qc.models import ChangeKind, EventKind

# Behind a kind of change that people made to themselves, or to a task of theirs.
OWN = " own"
# Behind the end of a queue that was merged into another.
INTO = " into"
# Behind a check plan by which nothing is checked any more.
RETIRED = " retired"
# Behind a change by which something came to be, or ceased to be.
NEW, GONE = " new", " gone"
# Behind what was frozen, where it was taken away instead.
REMOVED = " taken away"
# By table, then by kind of change.
SENTENCES: dict[str, dict[str, str]] = {
    "task": {
        "+": gettext_noop("%(who)s added %(it)s to %(queue)s"),
        "~": gettext_noop("%(who)s edited %(it)s"),
        "-": gettext_noop("%(who)s deleted %(it)s"),
        ChangeKind.IMPORTED: gettext_noop("%(who)s imported %(it)s into %(queue)s"),
        ChangeKind.CHANGED: gettext_noop("%(who)s changed %(it)s by an import"),
        ChangeKind.ASSIGNED: gettext_noop("%(who)s assigned %(it)s to %(whom)s"),
        ChangeKind.CLAIMED: gettext_noop("%(who)s claimed %(it)s"),
        ChangeKind.STARTED: gettext_noop("%(who)s started %(it)s"),
        ChangeKind.COMPLETED: gettext_noop("%(who)s completed %(it)s, %(outcome)s"),
        ChangeKind.COMPLETION_UNDONE: gettext_noop("%(who)s opened %(it)s again"),
        ChangeKind.CORRECTED: gettext_noop("%(who)s corrected %(it)s to %(outcome)s"),
        ChangeKind.RELEASED: gettext_noop("%(who)s took %(it)s back from %(whom)s"),
        ChangeKind.RELEASED + OWN: gettext_noop("%(who)s gave %(it)s back"),
        ChangeKind.RETURNED: gettext_noop("%(who)s returned %(it)s from %(whom)s to the queue"),
        ChangeKind.RETURNED + OWN: gettext_noop("%(who)s returned %(it)s to the queue"),
        ChangeKind.HELD: gettext_noop("%(who)s took %(it)s back from %(whom)s and put it on hold"),
        ChangeKind.HELD + OWN: gettext_noop("%(who)s put %(it)s on hold"),
        ChangeKind.RESUMED: gettext_noop("%(who)s resumed %(it)s"),
        ChangeKind.CANCELLED: gettext_noop("%(who)s cancelled %(it)s"),
        ChangeKind.REOPENED: gettext_noop("%(who)s reopened %(it)s"),
        ChangeKind.UNDONE: gettext_noop("%(who)s undid the import of %(it)s"),
        ChangeKind.MOVED: gettext_noop("%(who)s moved %(it)s to %(queue)s"),
        ChangeKind.PRIORITY_SET: gettext_noop("%(who)s set the priority of %(it)s to %(priority)s"),
        ChangeKind.DUE_SET: gettext_noop("%(who)s set the due time of %(it)s to %(due)s"),
        ChangeKind.COMMENTED: gettext_noop("%(who)s commented on %(it)s"),
        ChangeKind.PUT_NEXT: gettext_noop("%(who)s put %(it)s next for %(whom)s"),
        ChangeKind.TAKEN_FROM_LINE: gettext_noop("%(who)s took %(it)s out of the line of %(whom)s"),
        ChangeKind.RAISED: gettext_noop("%(who)s raised the priority of %(it)s to %(priority)s"),
    },
    "person": {
        "+": gettext_noop("%(who)s added %(it)s"),
        "~": gettext_noop("%(who)s edited %(it)s"),
        "-": gettext_noop("%(who)s deleted %(it)s"),
        ChangeKind.ROLES_CHANGED: gettext_noop("%(who)s changed the roles of %(it)s"),
        ChangeKind.PASSWORD_CHANGED: gettext_noop("%(who)s changed the password of %(it)s"),
        ChangeKind.ANONYMISED: gettext_noop("%(who)s anonymised the account %(it)s"),
        ChangeKind.LINK_MADE: gettext_noop("%(who)s made a password link for %(it)s"),
        ChangeKind.IDENTITY_LINKED: gettext_noop(
            "%(who)s connected %(it)s with an account for single sign-on"
        ),
        ChangeKind.IDENTITY_LINKED + OWN: gettext_noop(
            "%(it)s connected their account for single sign-on"
        ),
        ChangeKind.ERASURE_ASKED: gettext_noop("%(who)s asked to anonymise the account %(it)s"),
        ChangeKind.ERASURE_DROPPED: gettext_noop(
            "%(who)s took back that the account %(it)s is to be anonymised"
        ),
        ChangeKind.SETTINGS_CHANGED: gettext_noop("%(who)s changed the settings of %(it)s"),
        ChangeKind.SETTINGS_CHANGED + OWN: gettext_noop("%(it)s changed their settings"),
        ChangeKind.SIGNED_IN: gettext_noop("%(who)s signed %(it)s in"),
        ChangeKind.SIGNED_IN + OWN: gettext_noop("%(it)s signed in"),
        ChangeKind.SIGNED_OUT: gettext_noop("%(who)s signed %(it)s out"),
        ChangeKind.SIGNED_OUT + OWN: gettext_noop("%(it)s signed out"),
        ChangeKind.BREAK_BEGUN: gettext_noop("%(who)s put %(it)s on break"),
        ChangeKind.BREAK_BEGUN + OWN: gettext_noop("%(it)s went on break"),
        ChangeKind.BREAK_ENDED: gettext_noop("%(who)s ended the break of %(it)s"),
        ChangeKind.BREAK_ENDED + OWN: gettext_noop("%(it)s came back from break"),
    },
    "queue": {
        "+": gettext_noop("%(who)s added the queue %(it)s"),
        "~": gettext_noop("%(who)s edited the queue %(it)s"),
        "-": gettext_noop("%(who)s deleted the queue %(it)s"),
        ChangeKind.PAUSED: gettext_noop("%(who)s paused %(it)s"),
        ChangeKind.UNPAUSED: gettext_noop("%(who)s resumed %(it)s"),
        ChangeKind.CLOSED: gettext_noop("%(who)s closed the queue %(it)s"),
        ChangeKind.CLOSED + INTO: gettext_noop("%(who)s merged the queue %(it)s into %(into)s"),
        ChangeKind.MERGED: gettext_noop("%(who)s merged another queue into %(it)s"),
        ChangeKind.REOPENED: gettext_noop("%(who)s reopened the queue %(it)s"),
        ChangeKind.PLAN_PUBLISHED: gettext_noop("%(who)s changed the check plan of %(it)s"),
        ChangeKind.PLAN_PUBLISHED + RETIRED: gettext_noop(
            "%(who)s retired the check plan of %(it)s"
        ),
    },
    "event": {
        EventKind.SIGN_IN_FAILED: gettext_noop("Somebody failed to sign in as %(name)s"),
        EventKind.LOCKED_OUT: gettext_noop(
            "%(name)s was locked out after too many failed attempts"
        ),
        EventKind.UNLOCKED: gettext_noop("%(who)s unlocked %(name)s"),
        EventKind.SESSION_BEGUN: gettext_noop("%(name)s began a session with %(device)s"),
        EventKind.SESSION_ENDED: gettext_noop(
            "%(who)s ended a session of %(name)s with %(device)s"
        ),
        EventKind.SESSION_ENDED + OWN: gettext_noop("%(name)s ended a session with %(device)s"),
        EventKind.SESSION_IDLE: gettext_noop("An unused session of %(name)s with %(device)s ended"),
        EventKind.TOKEN_ISSUED: gettext_noop("%(name)s got a token with %(device)s"),
        EventKind.TOKEN_ENDED: gettext_noop("%(who)s ended a token of %(name)s with %(device)s"),
        EventKind.TOKEN_ENDED + OWN: gettext_noop("%(name)s ended a token with %(device)s"),
        EventKind.ACCESS_ENDED: gettext_noop("%(who)s ended all sessions and tokens of %(name)s"),
        EventKind.ACCESS_ENDED + OWN: gettext_noop(
            "%(name)s ended all their other sessions and tokens"
        ),
        EventKind.SECOND_FACTOR_ADDED: gettext_noop("%(name)s added a second factor: %(factor)s"),
        EventKind.SECOND_FACTOR_RENAMED: gettext_noop("%(name)s renamed a second factor"),
        EventKind.SECOND_FACTOR_REMOVED: gettext_noop(
            "%(name)s removed a second factor: %(factor)s"
        ),
        EventKind.SECOND_FACTOR_RESET: gettext_noop("%(who)s reset the second factor of %(name)s"),
        EventKind.SECOND_FACTOR_FAILED: gettext_noop(
            "Somebody failed at the second factor of %(name)s"
        ),
        EventKind.RECOVERY_CODES_MADE: gettext_noop("%(name)s made new recovery codes"),
        EventKind.RECOVERY_CODE_USED: gettext_noop("%(name)s used a recovery code"),
        EventKind.EXPORTED: gettext_noop("%(who)s exported %(rows)s"),
        EventKind.READ: gettext_noop("%(who)s read the audit trail"),
        EventKind.VERIFIED: gettext_noop("%(who)s had the audit trail verified"),
        EventKind.NAMES_REMOVED: gettext_noop("%(who)s removed %(name)s from %(events)s"),
        EventKind.FILE_DELETED: gettext_noop("%(who)s deleted the file of an import, %(file)s"),
        EventKind.CODE_CHANGED: gettext_noop("%(who)s changed the defect code %(code)s"),
        EventKind.CODE_CHANGED + NEW: gettext_noop("%(who)s added the defect code %(code)s"),
        EventKind.CODE_CHANGED + GONE: gettext_noop("%(who)s deleted the defect code %(code)s"),
        EventKind.ALERT_CHANGED: gettext_noop("%(who)s changed the alert %(alert)s"),
        EventKind.ALERT_CHANGED + NEW: gettext_noop("%(who)s added the alert %(alert)s"),
        EventKind.ALERT_CHANGED + GONE: gettext_noop("%(who)s deleted the alert %(alert)s"),
        EventKind.SERVICE_TOKEN_CHANGED: gettext_noop("%(who)s changed the service token %(name)s"),
        EventKind.SERVICE_TOKEN_CHANGED + NEW: gettext_noop(
            "%(who)s made the service token %(name)s"
        ),
        EventKind.SERVICE_TOKEN_RENEWED: gettext_noop(
            "%(who)s made a new secret for the service token %(name)s"
        ),
        EventKind.SERVICE_TOKEN_REVOKED: gettext_noop("%(who)s revoked the service token %(name)s"),
        EventKind.SERVICE_TOKEN_REFUSED: gettext_noop("The service token %(name)s was refused"),
        EventKind.WEBHOOK_CHANGED: gettext_noop("%(who)s changed the webhook %(webhook)s"),
        EventKind.WEBHOOK_CHANGED + NEW: gettext_noop("%(who)s added the webhook %(webhook)s"),
        EventKind.WEBHOOK_CHANGED + GONE: gettext_noop("%(who)s deleted the webhook %(webhook)s"),
        EventKind.ARCHIVED: gettext_noop("%(who)s archived %(moved)s of history to %(file)s"),
        EventKind.PLAN_VERSION: gettext_noop(
            "%(who)s published version %(number)s of the check plan of %(queue)s"
        ),
        EventKind.PICTURE_ADDED: gettext_noop(
            "%(who)s added the picture %(file)s to the items of check plans"
        ),
        EventKind.EVIDENCE_ADDED: gettext_noop("%(who)s added the file %(file)s to %(task)s"),
        EventKind.EVIDENCE_REMOVED: gettext_noop("%(who)s removed the file %(file)s from %(task)s"),
        EventKind.EVIDENCE_REFUSED: gettext_noop(
            "The scanner refused the file %(file)s that %(who)s sent for %(task)s"
        ),
        EventKind.HANDOVER_WRITTEN: gettext_noop(
            "%(who)s left a handover note to %(queue)s: “%(note)s”"
        ),
        EventKind.HANDOVER_READ: gettext_noop("%(who)s has read a handover note to %(queue)s"),
        EventKind.BASELINE_FROZEN: gettext_noop(
            "%(who)s froze the baseline of %(chart)s of %(its_queue)s: %(centre)s"
        ),
        EventKind.BASELINE_FROZEN + REMOVED: gettext_noop(
            "%(who)s removed the baseline of %(chart)s of %(its_queue)s"
        ),
    },
}


def kinds(table: str) -> list[str]:
    """Return the kinds of change of a table; +, ~ or - for those without a name."""
    endings = (OWN, INTO, RETIRED, NEW, GONE, REMOVED)
    return [str(kind) for kind in SENTENCES[table] if not kind.endswith(endings)]
