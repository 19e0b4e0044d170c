"""The room on the disk that holds the home folder, and when it counts as low: one rule for the node and the doctor."""

import shutil
from pathlib import Path

from rabita.app.settings import Settings
from rabita.ports import Space


class FolderSpace:
    """The free space of the disk a folder lies on; see ``rabita.ports.Space``."""

    def __init__(self, folder: Path) -> None:
        """Look at the disk of *folder*."""
        self._folder = folder

    def free_bytes(self) -> int:
        """Give the free space."""
        return shutil.disk_usage(self._folder).free


def is_low(space: Space, settings: Settings) -> bool:
    """Say whether less is free than the reserve that is kept for own sealing, control and FLASH."""
    return space.free_bytes() < settings.disk_reserve_bytes
