"""Starts the emulator with our patches. Runs in the emulator's environment: `python -m infra.local.launcher`."""

from __future__ import annotations

from infra.local.patches import apply


def main() -> None:
    from ministack.app import main as serve

    apply()
    serve()


if __name__ == "__main__":
    main()
