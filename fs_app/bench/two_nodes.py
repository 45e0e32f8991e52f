"""``python -m fs_app.bench.two_nodes``: what `fs_app.bench.nodes` runs, in a network of its own."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import itertools  # noqa: E402
import random  # noqa: E402
import signal  # noqa: E402
import statistics  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable, Sequence  # noqa: E402
from contextlib import ExitStack  # noqa: E402
from dataclasses import dataclass, field  # noqa: E402
from datetime import datetime  # noqa: E402
from pathlib import Path  # noqa: E402

import click  # noqa: E402
import gevent  # noqa: E402
from gevent.event import Event  # noqa: E402
from rich.console import Console  # noqa: E402

from fs_app.bench.balancer import Balancer  # noqa: E402
from fs_app.bench.cluster import Cluster, isolated, prepare_network  # noqa: E402
from fs_app.bench.machine import Watch  # noqa: E402
from fs_app.bench.report import Column, Rounds, show  # noqa: E402
from fs_app.chaos.callers import Told, Word  # noqa: E402
from fs_app.chaos.evidence import gather, unfinished  # noqa: E402
from fs_app.chaos.invariants import violations  # noqa: E402
from fs_app.domain.payment import OPEN_STATES  # noqa: E402
from fs_app.log import configure_logging  # noqa: E402
from fs_app.soak.boards import Switchboard  # noqa: E402
from fs_app.soak.caller import LOST, Ended  # noqa: E402
from fs_app.soak.ways import FLOW, QUEUE, Errand, choose  # noqa: E402
from fs_app.testing.ports import free_ports  # noqa: E402
from fs_app.testing.switch import Call, SimulatedSwitch, What, dialplan  # noqa: E402

_SOUNDS = Path(__file__).resolve().parents[2] / "sounds"
_THINKS = 0.6
_WITNESSES = 8
_WITNESS_SECONDS = 60.0
_DRAIN_SECONDS = 120.0
_WITNESS_NUMBER = 9_000_000

COLUMNS = (
    Column("calls", "calls", 0),
    Column("moved", "had two servers", 0),
    Column("lost", "lost", 0),
    Column("witnesses", "waiting there", 0),
    Column("noticed", "s until the switch noticed", 2),
    Column("silence", "s until the next word", 2),
    Column("worst", "worst", 2),
)


@dataclass(frozen=True, slots=True)
class Phase:
    """``lists`` are the host lists of the two switches while it lasts; ``strikes`` is the node that is hurt."""

    name: str
    lists: Sequence[str]
    strikes: str = ""
    strike: Callable[[Cluster], None] = lambda cluster: None


@dataclass
class Load:
    """Callers, each followed by another, for as long as ``running``."""

    cluster: Cluster
    boards: Sequence[Switchboard]
    chance: random.Random
    lists: Sequence[tuple[str, ...]] = ()
    running: Event = field(default_factory=Event)
    phase: str = ""
    ended: list[tuple[str, Errand, Ended]] = field(default_factory=list)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def keep_calling(self) -> None:
        """One caller after the other."""
        while self.running.is_set():
            way, twist, at = choose(self.chance)
            number = next(self.ids)
            self.cluster.owe(number, way, self.chance.randint(*way.dollars) * 100 + number % 100)
            errands = [self._errand(number, way.name, twist, at) for _ in range(way.callers)]
            gevent.joinall([gevent.spawn(self._call, errand) for errand in errands], raise_error=True)

    def _errand(self, number: int, way: str, twist: object, at: int) -> Errand:
        this = next(self.ids)
        hosts, seed = self.lists[this % len(self.lists)], self.chance.randrange(2**32)
        return Errand(this, number, way, twist, at, hosts, _THINKS, seed)  # type: ignore[arg-type]

    def _call(self, errand: Errand) -> None:
        phase = self.phase
        ended = self.boards[errand.id % len(self.boards)].call(errand)
        self.ended.append((phase, errand, ended))


class Witnesses:
    """Callers who are asked for their account number on one node when it is struck, and key on."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._switch = SimulatedSwitch(dialplan(hosts, QUEUE))
        variables = {"fs_app_flow": FLOW, "fs_app_queue": QUEUE}
        self._calls = [
            self._switch.dial(f"1555{_WITNESS_NUMBER + number}", variables=variables, stepped=True)
            for number in range(_WITNESSES)
        ]
        for call in self._calls:
            while "enter_account_number" not in _phrases(call):
                call.hear_out()
        self.noticed: list[float] = []
        self.silences: list[float] = []

    def watch(self, struck: float) -> None:
        """Key something, so that the switch has something to tell, and wait for the next server and its words."""
        gevent.joinall([gevent.spawn(self._watch, call, struck) for call in self._calls], raise_error=True)
        self._switch.close()

    def _watch(self, call: Call, struck: float) -> None:
        call.press("1")
        call.wait_for(What.CONNECTED, _WITNESS_SECONDS)
        self.noticed.append(time.monotonic() - struck)
        call.wait_for(What.PROMPT, _WITNESS_SECONDS)
        self.silences.append(time.monotonic() - struck)


