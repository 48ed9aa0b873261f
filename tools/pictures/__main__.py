"""Take the pictures that were asked for."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime

from playwright.sync_api import sync_playwright

from tools.local import ROOT
from tools.needs import find_chromium
from tools.pictures import FLAGS, desks, residents, supervisors
from tools.pictures.camera import OUT, Camera, Place
from tools.pictures.readme import SHOWN, publish
from tools.pictures.scenes import LOCALES, Language
from tools.pictures.server import evening_zone, served


def evening(camera: Camera, place: Place, language: Language) -> None:
    """One language's staff and conversations, in the order in which they happen."""
    desks.doors(camera, place, language)
    desk, resident = desks.converse(camera, place, language)
    residents.in_danger(camera, place, language)
    desks.places(camera, desk, language)
    supervisors.board(camera, place, language)
    supervisors.people(camera, place, language)
    desks.change_person(camera, desk, resident, language)
    desks.ask_for_help(desk, language)
    supervisors.help_asked(camera, place, language)
    supervisors.reviews(camera, place, language)
    desks.end_it(camera, desk, resident, language)
    desks.return_to(camera, desk, resident, language)
    desks.hand_over(camera, place, desk, language)
    desks.cut_off(camera, place, language)
    residents.cut_off(camera, place, language)
    supervisors.close_absent(camera, place, language)
    supervisors.erased(camera, place, language)
    desk.context.close()
    resident.context.close()


def everything(camera: Camera, place: Place) -> None:
    """All pages of a served evening."""
    for language in LOCALES:
        residents.before(camera, place, language)
        residents.without_scripts(camera, place, language)
    for language in LOCALES:
        evening(camera, place, language)
    for language in LOCALES:
        supervisors.deactivated(camera, place, language)


def main() -> int:
    """Start the service, photograph it, and publish what the READMEs show."""
    parser = argparse.ArgumentParser(prog="make pictures", description="Every page as pictures, in build/pictures.")
    parser.add_argument("wanted", nargs="?", default="", help="only pictures whose name holds this")
    wanted = parser.parse_args().wanted
    program = find_chromium()
    if not program:
        print("No Chromium here. On Debian: apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    if not wanted:
        shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True, exist_ok=True)
    camera, zone = Camera(wanted), evening_zone(datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="hotline-pictures-") as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        with served(folder, zone, debug=False) as server:
            everything(camera, Place(browser, server, zone))
        with served(f"{folder}/debug", zone, debug=True) as server:
            residents.style_page(camera, Place(browser, server, zone))
        browser.close()
    publish()
    print(f"{len(camera.taken)} pictures in {OUT.relative_to(ROOT)}; the READMEs' in {SHOWN.relative_to(ROOT)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
