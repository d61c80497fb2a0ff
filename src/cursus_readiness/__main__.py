"""``readiness`` and ``python -m cursus_readiness``."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from cursus_readiness.cli.app import run_app
    from cursus_readiness.cli.signals import ignore_signals

    try:
        run_app()
    finally:
        ignore_signals()  # the exit code is settled: a second Ctrl-C must not change it while Python tidies up


if __name__ == "__main__":
    main()
