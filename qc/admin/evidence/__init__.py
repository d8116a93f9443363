"""Files of tasks on pages: where they are shown, how they are sent, and how they are served."""
