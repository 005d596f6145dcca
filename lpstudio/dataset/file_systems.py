"""What kind of disk a folder lies on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Across these, several machines see the files, but not each other's memory: SQLite's WAL needs that.
_NETWORK = (
    {"nfs", "nfs4", "cifs", "smb", "smbfs", "smb2", "smb3", "afpfs", "webdav", "davfs", "sshfs", "9p", "ncpfs", "afs"}
    | {"ceph", "glusterfs", "lustre", "beegfs", "gpfs", "vboxsf"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.rclone", "fuse.s3fs", "fuse.davfs2", "fuse.vmhgfs-fuse"}
)


def is_network(folder: Path) -> bool:
    """Whether a folder lies on a network drive, or a drive shared with another machine. Never raises."""
    place = os.path.realpath(folder)
    if sys.platform == "win32":
        import ctypes

        drive = os.path.splitdrive(place)[0]
        remote = 4
        return drive.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(f"{drive}\\") == remote
    import psutil

    try:
        mounts = psutil.disk_partitions(all=True)
    except OSError:
        return False
    best, kind = "", ""
    for mount in mounts:
        point = mount.mountpoint.rstrip("/")
        if f"{place}/".startswith(f"{point}/") and len(point) >= len(best):
            best, kind = point, mount.fstype
    return kind.lower() in _NETWORK
