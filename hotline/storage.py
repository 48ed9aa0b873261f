"""Static files under names that carry their content's hash, inside native modules too."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Compressed, hashed, and with the addresses in JavaScript modules rewritten to the hashed names.

    These are imports, and the scripts of workers: ``new URL("./name.js", import.meta.url)``.
    """

    patterns = (
        *CompressedManifestStaticFilesStorage.patterns,
        (
            "*.js",
            (
                (
                    r"""(?P<matched>new URL\("(?P<url>[./][^"]*)", import\.meta\.url\))""",
                    """new URL("%(url)s", import.meta.url)""",
                ),
            ),
        ),
    )

    support_js_module_import_aggregation = True
    max_post_process_passes = 20
    """A pass settles one step of a chain of imports; Django allows five."""