def _phrases(call: Call) -> list[str]:
    prompt = call.wait_for(What.PROMPT, _WITNESS_SECONDS)
    return [path.name.partition(".")[0] for path in prompt.files]


def phases() -> Sequence[Phase]:
    """What happens, one after the other."""
    found = [
        Phase("two nodes", ("ab", "ba")),
        Phase("a is killed, every process", ("ab", "ba"), "a", lambda cluster: cluster.nodes["a"].kill()),
        Phase("b alone, then c is added", ("ab", "ba"), "", lambda cluster: cluster.bring_up("c")),
        Phase("b and c", ("cb", "bc")),
    ]
    if isolated():
        found += [
            Phase("b's cable is pulled", ("bc", "cb"), "b", lambda cluster: cluster.nodes["b"].pull_cable()),
            Phase("b's cable is back", ("bc", "cb"), "", lambda cluster: cluster.nodes["b"].plug_cable()),
            Phase("c loses its power", ("cb", "bc"), "c", lambda cluster: cluster.nodes["c"].lose_power()),
        ]
    return found


class Run:
    """Every phase on a cluster that is up."""

    def __init__(
        self, cluster: Cluster, load: Load, balancer: Balancer | None, tell: Callable[[str], None]
    ) -> None:
        self._cluster = cluster
        self._load = load
        self._balancer = balancer
        self._tell = tell
        self.found = Rounds("nodes that come and go", COLUMNS)

    def play(self, phase: Phase, seconds: float) -> None:
        """Let it last so long; what callers of it noticed is told at the end."""
        watch = Watch()
        self._load.phase = phase.name
        self._load.lists = [self._hosts(names) for names in phase.lists]
        witnesses = None
        if phase.strikes:
            witnesses = Witnesses(self._hosts_of_witnesses(phase))
        struck = time.monotonic()
        phase.strike(self._cluster)
        if witnesses is not None:
            witnesses.watch(struck)
        gevent.sleep(max(0.0, struck + seconds - time.monotonic()))
        self.found.noise.append(watch.noise())
        self._add(phase, witnesses)

    def _hosts(self, names: str) -> tuple[str, ...]:
        return self._cluster.hosts(*names) if self._balancer is None else (self._balancer.all_of_them,)

    def _hosts_of_witnesses(self, phase: Phase) -> tuple[str, ...]:
        if self._balancer is not None:
            return (self._balancer.one_first[phase.strikes],)
        return self._cluster.hosts(*next(names for names in phase.lists if names[0] == phase.strikes))

    def _add(self, phase: Phase, witnesses: Witnesses | None) -> None:
        figures: dict[str, float] = {}
        if witnesses is not None:
            figures = {
                "witnesses": len(witnesses.silences),
                "noticed": statistics.median(witnesses.noticed),
                "silence": statistics.median(witnesses.silences),
                "worst": max(witnesses.silences),
            }
        self.found.add(phase.name, figures)
        self._tell(f"{phase.name}: {figures}")

    def count(self) -> None:
        """The calls of each phase, when all have ended."""
        for name, rounds in self.found.figures.items():
            ended = [each for phase, _, each in self._load.ended if phase == name]
            rounds[0] |= {
                "calls": len(ended),
                "moved": sum(each.servers > 1 for each in ended),
                "lost": sum(each.end in LOST for each in ended),
            }


