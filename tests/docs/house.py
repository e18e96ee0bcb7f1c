"""What docs/operations/ is followed in: a machine's folders, a vendor, a mail server, a service manager.

The service is the real one, as a process of its own; the vendor is the sandbox's Gigapay and the
mail server the sandbox's inbox. `systemctl` and `sudo`, of which a test has neither, are scripts
of a few lines: what they start is what the page's unit starts, with no more of an environment.
"""

import copy
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGKILL
from socket import socket
from typing import Any

from bot.app import SystemClock
from bot.sandbox import Gigapay
from bot.sandbox.inbox import Inbox
from tests.commands.place import REPO
from tests.commands.running import loop_in_a_thread
from tests.ports import hold

SMTP_PASSWORDS = {"at first": "what-the-mail-server-wants", "changed": "what-the-mail-server-wants-now"}

PAYRUNBOT = """\
#!/bin/bash
export PYTHONPATH={program}
exec {python} -m bot "$@"
"""
SUDO = """\
#!/bin/bash
[ "$1" = -iu ] && shift 2
exec "$@"
"""
SYSTEMCTL = """\
#!/bin/bash
# start, stop, restart, is-active: of the one service there is, as its unit has it.
pid={folder}/service.pid log={folder}/service.log
running() {{ [ -s $pid ] && kill -0 "$(cat $pid)" 2>/dev/null; }}
stop() {{
  running || return 0
  kill "$(cat $pid)"
  for _ in $(seq 600); do running || break; sleep 0.05; done
  rm -f $pid
}}
start() {{
  begins=$(wc -l <$log)
  cd {folder}/srv/payrunbot || exit 1
  env -i {environ} $(cat payrunbot.env) PAYRUNBOT_CONFIG={folder}/srv/payrunbot/bot.yaml \\
    setsid {folder}/opt/payrunbot/bin/payrunbot serve >>$log 2>&1 </dev/null &
  echo $! >$pid
  for _ in $(seq 1200); do
    tail -n "+$((begins + 1))" $log | grep -q '"event": "ready"' && return 0
    running || {{ echo "Job for payrunbot.service failed."; exit 1; }}
    sleep 0.05
  done
  exit 1
}}
touch $log
case "$1" in
  start) running || start ;;
  stop) stop ;;
  restart) stop; start ;;
  is-active) if running; then echo active; else echo inactive; exit 3; fi ;;
  enable) [ "$2" = --now ] && start ;;
  daemon-reload) ;;
  *) echo "Unknown command verb $1."; exit 1 ;;
esac
"""


@dataclass
class House:
    """One machine. `there` is what the pages call what is another here."""

    folder: Path
    run: Callable[[Coroutine[Any, Any, Any]], Any]
    vendor: Gigapay
    inbox: Inbox
    place: socket
    """The port on which the service listens."""
    password: str = SMTP_PASSWORDS["at first"]
    """What the mail server wants."""
    elsewhere: dict[str, str] = field(default_factory=dict)
    """Further names of the pages, each with what it is here."""
    kept: list[Any] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.place.getsockname()[1])

    @property
    def service(self) -> Path:
        return self.folder / "srv" / "payrunbot"

    @property
    def log(self) -> str:
        return (self.folder / "service.log").read_text()

    @property
    def there(self) -> dict[str, str]:
        named = {f"{top}/": f"{self.folder}{top}/" for top in ("/srv", "/opt", "/etc")}
        return {**named, "127.0.0.1:8080": f"127.0.0.1:{self.port}", **self.elsewhere}

    def environ(self) -> dict[str, str]:
        """What stands for addresses in the world, to a shell and to the service."""
        return {
            "PATH": f"{self.folder}/programs:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "TZ": "Europe/Stockholm",
            "PAYRUNBOT_CONNECTIONS__GIGAPAY_SE__BASE_URL": self.vendor.base_url,
            "PAYRUNBOT_MAIL__SMTP": f"smtp+plain://bot@127.0.0.1:{self.inbox.port}",
        }

    def install(self, version: str, program: Path) -> None:
        """A version of the program in a folder of its own, as if it had been installed there."""
        place = self.folder / "opt" / f"payrunbot-{version}"
        (place / "bin").mkdir(parents=True)
        script(place / "bin" / "payrunbot", PAYRUNBOT.format(python=sys.executable, program=program))
        inside = place / "lib" / "python3.11" / "site-packages" / "bot" / "shipped"
        shutil.copytree(program / "rules", inside / "rules")

    def subjects(self) -> list[str]:
        """Of the mails that have arrived."""
        return [str(one.message["Subject"]) for one in self.inbox.messages]

    def set_mail_password(self, password: str) -> None:
        """From now on the mail server wants this one; nothing where it does already."""
        if self.password == password:
            return
        port, before = self.inbox.port, self.inbox
        self.run(before.stop())
        self.inbox, self.password = mail_server(password), password
        self.run(self.inbox.start(port=port))

    def systemctl(self, verb: str) -> None:
        command = [str(self.folder / "programs" / "systemctl"), verb, "payrunbot"]
        subprocess.run(command, env=self.environ(), check=True, timeout=60)

    def keep(self) -> None:
        """Keep it as it is, with the vendor; the service is stopped for it."""
        self.systemctl("stop")
        shutil.copytree(self.folder / "srv", self.folder / "kept", symlinks=True)
        self.kept.append(copy.deepcopy(self.vendor.state))

    def as_kept(self) -> None:
        """As it was kept, with the service running."""
        self.end()
        for name in ("srv", "service.log", "opt/payrunbot"):
            path = self.folder / name
            if path.is_symlink() or path.is_file():
                path.unlink()
            elif path.is_dir():
                shutil.rmtree(path)
        shutil.copytree(self.folder / "kept", self.folder / "srv", symlinks=True)
        (self.folder / "opt" / "payrunbot").symlink_to("payrunbot-0.1.0")
        self.vendor.state = copy.deepcopy(self.kept[0])
        self.elsewhere.clear()
        self.set_mail_password(SMTP_PASSWORDS["at first"])
        self.inbox.messages.clear()
        self.systemctl("start")

    def end(self) -> None:
        """Kill a service that a page, or a test that failed, has left running."""
        pid = self.folder / "service.pid"
        if pid.is_file() and (text := pid.read_text().strip()):
            with suppress(ProcessLookupError):
                os.kill(int(text), SIGKILL)
            pid.unlink()


def mail_server(password: str) -> Inbox:
    return Inbox(SystemClock(), login=("bot", password))


def script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """A machine with this version's program, and nothing of a service yet."""
    with ExitStack() as stack:
        run = stack.enter_context(loop_in_a_thread())
        place = stack.enter_context(hold())
        vendor, inbox = Gigapay(SystemClock(), examples=True), mail_server(SMTP_PASSWORDS["at first"])
        run(vendor.start())
        stack.callback(lambda: run(vendor.stop()))
        run(inbox.start())
        one = House(folder, run, vendor, inbox, place)
        stack.callback(lambda: run(one.inbox.stop()))
        for name in ("srv/payrunbot", "opt", "etc/systemd/system", "etc/sudoers.d", "etc/cron.d", "programs"):
            (folder / name).mkdir(parents=True)
        one.install("0.1.0", REPO)
        environ = " ".join(f"{name}={value}" for name, value in one.environ().items())
        script(folder / "programs" / "systemctl", SYSTEMCTL.format(folder=folder, environ=environ))
        script(folder / "programs" / "sudo", SUDO)
        stack.callback(one.end)
        yield one
