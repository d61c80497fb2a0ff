"""Which scenarios, and which steps of them, are wanted."""

from __future__ import annotations

from dataclasses import dataclass

from cursus_readiness.errors import UsageError
from cursus_readiness.model.plan import Plan
from cursus_readiness.model.scenario import E2ETestScenario


@dataclass(frozen=True, slots=True)
class Selection:
    """Which scenarios and steps are wanted: ``NAME`` or ``NAME/STEP``, and tags. Empty means all."""

    only: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """The scenarios that are named, in order."""
        return [item.partition("/")[0] for item in self.only]

    def wants(self, scenario: E2ETestScenario) -> bool:
        """Whether a scenario is selected."""
        has_name = not self.only or scenario.scenario_name in self.names
        return has_name and (not self.tags or bool(set(self.tags) & set(scenario.tags)))

    def steps(self, plan: Plan) -> frozenset[str]:
        """The selected steps of a plan, with all that they depend on.

        Raises UsageError for a step that the plan does not have.
        """
        name = plan.scenario.scenario_name
        wanted = {item.partition("/")[2] for item in self.only if item.partition("/")[0] == name}
        steps = {step.name: step for step in plan.steps}
        if not wanted or "" in wanted:
            return frozenset(steps)
        for step in sorted(wanted - set(steps)):
            raise UsageError(f"scenario {name!r} has no step {step!r}", fix=f"one of: {', '.join(steps)}")
        selected: set[str] = set()
        while wanted:
            step = wanted.pop()
            selected.add(step)
            wanted.update(set(steps[step].depends_on) - selected)
        return frozenset(selected)
