"""The pages of defect codes: list by groups, form, import and export."""
