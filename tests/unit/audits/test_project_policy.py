"""What a policy may say, and how its mistakes are told."""

from __future__ import annotations

import pytest

from cursus_readiness.audits.project_policy import parse_policy
from cursus_readiness.audits.toml_lines import line_of
from cursus_readiness.model.policy import Stage

WAIVER = {
    "audit": '"broken-rule"',
    "scenario": '"churn"',
    "step": '"Train"',
    "reason": '"known"',
    "owner": '"team"',
    "issue": '"https://example.org/1"',
    "expires": "2026-04-01",
}


def a_waiver(**changes: str | None) -> str:
    fields = {**WAIVER, **changes}
    return "[[waivers]]\n" + "\n".join(f"{name} = {value}" for name, value in fields.items() if value is not None)


def told(text: str, source: str = "readiness.toml") -> list[str]:
    policy, problems = parse_policy(text, source)
    assert (policy is None) == bool(problems)
    return [problem.line() for problem in problems]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[discvery]\n", "1: discvery: unknown field (did you mean 'discovery'?)"),
        (
            "\n[thresholds]\nidle_cpu_rato = 1\n",
            "3: thresholds.idle_cpu_rato: unknown field (did you mean 'idle_cpu_ratio'?)",
        ),
        ("[thresholds]\nidle_cpu_ratio = nan\n", "2: thresholds.idle_cpu_ratio: a number of 0 or more is expected"),
        (
            "[levels]\nidle-cpus = 'gate'\n",
            "2: levels.idle-cpus: no audit is named 'idle-cpus' (did you mean 'idle-cpu'?)",
        ),
        (
            "[levels]\nbroken-rule = 'advice'\n",
            "2: levels.broken-rule: it is a gate and stays one; accept a failure of it with a waiver",
        ),
        ("[levels]\nfew-scenarios = 'gate'\n", "2: levels.few-scenarios: it is a must and stays one"),
        ("[[budgets]]\nscenario = 'a'\n", "1: budgets.0: a budget needs wall_s, cpu_s or peak_memory_mb"),
        (
            "[[budgets]]\nscenario = 'a'\nwall_s = 1\n[[budgets]]\nscenario = 'b'\nwal_s = 2\n",
            "6: budgets.1.wal_s: unknown field (did you mean 'wall_s'?)",
        ),
        (
            "[environments.staging]\nrequired_items = [3]\n",
            "2: environments.staging.required_items: items are 1 to 8, and 1 and 2 are always among them",
        ),
        (
            "[validation]\nmin_scenarios = 0\n",
            "2: validation.min_scenarios: Input should be greater than or equal to 1",
        ),
        (a_waiver(owner=None), "1: waivers.0.owner: this field is required"),
        (a_waiver(expires=None), "1: waivers.0.expires: this field is required"),
        (a_waiver(scenario=None), "1: waivers.0.scenario: this field is required"),
        (a_waiver(step='""'), "4: waivers.0.step: String should have at least 1 character"),
        (
            a_waiver(scenario='"*"'),
            "3: waivers.0.scenario: a waiver names a scenario, or 'project'; a pattern for all accepts too much",
        ),
        (a_waiver(reason='"  "'), "5: waivers.0.reason: this must not be empty"),
        (a_waiver(issue='"later"'), "7: waivers.0.issue: String should match pattern '^https?://\\S+$'"),
        (
            a_waiver(audit='"broken-rules"'),
            "2: waivers.0.audit: no audit is named 'broken-rules' (did you mean 'broken-rule'?)",
        ),
        (a_waiver(audit='"leaked-secret"'), "2: waivers.0.audit: leaked-secret is a must: it cannot be waived"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, line: str) -> None:
    assert f"readiness.toml:{line}" in told(text)


def test_what_is_no_toml_is_told_with_its_line() -> None:
    (line,) = told("[discovery\n")
    assert line.startswith("readiness.toml: Expected ']'")
    assert "at line 1" in line


def test_in_pyproject_the_section_of_the_tool_is_the_policy() -> None:
    text = '[project]\nname = "x"\n[tool.readiness.validation]\nmin_scenarios = "many"\n'
    assert told(text, "sub/pyproject.toml")[0].startswith("sub/pyproject.toml:4: validation.min_scenarios: ")
    assert told('[project]\nname = "x"\n', "pyproject.toml") == []


def test_environments_that_are_not_named_keep_what_they_ask_for() -> None:
    policy, _ = parse_policy("[environments.staging]\nrequired_items = [1, 2]\n", "readiness.toml")
    assert policy is not None
    assert policy.environments[Stage.STAGING].required_items == (1, 2)
    assert policy.environments[Stage.PRODUCTION].required_items == tuple(range(1, 9))


def test_a_must_of_the_policy_cannot_be_waived() -> None:
    text = f"[levels]\nbroken-rule = 'must'\n{a_waiver()}"
    assert told(text) == ["readiness.toml:4: waivers.0.audit: broken-rule is a must: it cannot be waived"]


@pytest.mark.parametrize(
    ("path", "line"),
    [(("a",), 1), (("a", "x"), 2), (("b", 1, "x"), 6), (("b", 1, "y"), 5), (("c", "d e", "x"), 9), (("z",), 1)],
)
def test_a_field_is_found_where_it_stands(path: tuple[str | int, ...], line: int) -> None:
    text = "[a]\nx = 1\n[[b]]\nx = 1\n[[b]]\nx = 2\n\n[c.'d e']\nx = 3\n"
    assert line_of(text, path) == line
