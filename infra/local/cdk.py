"""The CDK command line against the emulator: the very app that `cdk deploy` sends to AWS."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from infra.local.emulator import ACCOUNT, BUILD, REGION, Emulator
from infra.tools.layers import ROOT

CLI = ROOT / "node_modules" / ".bin" / "cdk"
ASSEMBLY = BUILD / "cdk.out"


def bootstrap(emulator: Emulator) -> None:
    """Run outside the app's folder, since it needs no app."""
    _cdk(emulator, "bootstrap", [f"aws://{ACCOUNT}/{REGION}"], cwd=BUILD)


def synth(emulator: Emulator) -> None:
    _cdk(emulator, "synth", ["--quiet", "-c", "env=emulator", "-o", str(ASSEMBLY)], cwd=ROOT)


def deploy(emulator: Emulator) -> None:
    _cdk(emulator, "deploy", ["--all", "--app", str(ASSEMBLY), "--require-approval", "never"], cwd=ROOT)


def destroy(emulator: Emulator) -> None:
    _cdk(emulator, "destroy", ["--all", "--app", str(ASSEMBLY), "--force"], cwd=ROOT)


def _cdk(emulator: Emulator, verb: str, words: list[str], *, cwd: Path) -> None:
    """Run one verb; its output goes to build/emulator/<verb>.log.

    Raises:
        RuntimeError: it failed; the last lines of its log are in the message.
    """
    log = BUILD / f"{verb}.log"
    with log.open("w") as out:
        done = subprocess.run(  # noqa: S603 fixed words
            [str(CLI), verb, *words, "--ci"],
            cwd=cwd,
            env={**os.environ, **emulator.variables, "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20"},
            stdout=out,
            stderr=subprocess.STDOUT,
            timeout=600,
            check=False,
        )
    if done.returncode:
        tail = "\n".join(log.read_text("utf-8").splitlines()[-15:])
        raise RuntimeError(f"cdk {verb} ended with {done.returncode}; see {log}\n{tail}")
