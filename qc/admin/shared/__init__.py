"""What several screens of the admin use: base classes, dialogs, labels, downloads."""
