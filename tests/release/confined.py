"""A command as a hardened container runs it: in a root that can't be written, as nobody, with no rights.

Only /data and /tmp are there to write to, processes are its own, and it is the first of them.
Whoever starts it has to be root.
"""

import os
import shutil
import subprocess
from pathlib import Path

UID = 10001

_SCRIPT = """\
set -e
inside=$PATH PATH=/usr/sbin:/usr/bin:/sbin:/bin
DEVICES="null urandom"
mkdir -p "$1/proc" "$1/dev"
root=$1 data=$2 settings=$3; shift 3
for node in $DEVICES; do touch "$root/dev/$node"; done
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777,nosuid,nodev,size=64m tmp "$root/tmp"
mount --bind "$data" "$root/data"
mount --bind "$settings" "$root/etc/payrunbot"
mount -o remount,bind,ro "$root/etc/payrunbot"
mount -t proc proc "$root/proc"
for node in $DEVICES; do mount --bind "/dev/$node" "$root/dev/$node"; done
setpriv=$(command -v setpriv) chroot=$(command -v chroot)
PATH=$inside exec "$setpriv" --no-new-privs "$chroot" --userspec=UID:UID --groups=UID "$root" "$@"
""".replace("UID", str(UID))


def command(root: Path, data: Path, settings: Path, *argv: str) -> list[str]:
    """What starts it; the user's own folder `data` is what is kept, `settings` is only read."""
    os.chown(data, UID, UID)
    return [
        *(shutil.which("unshare") or "unshare", "--mount", "--pid", "--fork", "--kill-child=KILL"),
        *("/bin/sh", "-c", _SCRIPT, "sh", str(root), str(data), str(settings), *argv),
    ]


def can_confine() -> bool:
    """Whether this machine lets us: a container without rights of its own does not."""
    if os.geteuid() != 0:
        return False
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], check=False, capture_output=True
    )
    return tried.returncode == 0


def first_process(unshare: subprocess.Popen[str]) -> int:
    """What is process 1 inside, as it is numbered here: whom an engine sends SIGTERM."""
    return int(Path(f"/proc/{unshare.pid}/task/{unshare.pid}/children").read_text().split()[0])
