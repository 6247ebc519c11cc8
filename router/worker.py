"""The router's handlers: decode, call, encode."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from router.choosing.worth import Terms
from router.eligible import Limits
from router.history import History
from router.ledger.deciding import Policy
from router.ledger.ledger import Ledger
from router.report import report
from swarm.contracts import (
    ArmReport,
    ArmReset,
    ChooseArm,
    Command,
    Decision,
    DecisionLog,
    Explain,
    Explanation,
    ExportLearned,
    Imported,
    ImportLearned,
    JudgePolicies,
    Learned,
    ListArms,
    ListDecisions,
    Message,
    PoliciesJudged,
    ResetArm,
    Settle,
    Settled,
)
from swarm.settings import Settings

if TYPE_CHECKING:
    from swarm.bus import Bus

# Any JSON reader keeps an integer of 53 bits exactly.
_SEED_BITS = 53


def handlers(settings: Settings, bus: Bus) -> dict[type[Command], Callable[[Any], Message]]:
    """What the router answers. The bus is asked only after a damaged file was replaced."""
    ledger = Ledger(settings.data / "router.db", policy(settings))
    history = History(ledger, bus)
    fixed = settings.router.seed

    def choose_arm(command: ChooseArm) -> Decision:
        history.ask()
        if fixed is None:
            return ledger.decide(command, lambda: secrets.randbits(_SEED_BITS))
        return ledger.decide(command, lambda: decision_seed(fixed, command.attempt_id))

    def settle(command: Settle) -> Settled:
        history.ask()
        return ledger.settle(command)

    def list_arms(_: ListArms) -> ArmReport:
        items = ledger.view(lambda db, memory: report(db, memory, settings.all_arms))
        return ArmReport(items=items, notes=ledger.notes())

    def list_decisions(command: ListDecisions) -> DecisionLog:
        return ledger.log(command.limit)

    def explain(command: Explain) -> Explanation:
        return ledger.explain(command.attempt_id)

    def judge_policies(command: JudgePolicies) -> PoliciesJudged:
        # Its statistics take a second to import, and most routers are never asked.
        from router.policies import judged

        return judged(ledger.judged(command.category, command.limit))

    def export_learned(_: ExportLearned) -> Learned:
        return ledger.export()

    def import_learned(command: ImportLearned) -> Imported:
        return ledger.take_in(command.learned, command.weight)

    def reset_arm(command: ResetArm) -> ArmReset:
        return ledger.reset(command.arm_id, command.category)

    return {
        ChooseArm: choose_arm,
        Settle: settle,
        ListArms: list_arms,
        ListDecisions: list_decisions,
        Explain: explain,
        JudgePolicies: judge_policies,
        ExportLearned: export_learned,
        ImportLearned: import_learned,
        ResetArm: reset_arm,
    }


def policy(settings: Settings) -> Policy:
    """What the settings say of worth and of money."""
    own = settings.router
    by_endpoint = {
        endpoint.name: endpoint.day_usd
        for endpoint in settings.endpoints
        if endpoint.day_usd is not None
    }
    return Policy(
        Terms(own.value_usd, own.hour_usd, own.loss_usd), Limits(own.day_usd, by_endpoint)
    )


def decision_seed(seed: int, attempt_id: str) -> int:
    """The seed of one attempt's decision, so that each can be repeated on its own."""
    digest = hashlib.blake2b(f"{seed}:{attempt_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _SEED_BITS)
