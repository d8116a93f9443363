"""The *Imports* pages: upload, choose columns, preview, follow, undo."""
