"""Names that reach a file, or look as if they did: none leads out of where its kind of file lies."""

import re
from pathlib import Path
from urllib.parse import quote

import pytest
from yarl import URL

from bot.mail.render import Renderer, TemplateProblem
from bot.web.server import make_web_app
from tests.faults.tally import note
from tests.web.stand import APPROVER, ROOT, Browser, Stand

CANARY = "canary-of-a-file"
NAMES = (
    "../canary.txt", "../../canary.txt", "../../../../../../../../etc/passwd", "/etc/passwd", "//etc/passwd",
    "..\\..\\canary.txt", "....//....//canary.txt", "..;/canary.txt", "./../canary.txt", "a/../../canary.txt",
    "..%2fcanary.txt", "%2e%2e/canary.txt", "..%252fcanary.txt", "..%c0%afcanary.txt", "canary.txt\x00.html",
    "canary.txt\x00", "file:///etc/passwd", "C:\\canary.txt", "~/canary.txt", "../canary.txt\n", "canary.txt",
    "..", ".", "../", "bot.db", "../rules/gigapay.yaml", "。。/canary.txt", "．．／canary.txt", "a" * 5_000,
)  # fmt: skip
_PLACE = re.compile(r"\{[^{}]+\}")


def _routes(site: Stand) -> list[tuple[str, str]]:
    """Every address that takes a name, with its method."""

    async def reload() -> None: ...

    app = make_web_app(site.bot, reload)
    found = {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource}
    return sorted((method, path) for method, path in found if "{" in path and method != "HEAD")


def _tree(folder: Path) -> dict[str, int]:
    """The files beside the database, whose own are written all the time."""
    return {
        str(path.relative_to(folder)): path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith("bot.db")
    }


async def test_no_address_gives_or_writes_a_file_by_its_name(site: Stand, approver: Browser, tmp_path: Path):
    for where in (tmp_path, tmp_path.parent):
        (where / "canary.txt").write_text(CANARY)
    before, origin = _tree(tmp_path.parent), site.server.make_url("").origin()
    routes = _routes(site)
    for method, path in routes:
        for name in NAMES:
            for spelled in {quote(name, safe=""), quote(name, safe="/%.")}:
                url = spelled.join(_PLACE.split(path))
                raw = URL(f"{origin}{url}", encoded=True)  # else the client takes the dots away
                headers = site.bearer(APPROVER) if url.startswith("/api/") else {}
                sent = {"json": {}} if method == "POST" and headers else {}
                reply = await approver.client.request(
                    method, raw, headers=headers, allow_redirects=False, **sent
                )
                text = await reply.text("utf-8", "replace")

                note("hostile names", asked=1)
                assert CANARY not in text and "root:" not in text, url
                assert 300 <= reply.status < 500, (reply.status, method, url)

    assert len(routes) > 20
    assert _tree(tmp_path.parent) == before


@pytest.mark.parametrize(
    "name", [*NAMES, "notice/../notice", "Notice", "notice\n", "notice/subject.txt", "canary/deeper", ""]
)
async def test_no_mail_is_made_of_a_file_outside_the_templates(tmp_path: Path, name: str):
    own = tmp_path / "own"
    own.mkdir()
    (own / "canary.txt").write_text(CANARY)
    for where in (tmp_path / "canary", own / "canary" / "deeper"):
        where.mkdir(parents=True)
        for ending in ("subject.txt", "body.txt", "body.html"):
            (where / ending).write_text(CANARY)

    note("hostile names", templates=1)
    with pytest.raises(TemplateProblem):
        await Renderer(own, ROOT / "templates").render(name, "en", {})
    with pytest.raises(TemplateProblem):
        await Renderer(own, ROOT / "templates").render("notice", f"../../{name}", {})
