"""The words of the plan as a Click group, for a Click program that mounts it: ``runtime production health-check``.

Each command hands its arguments to the ``readiness`` command of the same name, so that both always take the same.
Needs the extra ``click``: typer does not bring it along any more.
"""

from __future__ import annotations

try:
    import click
except ModuleNotFoundError as error:
    raise ImportError("the Click group needs click: pip install 'cursus-readiness[click]'") from error

from cursus_readiness.cli.app import app, show_error
from cursus_readiness.errors import ReadinessError

NAMES = ("health-check", "validate-system", "monitor-performance")
_PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@click.group("production")
def production() -> None:
    """Is this system ready for production? (cursus-readiness)"""


def _mount(name: str, summary: str) -> None:
    @production.command(name, help=summary, short_help=summary, context_settings=_PASSED_ON)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    @click.pass_context
    def _command(ctx: click.Context, arguments: tuple[str, ...]) -> None:
        try:
            app([name, *arguments], prog_name=(ctx.parent or ctx).command_path)
        except ReadinessError as error:
            show_error(error, verbose=False)
            ctx.exit(error.exit_code)


for _known in app.registered_commands:
    if _known.name in NAMES and _known.callback is not None:
        _mount(_known.name, (_known.callback.__doc__ or "").strip().splitlines()[0])
