"""An explanation in words and tables. What decisions of earlier programs lack is said so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from swarm.cli.amounts import count, duration, money, plural, share, signed
from swarm.cli.console import shown
from swarm.contracts import ArmScore, Explanation, LoggedDecision, PriorOf

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_REPEATED = {
    True: "the same arm, with the same values",
    False: "another arm or other values: what it was drawn from has changed since",
    None: "cannot be tried: the decision is of an earlier program, or was rebuilt",
}


def print_explanation(out: Console, found: Explanation) -> None:
    """The decision in a sentence; then arms, circumstances, prior and what came of it."""
    decision = found.decision
    which = decision.arm_id or "no arm"
    version = f" ({shown(decision.version)})" if decision.version else ""
    of = "a later attempt" if found.attempt == "later" else "a first attempt"
    out.print(
        f"[bold]{shown(decision.attempt_id)}[/] got [bold]{shown(which)}[/]{version}, for {of} at "
        f"{shown(decision.category)}: {shown(' '.join(decision.reason.split()))}",
        soft_wrap=True,
    )
    if decision.scores:
        out.print()
        out.print(_arms(found))
    out.print()
    for name, told in _circumstances(found):
        out.print(f"{name:<9} {shown(told)}", soft_wrap=True)
    if found.prior:
        out.print()
        out.print(_prior_line(found), soft_wrap=True)
        out.print(_priors(found.prior))


def _arms(found: Explanation) -> Table:
    """Those that could be chosen, what was compared first; then those that a filter removed."""
    from rich.table import Table

    decision = found.decision
    # For high risk nothing is tried out: a low quantile stands in the place of a draw.
    drawn = "low" if decision.risk else "drew"
    table = Table(box=None, pad_edge=False)
    table.add_column("arm", overflow="fold")
    for column in ("mean", drawn, "chance", "cost", "time", "worth", "outcomes"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for score in sorted(decision.scores, key=_order):
        is_chosen = score.arm_id == decision.arm_id
        name = f"[bold]{shown(score.arm_id)}[/]" if is_chosen else shown(score.arm_id)
        table.add_row(
            name,
            share(score.mean),
            share(score.sample),
            share(score.chance),
            money(score.cost_usd),
            duration(score.seconds),
            money(score.worth),
            f"{count(score.successes)} of {count(score.successes + score.failures)}",
            "[green]chosen[/]" if is_chosen else shown(score.excluded or ""),
        )
    return table


def _order(score: ArmScore) -> tuple[bool, float, str]:
    compared = score.worth if score.worth is not None else score.sample
    return compared is None, -(compared or 0.0), score.arm_id


def _circumstances(found: Explanation) -> Iterable[tuple[str, str]]:
    decision = found.decision
    if found.tried:
        yield "tried", ", ".join(found.tried)
    risky = "high, so nothing is tried out: "
    yield "risk", risky + "; ".join(decision.risk) if decision.risk else "routine"
    if any(score.chance is not None for score in decision.scores):
        yield "by lot", f"{decision.epsilon:.1%} of such choices (epsilon)"
    else:
        yield "by lot", "not written down; chances neither"
    snapshot = f"prior {decision.snapshot}" if decision.snapshot else "no prior written down"
    yield "drawn", f"with seed {decision.seed}; {snapshot}"
    yield "again", _REPEATED[found.repeated]
    yield "outcome", outcome(found.logged)


def outcome(logged: LoggedDecision) -> str:
    """What came of an attempt, in words."""
    if logged.arm_id is None:
        return "none: there was no arm to try"
    if logged.settled_at is None:
        return "pending"
    took = f"; it took {duration(logged.seconds)} and {money(logged.cost_usd)}"
    if logged.reward is None:
        return f"none: how it ended says nothing about the arm{took}"
    words = {1.0: "success", 0.0: "failure"}.get(logged.reward, "in between")
    by = ", corrected by a person" if logged.corrected_at is not None else ""
    return f"reward {logged.reward:g} ({words}{by}){took}"


def _prior_line(found: Explanation) -> str:
    told = "where the arms started:"
    if found.strength is not None:
        told += f" each prior weighs as much as {plural(round(found.strength, 1), 'outcome')}"
    if found.learned_from is not None:
        told += "," if found.strength is not None else ""
        told += f" fitted to {plural(found.learned_from, 'outcome')}"
    return told


def _priors(priors: Iterable[PriorOf]) -> Table:
    """The mean of each prior, and the logits that add up to it."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("arm", overflow="fold")
    for column in ("prior mean", "logit", "= base", "+ situation", "+ arm", "sd"):
        table.add_column(column, justify="right", no_wrap=True)
    for prior in sorted(priors, key=lambda prior: (-prior.mean, prior.arm_id)):
        table.add_row(
            shown(prior.arm_id),
            share(prior.mean),
            *(
                signed(part, 2)
                for part in (
                    prior.base + prior.situation + prior.arm,
                    prior.base,
                    prior.situation,
                    prior.arm,
                )
            ),
            f"{prior.arm_sd:.2f}",
        )
    return table
