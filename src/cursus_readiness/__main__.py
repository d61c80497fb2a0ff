"""``readiness`` and ``python -m cursus_readiness``."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from cursus_readiness.cli.app import run_app

    run_app()


if __name__ == "__main__":
    main()
