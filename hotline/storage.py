"""Static files under names that carry their content's hash, inside native modules too."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Compressed, hashed, and with the imports between JavaScript modules rewritten to the hashed names."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20
    """A pass settles one step of a chain of imports; Django allows five."""
