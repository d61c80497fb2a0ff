"""``readiness keygen``, ``readiness sign``, ``readiness verify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cursus_readiness.model.signature import Signature

_Environment = Annotated[
    str, typer.Option("--environment", metavar="dev|staging|production", help="What the run must be ready for.")
]
_NOT_READY, _INCONCLUSIVE = 10, 11


def keygen_command(
    out: Annotated[Path, typer.Option("--out", help="The folder for the two keys, outside of the repository.")],
) -> None:
    """Make a key to sign with, and say what to write into the policy."""
    from cursus_readiness.signing.keys import generate

    private, public = generate(out)
    typer.echo(f"wrote {private} (keep it to yourself) and {private.with_suffix('.pub')}")
    typer.echo("  next: have this reviewed and merged into readiness.toml:")
    typer.echo(f'[[signers]]\nname = "NAME"\nrole = "release-manager"\npublic_key = "{public}"')


def sign_command(
    run: Annotated[Path, typer.Argument(help="A run folder.")] = Path("reports/latest"),
    *,
    name: Annotated[str, typer.Option("--as", metavar="NAME", help="Who signs.")],
    role: Annotated[str, typer.Option("--role", help="In which role.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", envvar="READINESS_KEY", help="The private key.")],
    environment: _Environment = "production",
) -> None:
    """Sign a run that is ready: its results, policy, report and commit."""
    from cursus_readiness import signoff  # slow to import
    from cursus_readiness.cli.stages import stage_of

    done = signoff.sign(run, key, name=name, role=role, stage=stage_of(environment))
    if done.statement is None:
        verdict = done.report.verdict.value.replace("_", " ")
        typer.echo(f"not signed: the run is {verdict}: {done.report.reason}", err=True)
        raise typer.Exit(done.report.exit_code)
    typer.echo(f"wrote {done.statement}")
    typer.echo(str(done.statement.parents[1] / "signed.html"))


def verify_command(
    run: Annotated[Path, typer.Argument(help="A run folder.")] = Path("reports/latest"),
    *,
    key: Annotated[
        list[Path] | None, typer.Option("--key", metavar="FILE", help="A public key that counts, beside the policy's.")
    ] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="FILE", help="Who may sign; else the nearest readiness.toml.")
    ] = None,
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="dev|staging|production", help="What it must be signed for.")
    ] = None,
) -> None:
    """Say offline whether a run is as it was signed, and by whom."""
    from cursus_readiness import signoff  # slow to import
    from cursus_readiness.cli.stages import stage_of
    from cursus_readiness.units import one_line

    found = signoff.verify(run, keys=key or (), policy=policy, stage=stage_of(environment) if environment else None)
    for signature in found.signatures:
        typer.echo(one_line(_line(signature)))
    for problem in found.problems:
        typer.echo(one_line(f"error: {problem}"), err=True)
    if found.problems:
        raise typer.Exit(_NOT_READY)
    if not found.are_all_trusted:
        typer.echo("error: nobody here vouches for these keys", err=True)
        typer.echo("  fix: name them with --key, or as [[signers]] of the policy", err=True)
        raise typer.Exit(_INCONCLUSIVE)
    typer.echo("as it was signed")


def _line(signature: Signature) -> str:
    verdict = signature.verdict.value.replace("_", " ")
    until = f" until {signature.waived_until}" if signature.waived_until else ""
    place = f" for {signature.environment}" if signature.environment else ""
    trust = {True: "trusted", False: "not trusted", None: "key not known"}[signature.is_trusted]
    when = f"{signature.signed_at:%Y-%m-%d %H:%M UTC}"
    return (
        f"{signature.name}, {signature.role}, {when}: {verdict}{until}{place}, {signature.file_count} files ({trust})"
    )
