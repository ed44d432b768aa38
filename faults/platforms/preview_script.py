"""Ways to break the preview server: the script in which Astro's dev server runs, and what its fence allows."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path


def change_script(*changes: tuple[str, str]) -> None:
    """Have previews run `preview.mjs` with each `old` replaced by `new`; LookupError if it lacks one."""
    from sandbox.services.edit import learning, node_process, preview

    scripts = Path(tempfile.mkdtemp(prefix="faulty-"))
    for script in node_process.SCRIPTS.glob("*.mjs"):
        shutil.copy(script, scripts)
    main = scripts / "preview.mjs"
    text = main.read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise LookupError(f"expected {old!r} in preview.mjs, found none")
        text = text.replace(old, new, 1)
    main.write_text(text, encoding="utf-8")
    for module in (learning, node_process, preview):
        module.SCRIPTS = scripts  # type: ignore[attr-defined]
