"""The pages of check plans: editor, preview, versions, import and export."""
