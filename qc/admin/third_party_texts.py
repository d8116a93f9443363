"""Texts of other packages that have no German, or say *du*, listed here for `make messages`."""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

UNFOLD = (
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Apply Filters"),
    _("Cancel"),
    _("Choose file to upload"),
    _("Click to cancel"),
    _("Dark"),
    _("Date"),
    _("Date from"),
    _("Date to"),
    _("False"),
    _("From"),
    _("General"),
    _("Go back"),
    _("Light"),
    _("Loading more results..."),
    _("More actions"),
    _("Name"),
    _("Next"),
    _("No results matching your query"),
    _("Previous"),
    _("Run"),
    _("Select action"),
    _("Select action to run"),
    _("Select all rows"),
    _("Select record"),
    _("Select value"),
    _("System"),
    _("This item will be deleted."),
    _("To"),
    _("Toggle password visibility"),
    _("True"),
    _("Type to search"),
    _("Value"),
    _("Welcome back to"),
    ngettext_lazy(
        "\n                Found %(counter)s result in %(time)s seconds\n            ",
        "\n                Found %(counter)s results in %(time)s seconds\n            ",
    ),
)
# It speaks to its users as nobody does here.
IMPORT_EXPORT = (
    _(
        "%(exc_name)s encountered while trying to read file. "
        "Ensure you have chosen the correct format for the file."
    ),
    _("No valid data to import. Ensure your file has the correct headers or data for import."),
    _('Select at least 1 field for "%(resource_name)s" to export'),
    ngettext_lazy("Export %(len)s selected item.", "Export %(len)s selected items."),
    _(
        "Below is a preview of data to be imported. "
        "If you are satisfied with the results, click 'Confirm import'"
    ),
    _(
        "Please correct these errors in your data where possible, "
        "then reupload it using the form above."
    ),
)
OTHERS = (
    _("Changes"),
    _("Locked Out"),
    _("Not set"),
    # Django says "Sichern", which is what Germans do with a load.
    _("Save and add another"),
    _("Save and continue editing"),
    _("Select all"),
    _("Select format"),
    _("This exporter will export the following fields"),
    _("View history: %s"),
    _("access attempt"),
    _("access attempts"),
    # Django 5.2 has no German for these.
    _("Password-based authentication"),
    _(
        "Whether the user will be able to authenticate using a password or not. "
        "If disabled, they may still be able to authenticate using other backends, "
        "such as Single Sign-On or LDAP."
    ),
)