def money(cluster: Cluster, ended: Sequence[tuple[str, Errand, Ended]]) -> tuple[int, int, list[str]]:
    """Attempts, how many payments the gateway has, and every rule of money that is violated, when all is quiet."""
    until = time.monotonic() + _DRAIN_SECONDS
    while (left := unfinished(cluster.database, list(OPEN_STATES))) and time.monotonic() < until:
        gevent.sleep(0.5)
    words = [
        Word(errand.number, each.uuid, Told(told), datetime.fromisoformat(at), number, str(errand.id))
        for _, errand, each in ended
        for told, number, at in each.words
    ]
    evidence = gather(cluster.database, cluster.control, cluster.provider, words)
    problems = [str(each) for each in violations(evidence)]
    if left:
        problems.append(f"{left} payments or receipts did not come to rest")
    return len(evidence.payments), len(cluster.control.transactions()), problems


@click.command()
@click.option("--calls", type=int)
@click.option("--seconds", type=float)
@click.option("--seed", type=int)
@click.option("--retries", type=int)
@click.option("--haproxy", is_flag=True)
@click.option("--out", type=click.Path(path_type=Path))
def main(calls: int, seconds: float, seed: int, retries: int, haproxy: bool, out: Path) -> None:
    """See `fs_app.bench.nodes`. Exit code 0 only where no call was lost and ledger and gateway agree."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # nothing that was started stays behind
    configure_logging("warning", "console")
    console = Console()
    if isolated():
        prepare_network(retries=retries)
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="fs_app_nodes_")))
        cluster = undo.enter_context(Cluster(folder, _SOUNDS))
        cluster.prepare("a", "b", "c")
        cluster.bring_up("a", "b")
        balancer = None
        if haproxy:
            hosts = {name: node.host for name, node in cluster.nodes.items()}
            balancer = undo.enter_context(Balancer(folder, hosts, free_ports(1 + len(hosts))))
        boards = [Switchboard(f"switch-{each}", _SOUNDS, folder / f"switch-{each}.log") for each in range(2)]
        for board in boards:
            undo.callback(board.stop)
            board.start()
        load = Load(cluster, boards, random.Random(seed), lists=[cluster.hosts("a", "b")])
        run = Run(cluster, load, balancer, lambda line: console.print(line, highlight=False))
        load.running.set()
        callers = [gevent.spawn(load.keep_calling) for _ in range(calls)]
        for phase in phases():
            run.play(phase, seconds)
        load.running.clear()
        gevent.joinall(callers, timeout=_DRAIN_SECONDS)
        stuck = sum(not caller.dead for caller in callers)
        run.count()
        attempts, taken, problems = money(cluster, load.ended)
    run.found.notes += [
        f"{attempts} attempts in the ledger, {taken} transactions at the gateway",
        f"{len(problems)} violations of the rules of money, {stuck} callers stuck",
        *problems,
    ]
    lost = [each for _, _, each in load.ended if each.end in LOST]
    run.found.notes += [f"lost: {each.end}\n{each.story}" for each in lost[:3]]
    show(run.found, out, "nodes-haproxy" if haproxy else "nodes", console)
    sys.exit(1 if problems or lost or stuck else 0)


if __name__ == "__main__":
    main()
