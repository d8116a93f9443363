"""The pages of tasks: list, filters, actions for one and for many, import and export."""
