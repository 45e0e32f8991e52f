"""Whether a call can go on from a step with what is known of it now: the flow's own check, from there on.

`Node.known` tells what every path to a step has learnt, which may be more than the step and what follows it need: a
survey comes after a payment, and an agent may send a caller there without one.
"""

from __future__ import annotations

from fs_app.flow.flow import Flow, Node
from fs_app.flow.step import FactSet, Step


def needed(step: Step, known: FactSet) -> FactSet:
    """What a step needs where this much is known."""
    besides = (more for fact, more in step.needs_with.items() if fact in known)
    return step.needs.union(*besides)


def goes_on(flow: Flow, node: Node, known: FactSet) -> bool:
    """Whether no path from there, itself included, comes to a step that needs what is not known then."""
    waiting = [(node.name, known)]
    seen = set(waiting)
    while waiting:
        name, facts = waiting.pop()
        step = flow.nodes[name].step
        if not needed(step, facts) <= facts:
            return False
        outcomes = step.all_outcomes()
        for outcome, target in flow.nodes[name].next.items():
            if outcomes[outcome].possible(facts):
                following = target, (facts - outcomes[outcome].forgets) | outcomes[outcome].teaches
                if following not in seen:
                    seen.add(following)
                    waiting.append(following)
    return True
