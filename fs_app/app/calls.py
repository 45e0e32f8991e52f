"""One process of the ``calls`` role: the event socket server and what a call may use."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from datetime import datetime

import structlog

from fs_app.app.checks import checked_parts, programme_problems
from fs_app.app.garbage import Collector
from fs_app.app.parts import Parts
from fs_app.app.programme import Programme, load_programme
from fs_app.app.reload import Reloader
from fs_app.app.roles import begin, forbid_dumps, until_told_to_stop
from fs_app.domain.notices import After
from fs_app.domain.prompt import Manner, say
from fs_app.errors import CallEnded, Problem, StoreUnavailable
from fs_app.flow.call import Call, Line, Services
from fs_app.flow.checkpoint import Checkpoint
from fs_app.flow.engine import FINISHED, run_flow
from fs_app.flow.opening import greet
from fs_app.flow.step import MOVED
from fs_app.journal import CallJournal
from fs_app.metrics import MetricsServer
from fs_app.ports import LiveCall
from fs_app.serve.plan import CALLS, METRICS
from fs_app.serve.sockets import inherited, inherited_board
from fs_app.settings import Settings
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.server import CallServer
from fs_app.telephony.timing import Timing
from fs_app.yamlfile import Document

log = structlog.get_logger()


def run_calls(settings: Settings, document: Document, *, slot: int = 0) -> None:
    """The ``calls`` role until SIGTERM; ConfigError where anything is wrong with the configuration.

    ``slot`` numbers the workers of one machine: each has a port of its own for metrics.
    """
    forbid_dumps()
    calls = Calls(settings, checked_parts(settings, document), slot=slot, document=document)
    begin(calls.start, document, ("calls", "listen"))
    Collector(lambda: calls.server.active).start()
    log.info("ready for calls", listen=f"{settings.calls.listen[0]}:{calls.server.port}", worker=slot)
    successor = until_told_to_stop(calls=lambda: calls.server.active)
    grace = settings.calls.grace_seconds
    log.info("no new calls", up=calls.server.active, grace_seconds=grace, successor=successor)
    calls.stop(successor=successor)


class Calls:
    """One process of the ``calls`` role: the event socket server and what a call may use."""

    def __init__(
        self, settings: Settings, parts: Parts | None = None, *, slot: int = 0, document: Document | None = None
    ) -> None:
        self._settings = settings
        self.parts = parts = parts or Parts(settings)
        self.metrics = parts.metrics
        self._document = document or Document("fs_app.yaml", {}, {}, {})
        self._worker = f"{socket.gethostname()}:{os.getpid()}"
        self._programme = Programme(parts.flows, parts.lines, parts.voice)
        self._reloader = Reloader(settings, self._load, self._take, refused=parts.metrics.programme_refused)
        self._services = Services(
            directory=parts.directory,
            cashier=parts.cashier,
            clock=parts.clock,
            checkpoints=parts.checkpoints,
            history=parts.ledger,
            surveys=parts.surveys,
            methods=parts.methods,
            vault=parts.vault,
            consents=parts.consents,
            proofs=parts.proofs,
            callers=parts.callers,
            subscriptions=parts.subscriptions,
            appointments=parts.appointments,
            agreements=parts.agreements,
            links=parts.links,
            desk=parts.desk,
            orders=parts.orders,
            live=parts.live_calls,
        )
        self.server = CallServer(
            inherited(CALLS, settings.calls.listen),
            self._handle,
            voice=parts.voice,
            language=settings.line.language,
            queue=settings.line.queue,
            limit=settings.calls.limit,
            watcher=self.metrics,
            board=inherited_board(slot),
            waiting=settings.calls.waiting,
            recordings=settings.recordings,
            silence=settings.agents.silence == "always",
            timing=Timing(first_key=settings.calls.first_key_seconds, inter_key=settings.calls.inter_key_seconds),
        )
        self._metrics_server = MetricsServer(self.metrics, inherited(METRICS, settings.metrics_of(slot)))

    @property
    def metrics_port(self) -> int:
        """Where the metrics are."""
        return self._metrics_server.port

    def start(self) -> None:
        """Bind and serve; OSError where a port is taken."""
        self._metrics_server.start()
        self.server.start()
        self.parts.switch_watch.start()
        self._reloader.start()

    def _load(self) -> Programme:
        """The files as they are now; ConfigError with every mistake in them."""

        def prove(one: Programme) -> list[Problem]:
            return programme_problems(self._settings, self._document, one.voice, one.flows, one.lines)

        return load_programme(self._settings, prove)

    def _take(self, programme: Programme) -> None:
        """From the next call on; calls that are up keep the one they began with."""
        self._programme = programme
        self.server.voice = programme.voice

    def stop(self, *, successor: bool = False) -> None:
        """Accept nothing more, let calls finish within the grace of the settings, or move to a successor that is
        ready; then end. The metrics are from now on those of the worker that takes over."""
        self._metrics_server.stop()
        self._reloader.stop()
        work_seconds = 2 * self._settings.gateway.limit_seconds + 15
        self.server.stop(self._settings.calls.grace_seconds, work_seconds, successor=successor)
        self.parts.switch_watch.stop()
        self.parts.close()

    def _handle(self, channel: SwitchChannel, info: ConnectInfo) -> None:
        programme = self._programme
        channel.voice = programme.voice
        line = self._line(programme, channel, info)
        journal = CallJournal(self.metrics, uuid=info.uuid, flow=line.flow, caller_id=info.caller_id)
        call = Call(
            line,
            channel,
            self._services,
            journal,
            caller_id=info.caller_id,
            leaves=lambda: self.server.leaving or channel.uprooted,
            entered=lambda step, secret: self._show(call, since, step, secret),
            talked=info.talked,
        )
        since = self._services.clock.now()
        outcome, goes_on = "failed", False
        try:
            channel.answer()
            self._recognise(call, info, programme)
            checkpoint = self._checkpoint(call, info)
            if info.attempt > 1 and not info.moved:
                channel.play(say("one_moment"), interruptible=False)
                channel.forget_keys()  # they answer a question of the server that died: digits of a card, perhaps
            after = greet(call) if info.attempt == 1 and not info.moved else After.GO_ON
            if after is After.HANG_UP:
                channel.hang_up()
                outcome = FINISHED
                return
            outcome = run_flow(programme.flows[line.flow], call, checkpoint, at_person=after is After.AGENT)
            if outcome == MOVED:
                goes_on = True
                channel.move_on()
        except CallEnded:
            outcome = _ended(call, channel)
            goes_on = outcome == "agent" and not channel.hung_up  # a talk without us, and a server after it
            raise
        finally:
            if not goes_on and outcome not in ("lost", "failed"):
                self._services.checkpoints.drop(info.uuid)
            if not goes_on:
                self._services.live.end(info.uuid, outcome, self._services.clock.now())
            journal.close(outcome)
            call.let_go()

    def _show(self, call: Call, since: datetime, step: str, secret: bool) -> None:
        """Where a call is, for whoever watches the lines."""
        account = call.facts.account
        self._services.live.tell(
            LiveCall(
                uuid=call.channel.uuid,
                worker=self._worker,
                flow=call.line.flow,
                step=step,
                language=call.channel.language,
                since=since,
                step_since=self._services.clock.now(),
                line=call.line.name,
                caller_id=call.caller_id or "",
                account_id=account.id if account is not None else "",
                secret=secret,
            )
        )

    def _recognise(self, call: Call, info: ConnectInfo, programme: Programme) -> None:
        """A caller who has been here before is spoken to in their language, unless the line has one of its own and
        its flow offers no other, and briefly once they know their way."""
        call.known = known = self._services.callers.of(info.caller_id)
        if known is None:
            return
        steps = (node.step for node in programme.flows[call.line.flow].nodes.values())
        offered = {language for step in steps for language in step.languages()}
        fixed = info.language is not None or call.line.speaks
        if known.language in (offered if fixed else programme.voice.languages):
            call.channel.language = known.language
        if known.calls:
            call.channel.manner = Manner.BRIEF

    def _checkpoint(self, call: Call, info: ConnectInfo) -> Checkpoint | None:
        """Where another server had the call; None for a call that begins, or begins again."""
        if info.attempt == 1 and not info.moved:
            return None
        try:
            text = self._services.checkpoints.find(info.uuid)
        except StoreUnavailable as error:
            call.journal.note({"trouble": f"checkpoint: {type(error).__name__}"})
            return None
        checkpoint = Checkpoint.read(text) if text is not None else None
        call.journal.note({"resumed": "from the start" if checkpoint is None else checkpoint.step})
        return checkpoint

    def _line(self, programme: Programme, channel: SwitchChannel, info: ConnectInfo) -> Line:
        """The line that the dialplan names. What its entry in lines.yaml says goes before the dialplan's variables,
        and these before the settings."""
        entry = programme.lines.get(info.number or "")
        if entry is None:
            log.error("the dialplan names a line that does not exist", call=info.uuid, fs_app_number=info.number)
            entry = programme.lines[""]
        default = self._settings.line
        flow = entry.flow or info.flow or default.flow
        if flow not in programme.flows:
            log.error("the dialplan names a flow that does not exist", call=info.uuid, fs_app_flow=flow)
            flow = default.flow
        if entry.language:
            channel.language = entry.language
        queue = entry.queue or info.queue or default.queue
        return replace(entry, flow=flow, language=channel.language, queue=queue, speaks=bool(entry.language))


def _ended(call: Call, channel: SwitchChannel) -> str:
    """How a call ended whose caller, or whose socket, is gone."""
    if call.counts["talked"] or channel.talking:
        return "agent"
    return "caller_hung_up" if channel.hung_up else "lost"
