"""The web tag: its behaviour in a browser of Node's making, its size, and that it is the build of its source."""

from __future__ import annotations

import gzip
import os
import subprocess
from importlib.resources import files
from pathlib import Path

from enishi.ids import stable_id

ROOT = Path(__file__).parents[3]
TAG = Path(str(files("enishi.ingest.collector"))) / "tag"
LIMIT = 5_000


def test_the_built_tag_behaves() -> None:
    """`tests/unit/ingest/web_tag/*.test.mjs`, on the built file. The member's id is what Python makes of the number."""
    known = {"TAG": (TAG / "e.js").as_uri(), "MEMBER": stable_id("C", "ec", "12345")}
    tests = sorted(str(path) for path in (Path(__file__).parent / "web_tag").glob("*.test.mjs"))
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", *tests],
        env={**os.environ, **known},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "# fail 0" in done.stdout


def test_the_tag_is_smaller_than_it_may_be() -> None:
    built = (TAG / "e.js").read_bytes()
    assert len(built) < LIMIT
    assert len(gzip.compress(built)) < 2_600


def test_the_tag_is_the_build_of_its_source(tmp_path: Path) -> None:
    """With the minifier that package-lock.json pins; `make test` installs it."""
    built = tmp_path / "e.js"
    done = subprocess.run(
        ["npm", "run", "--silent", "tag", "--", f"--outfile={built}", "--log-level=error"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{done.stderr}\nRun `npm ci` first, as `make test` does."
    assert built.read_bytes() == (TAG / "e.js").read_bytes(), "run `npm run tag` and commit e.js"


def test_the_tag_asks_nothing_of_others() -> None:
    """No other host, no evaluated text: a Content-Security-Policy with the collector's origin is enough."""
    built = (TAG / "e.js").read_text("utf-8")
    for forbidden in ("http:", "//", "eval(", "Function(", "innerHTML", "document.write"):
        assert forbidden not in built.replace("https:", ""), forbidden
