"""What a compile came to: the step of each node, and what feeds its inputs."""

from __future__ import annotations

import os
from typing import Any, Iterator


def steps(template: Any, assembler: Any, graph: Any) -> list[dict[str, Any]]:
    """What each node became: its step, its configuration, and the script that was taken."""
    keys = {id(config): key for key, config in getattr(template, "configs", {}).items()}
    found = []
    for node in graph.nodes:
        config: Any = getattr(assembler, "config_map", {}).get(node)
        step = getattr(assembler, "step_instances", {}).get(node)
        entry = getattr(config, "processing_entry_point", None) or getattr(config, "training_entry_point", None)
        is_training = getattr(config, "processing_entry_point", None) is None
        folder = getattr(config, "processing_source_dir", None) or getattr(config, "source_dir", None)
        taken = None
        if entry and is_training:
            taken = os.path.join(getattr(config, "effective_source_dir", None) or "", entry)
        elif entry:
            taken = getattr(config, "get_script_path", lambda: None)()
        found.append(
            {
                "node": node,
                "step": getattr(step, "name", None),
                "config": keys.get(id(config)),
                "config_class": type(config).__name__,
                "asked": "/".join(part for part in (folder, entry) if part) if entry else None,
                "taken": os.path.abspath(taken) if taken and not taken.startswith("s3://") else taken,
                "is_stand_in": bool(getattr(step, "is_stand_in", False)),
            }
        )
    return found


def wiring(assembler: Any, graph: Any) -> list[dict[str, Any]]:
    """Every input that Cursus matched to an output: by the assembler, and what step builders fill in after it."""
    builders = getattr(assembler, "step_builders", {})
    resolver: Any = getattr(assembler, "_dependency_resolver", None)
    found = []
    for node in graph.nodes:
        messages = getattr(assembler, "step_messages", {}).get(node, {})
        inputs = getattr(getattr(builders.get(node), "spec", None), "dependencies", None) or {}
        for name, wanted in inputs.items():
            message = messages.get(name)
            if message:
                matches = [(message["compatibility"], message["source_step"], message["source_output"])]
            else:
                matches = list(_candidates(resolver, builders, graph.get_dependencies(node), wanted))
            if not matches:
                continue
            score, source, output = max(matches, key=lambda match: match[0])  # of equals the first, as Cursus takes
            provided = builders[source].spec
            kind = resolver._normalize_step_type_for_compatibility(provided.step_type)
            listed = wanted.compatible_sources
            found.append(
                {
                    "node": node,
                    "input": name,
                    "is_required": bool(wanted.required),
                    "source": source,
                    "output": output,
                    "property": provided.outputs[output].property_path,
                    "score": round(float(score), 3),
                    "is_listed": not listed or resolver._provider_in_compatible_sources(kind, listed),
                    "is_second_pass": message is None,
                }
            )
    return found


def _candidates(resolver: Any, builders: Any, sources: Any, wanted: Any) -> Iterator[tuple[float, str, str]]:
    for source in sources:
        spec = getattr(builders.get(source), "spec", None)
        for name, output in (getattr(spec, "outputs", None) or {}).items():
            score = resolver._calculate_compatibility(wanted, output, spec)
            if score > 0.5:  # the resolver's own threshold
                yield score, source, name
