"""The layers of dependencies: locked wheels for the Lambda platform as zip files, made without Docker, kept by the hash
of their list.

What Lambda brings (boto3) stays out, and what only a laptop needs. Arrow goes apart: it is large and changes seldom.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "layers"
LIMIT = 250 * 1024 * 1024
"""Bytes that a function and its layers may have unpacked (Lambda's quota)."""

BROUGHT_BY_LAMBDA = ("boto3", "botocore")
NOT_CALLED_THERE = ("awswrangler", "duckdb", "pandas", "pyiceberg", "rich", "sqlglotc", "typer", "vl-convert-python")
ARROW = ("numpy", "pyarrow")

LEFT_OUT = ("*.pyi", "*/tests/*", "*/include/*", "*/_flight.*", "*_flight.so*", "bin/*", "*/gdb/*")
"""Files of wheels that no function opens: tests, headers, Arrow's network service."""

WHEEL_PLATFORM = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}
_STAMP = (1980, 1, 1, 0, 0, 0)


def arrow_layer(python: str, architecture: str) -> Path:
    """The zip of Arrow and NumPy for `python` ("3.12") on `architecture` ("arm64", "x86_64"); made when not there.

    Raises:
        RuntimeError: uv cannot find the wheels; its own words are in the message.
    """
    pins = [line for line in _locked().splitlines() if _name(line) in ARROW]
    return _layer("arrow", pins, python, architecture)


def dependency_layer(python: str, architecture: str) -> Path:
    """The zip of everything else that the functions import; as `arrow_layer`."""
    pins = [line for line in _locked().splitlines() if _name(line) not in ARROW]
    return _layer("dependencies", pins, python, architecture)


def unpacked_size(layer: Path) -> int:
    """Bytes of a layer once Lambda has laid it out."""
    with zipfile.ZipFile(layer) as zipped:
        return sum(entry.file_size for entry in zipped.infolist())


def _locked() -> str:
    """The pins of uv.lock, one a line. Pruning takes along what only the pruned packages need."""
    pruned = [word for name in BROUGHT_BY_LAMBDA + NOT_CALLED_THERE for word in ("--prune", name)]
    plain = ["--no-annotate", "--no-header", "--no-hashes", "--quiet"]
    return _uv(["export", "--frozen", "--no-default-groups", "--no-emit-project", *plain, *pruned])


def _name(pin: str) -> str:
    return pin.split("==")[0].strip()


def _layer(name: str, pins: Sequence[str], python: str, architecture: str) -> Path:
    """Written beside its place and renamed, so that a broken download never looks like a layer."""
    mark = hashlib.sha256("\n".join([*pins, *LEFT_OUT]).encode()).hexdigest()[:12]
    path = BUILD / f"{name}-{python}-{architecture}-{mark}.zip"
    if not path.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
            wheels = Path(scratch) / "wheels"
            _install(pins, python, architecture, Path(scratch), wheels)
            made = Path(scratch) / path.name
            _zip(wheels, f"python/lib/python{python}/site-packages", made)
            made.rename(path)
    return path


def _install(pins: Sequence[str], python: str, architecture: str, scratch: Path, target: Path) -> None:
    listed = scratch / "requirements.txt"
    listed.write_text("\n".join(pins), "utf-8")
    platform = ["--python-platform", WHEEL_PLATFORM[architecture], "--python-version", python]
    only = ["--only-binary", ":all:", "--no-deps", "--quiet"]
    _uv(["pip", "install", "--target", str(target), *platform, *only, "-r", str(listed)])


def _zip(folder: Path, inside: str, path: Path) -> None:
    """The same files give the same bytes: sorted, without times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped:
        for file in sorted(folder.rglob("*")):
            name = file.relative_to(folder).as_posix()
            if file.is_file() and not any(fnmatch(name, pattern) for pattern in LEFT_OUT):
                entry = zipfile.ZipInfo(f"{inside}/{name}", _STAMP)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
                zipped.writestr(entry, file.read_bytes())


def _uv(words: Sequence[str]) -> str:
    uv = Path(sys.executable).parent / "uv"
    done = subprocess.run([str(uv), *words], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603 fixed words
    if done.returncode:
        raise RuntimeError(f"uv {words[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout
