"""The pictures that the READMEs show: few, and small."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from tools.local import ROOT
from tools.pictures.camera import OUT
from tools.pictures.scenes import LOCALES

SHOWN = ROOT / "docs/pictures"
MOST_BYTES = 120_000
"""No picture of the READMEs may weigh more."""
README = {
    "home-phone-{}-light": "home-phone-{}.png",
    "talk-phone-{}-light": "talk-phone-{}.png",
    "desk-desk-{}-light": "desk-{}.png",
    "board-desk-{}-light": "board-{}.png",
}


def publish() -> None:
    """Put the READMEs' pictures into docs/pictures, small."""
    SHOWN.mkdir(parents=True, exist_ok=True)
    for source, target in README.items():
        for language in LOCALES:
            found = OUT / f"{source.format(language)}.png"
            if found.exists():
                _compress(found, SHOWN / target.format(language))


def _compress(source: Path, target: Path) -> None:
    with Image.open(source) as opened:
        picture = opened.convert("RGB")
    for colours in (128, 96, 64, 48, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size <= MOST_BYTES:
            return
    raise SystemExit(f"{target.name} is larger than {MOST_BYTES} bytes, even with few colours")
