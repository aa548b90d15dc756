"""The dependency layer: locked wheels for the Lambda platform, laid out without Docker, kept by the hash of its list.

What Lambda or a managed layer already brings (boto3, pandas, pyarrow, awswrangler) stays out, and what only a laptop
needs.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "layers"

BROUGHT_BY_LAMBDA = ("boto3", "botocore")
BROUGHT_BY_THE_PANDAS_LAYER = ("awswrangler", "numpy", "pandas", "pyarrow")
LAPTOP_ONLY = ("duckdb", "pyiceberg", "rich", "typer", "vl-convert-python")
NOT_SHIPPED = BROUGHT_BY_LAMBDA + BROUGHT_BY_THE_PANDAS_LAYER + LAPTOP_ONLY

WHEEL_PLATFORM = {"arm64": "aarch64-manylinux2014", "x86_64": "x86_64-manylinux2014"}


def dependency_layer(python: str, architecture: str) -> Path:
    """The folder of the layer for `python` ("3.12") on `architecture` ("arm64", "x86_64"); built when it is not there.

    Raises:
        RuntimeError: uv cannot find the wheels; its own words are in the message.
    """
    requirements = locked_requirements()
    folder = BUILD / f"dependencies-{python}-{architecture}-{_fingerprint(requirements)}"
    if not folder.exists():
        _build(requirements, python, architecture, folder)
    return folder


def locked_requirements() -> str:
    """The pinned requirements of the layer, from uv.lock, as pip writes them."""
    pruned = [word for name in NOT_SHIPPED for word in ("--prune", name)]
    quiet = ["--frozen", "--no-default-groups", "--no-emit-project", "--no-annotate", "--no-header", "--quiet"]
    return _uv(["export", *quiet, *pruned])


def _fingerprint(requirements: str) -> str:
    return hashlib.sha256(requirements.encode()).hexdigest()[:12]


def _build(requirements: str, python: str, architecture: str, folder: Path) -> None:
    """Fill a folder beside the target and rename it, so that a broken download never looks like a layer.

    The versioned site-packages path comes before `/opt/python` on Lambda's path and shares no file with other layers.
    """
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        listed = Path(scratch) / "requirements.txt"
        listed.write_text(requirements, "utf-8")
        made = Path(scratch) / "layer"
        target = made / "python" / "lib" / f"python{python}" / "site-packages"
        _uv(["pip", "install", "--quiet", "--target", str(target), *_platform(python, architecture), "-r", str(listed)])
        shutil.rmtree(target / "bin", ignore_errors=True)
        made.rename(folder)


def _platform(python: str, architecture: str) -> list[str]:
    wheels = WHEEL_PLATFORM[architecture]
    return ["--python-platform", wheels, "--python-version", python, "--only-binary", ":all:", "--no-deps"]


def _uv(words: Sequence[str]) -> str:
    uv = Path(sys.executable).parent / "uv"
    done = subprocess.run([str(uv), *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 fixed words
    if done.returncode:
        raise RuntimeError(f"uv {words[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
