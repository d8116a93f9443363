"""Where static files are collected."""

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class CollectedFilesStorage(CompressedManifestStaticFilesStorage):
    """Compresses by gzip only: Brotli, which is here for fonts, takes ten times as long."""

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """Return what compresses each file."""
        return Compressor(use_brotli=False, **kwargs)
