"""`renouer campaign`: plan a campaign, see where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from bot.cli.base import data_settings, open_store, progress, put_json, run, show

if TYPE_CHECKING:
    from outreach.campaigns import Plan

app = typer.Typer(help="Campaigns: plan one, see where it stands.", no_args_is_help=True)

LEFT_OUT = {
    "opted_out": "a dit STOP, ou « ne pas contacter »",
    "not_in_a_list": "n'est plus dans aucune liste",
    "human_first": "une personne écrit d'abord",
    "no_sms_number": "pas de numéro pour un SMS",
    "number_refused": "numéro faux ou injoignable",
    "prefers_voice": "préfère être appelé",
    "paused": "a demandé du temps",
    "with_a_mediator": "déjà avec un médiateur",
}


@app.command("run")
def run_campaign(
    name: Annotated[str, typer.Argument(help="The campaign's name.")],
    message: Annotated[str, typer.Option(help="Key of the message to send.")] = "campaign.first",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count only, send nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Plan a campaign and have it sent; run again, it adds only who is new."""
    plan = run(_plan(name, message, dry_run))
    if json:
        put_json({"name": name, "dry_run": dry_run, **plan.to_json()})
        return
    console = show()
    table = Table("Laissés de côté", "Personnes")
    for reason, count in plan.left_out.most_common():
        table.add_row(LEFT_OUT.get(reason, reason), str(count))
    if plan.left_out:
        console.print(table)
    verb = "seraient prévus" if dry_run else "prévus"
    console.print(f"{plan.planned} messages {verb}, {plan.already} déjà prévus avant.")


@app.command("status")
def status(
    name: Annotated[str, typer.Argument(help="The campaign's name.")],
    json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Count a campaign's messages by state and by reason."""
    found = run(_status(name))
    if json:
        put_json(found)
        return
    table = Table("État", "Messages", "Raisons", title=f"{name} : {found['total']} messages")
    for state, count in found["states"].items():
        if count:
            reasons = found["reasons"].get(state, {})
            table.add_row(state, str(count), ", ".join(f"{r} {n}" for r, n in reasons.items()))
    show().print(table)


async def _plan(name: str, message: str, dry_run: bool) -> Plan:
    from bot.campaigns import expect_answer
    from outreach import campaigns
    from outreach.jobs import wake_dispatch

    async with open_store(data_settings()) as store, store.session() as session:
        trial = await session.begin_nested() if dry_run else None
        campaign = await campaigns.create(session, name, message)
        with progress() as bar:
            task = bar.add_task("Préparation", total=None)
            plan = await campaigns.plan(
                session,
                campaign,
                prepare=expect_answer,
                progress=lambda done, of: bar.update(task, completed=done, total=of),
            )
        if trial is not None:
            await trial.rollback()  # all of it was done, so the figures are the real ones
        else:
            await wake_dispatch(session, store)
    return plan


async def _status(name: str) -> dict[str, Any]:
    from outreach import campaigns

    async with open_store(data_settings()) as store, store.session() as session:
        return await campaigns.status(session, await campaigns.find(session, name))
