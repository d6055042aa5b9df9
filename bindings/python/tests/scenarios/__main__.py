"""The runner of the scenarios in tests/conformance for Python: `bindings/python/conformance` calls it."""

from __future__ import annotations

import gc
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Tuple

import crm

from . import canonical
from .placeholder import fill
from .world import World

FOLDER = Path(__file__).resolve().parents[4] / "tests/conformance"


def compare(topic: str, scenario: Dict[str, Any]) -> List[str]:
    """Runs a scenario; the steps that did not return what they should."""
    place = f"{topic}: {scenario['name']}"
    differences = []
    with tempfile.TemporaryDirectory() as folder:
        world = World(scenario.get("setup") or {}, Path(folder))
        for at, step in enumerate(scenario["steps"]):
            expected = canonical.text(fill(step.get("expect"), world.bound))
            try:
                got = canonical.text(world.step(step))
            except Exception as error:
                got = f"the runner failed: {type(error).__name__}: {error}"
            if got != expected:
                differences.append(f"{place}: step {at} ({step['op']})\n  expected {expected}\n  got      {got}")
    return differences


def load(path: Path) -> List[Tuple[str, Dict[str, Any]]]:
    scenarios = json.loads(path.read_text(encoding="utf-8"))
    return [(path.stem, scenario) for scenario in scenarios if "python" not in scenario.get("without", [])]


def main(arguments: List[str]) -> int:
    if not arguments:
        scenarios = [found for path in sorted(FOLDER.glob("*.json")) for found in load(path)]
    elif len(arguments) == 2 and arguments[0] in ("--write", "--verify"):
        scenarios = load(FOLDER / f"files/{arguments[0][2:]}.json")
        for _, scenario in scenarios:
            scenario["setup"] = {**scenario.get("setup", {}), "path": arguments[1]}
    else:
        print("usage: conformance [--write FILE | --verify FILE]", file=sys.stderr)
        return 2
    differences = [difference for topic, scenario in scenarios for difference in compare(topic, scenario)]
    for difference in differences:
        print(difference)
    gc.collect()
    if crm.live_objects():
        differences.append(f"{crm.live_objects()} objects of the library are left")
        print(differences[-1])
    print(f"conformance python: {len(scenarios)} scenarios, {len(differences)} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
