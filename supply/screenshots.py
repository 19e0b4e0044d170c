"""Pictures of every page there is, in three languages, light and dark, to be looked at by people.

Both nodes run on this machine for as long as it takes, with the exercise played between them. What is pictured is what
the tests of the pages look at (``tests.browser.sights``), so that no page is left out.

``python -m supply.screenshots FOLDER`` writes them there, as LANGUAGE-THEME/PAGE.png.
"""

import sys
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from rabita.desk.languages import OWN_NAMES
from rabita.services.preferences import Theme
from tests.browser.chromium import Chromium
from tests.browser.sights import Sight, pages, shown
from tests.browser.stage import EVERYTHING, Stage, come_in, reads, staged

SIZE: Final = (1366, 900)
THEMES: Final = (Theme.LIGHT, Theme.DARK)


class Picture(NamedTuple):
    """A picture to be: its language, what is on it, how many there are in all."""

    language: str
    sight: Sight
    total: int


def pictured(stage: Stage, chromium: Chromium, folder: Path) -> Iterator[Picture]:
    """Write every picture; yields what is being looked at. On the browser's thread."""
    officer = come_in(stage, chromium, *EVERYTHING, size=SIZE)
    sights = [*pages(stage), *shown(stage, officer.page)]
    for language, theme in product(OWN_NAMES, THEMES):
        reads(stage, officer, language=language, theme=theme)
        for sight in sights:
            yield Picture(language, sight, len(sights) * len(OWN_NAMES) * len(THEMES))
            page = sight.seen(officer.window)
            page.screenshot(path=folder / f"{language}-{theme}" / f"{sight.name}.png", full_page=True)
    officer.window.close()


def main(arguments: Sequence[str]) -> None:
    """Write the pictures into a folder, and say how far it has come."""
    folder = Path(*arguments)
    chromium = Chromium()
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with TemporaryDirectory() as home, Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("Playing the exercise between two nodes", total=None)
        with staged(Path(home), lambda said: progress.update(task, description=said)) as stage:

            def write() -> None:
                for each in pictured(stage, chromium, folder):
                    progress.update(task, description=f"{each.language} {each.sight.name}", total=each.total, advance=1)

            try:
                chromium.run(write)
            finally:
                chromium.close()
    print(f"{len(list(folder.rglob('*.png')))} pictures in {folder}")


if __name__ == "__main__":
    main(sys.argv[1:])
