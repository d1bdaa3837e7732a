"""The publisher: carries what the journal holds to the broker, and acknowledgements back.

One thread and one loop: wait for the broker or a nudge, deal with what happened, send what
is due, write down what was taken. It may die at any moment; the journal knows what the
broker has not taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vision.core.values import AlarmDecision, Instant
from vision.outputs import (
    ack_inbox,
    handing_over,
    messages,
    mqtt_link,
    publisher_troubles,
    topics,
)
from vision.outputs.journal import Journal
from vision.outputs.journal_errors import JournalError
from vision.outputs.journal_values import AckResult, CommitContext, HandedOver, OutboxRow, StateRow
from vision.outputs.mqtt_link import (
    Answered,
    Connected,
    Deaf,
    Disconnected,
    Event,
    Incoming,
    Message,
    MqttLink,
)
from vision.outputs.nudge import NudgeListener
from vision.outputs.offering_again import OfferingAgain
from vision.outputs.ordered_lane import OrderedLane, Refusal, RefusalPolicy
from vision.outputs.publisher_desk import Desk
from vision.outputs.state_lane import StateLane
from vision.outputs.suspicion import Suspicion

TURN_S = 0.2
LOOK_EVERY_S = 0.5
BATCH = 200

RESENT_S = 15.0
"""What the broker took so shortly before it was lost goes out once more.

A broker that is killed loses what it had acknowledged but neither delivered nor saved. Its
end is noticed within 10 s, and a broker set up as advised saves every second.
"""

JOURNAL_FAILS_AFTER_S = 4.0


Log = Callable[..., None]
"""Called with an event's name and its facts, which never hold a secret."""


@dataclass(frozen=True, slots=True)
class PublisherParts:
    """What a publisher is made of. ``clock`` is wall time, ``monotonic`` never jumps."""

    site: str
    heartbeat_s: float
    journal: Journal
    link: MqttLink
    nudges: NudgeListener
    clock: Callable[[], float]
    monotonic: Callable[[], float]
    log: Log
    refusals: RefusalPolicy = field(default_factory=RefusalPolicy)


class Publisher:
    """One loop; call ``turn`` again and again, then ``leave``."""

    def __init__(self, parts: PublisherParts) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._link = parts.link
        self._log = parts.log
        self._root = topics.root(parts.site)
        self._context = CommitContext(site=parts.site)
        self._desk = Desk(parts.journal, self._context)
        self._again = OfferingAgain(self._desk, parts.refusals.probe_s)
        self._ordered = OrderedLane(parts.refusals)
        self._states = StateLane(parts.refusals)
        self._handed: dict[int, HandedOver] = {}
        self._read_up_to = 0
        self._changes: int | None = None
        self._look_at_s = float("-inf")
        self._heartbeat_at_s = float("-inf")
        self._more = True
        self._anew: Connected | None = None
        # a publisher that died may have died together with the broker
        self._lost_at = parts.clock()
        self._unheard = self._rejected = self._dead_letters = 0
        self._refused_open = self._has_open(publisher_troubles.REFUSED)
        self._journal_open = self._has_open(publisher_troubles.JOURNAL)
        self._leaving_mid: int | None = None
        self._suspicion = Suspicion()

    # the loop --------------------------------------------------------------------------

    def turn(self, wait_s: float = TURN_S) -> None:
        """Wait a little, then do everything that is due."""
        self._link.wait(wait_s, self._parts.nudges.socket)
        self._hear_nudges()
        for event in self._link.events():
            self._handle(event)
        self._begin_anew()
        self._offer_again()
        self._look()
        self._send()
        if self._desk.work(self._parts.monotonic()):
            self._look_at_s = float("-inf")
        self._watch_journal()

    def leave(self, within_s: float) -> None:
        """Say ``offline``, wait for the broker to have it, write everything down, go."""
        until_s = self._parts.monotonic() + within_s
        self._leaving_mid = self._link.publish(self._status(online=False))
        while self._leaving_mid is not None and self._parts.monotonic() < until_s:
            self._link.wait(0.05, self._parts.nudges.socket)
            for event in self._link.events():
                self._handle(event)
        self._desk.work(self._parts.monotonic(), all_of_it=True)
        self._link.disconnect()

    # what happens ----------------------------------------------------------------------

    def _handle(self, event: Event) -> None:
        if isinstance(event, Answered):
            self._answered(event)
        elif isinstance(event, Incoming):
            self._incoming(event)
        elif isinstance(event, Connected):
            self._connected(event)
        elif isinstance(event, Deaf):
            self._log("acknowledgements_not_heard", why=event.reason)
        else:
            self._disconnected(event)

    def _answered(self, answer: Answered) -> None:
        if answer.mid == self._leaving_mid:
            self._leaving_mid = None
        elif answer.code < mqtt_link.REFUSED:
            self._suspicion.taken()
            self._taken(answer)
            self._settle_refusals()
        else:
            self._refused(answer.mid, f"0x{answer.code:02x}")

    def _taken(self, answer: Answered) -> None:
        now_s = self._parts.monotonic()
        state = self._states.taken(answer.mid, now_s)
        if state is not None:
            self._desk.state_taken(state, now_s)
            return
        row = self._ordered.taken(answer.mid)
        if row is None:
            return
        if answer.code == mqtt_link.NO_SUBSCRIBERS:
            self._unheard += 1
            self._log("nobody_subscribed", topic=row.topic, unheard=self._unheard)
        handed = self._handed.pop(row.seq, None)
        if handed is None:
            self._desk.taken(row.seq, now_s)
        else:
            self._desk.handed_over(handed, taken=True)

    def _settle_refusals(self) -> None:
        shut = self._ordered.shut_topics | self._states.shut_topics
        if self._refused_open and not shut:
            self._refused_open = False
            self._desk.decided(publisher_troubles.refusing_no_more(self._now()))

    def _refused(self, mid: int, reason: str) -> None:
        now_s = self._parts.monotonic()
        state = self._states.refused(mid, now_s)
        ordered = self._ordered.refused(mid, now_s) if state is None else None
        if (refused := state or ordered) is None:
            self._log("message_refused", reason=reason)
            return
        row, verdict = refused
        self._log("message_refused", topic=row.topic, reason=reason, dead=verdict is Refusal.DEAD)
        if verdict is Refusal.DEAD:
            self._give_up(row, reason)

    def _give_up(self, row: OutboxRow | StateRow, reason: str) -> None:
        if isinstance(row, StateRow) or self._again.gave_up(row.seq):
            self._dead_letters += 1
        said: tuple[AlarmDecision, ...] = ()
        if not self._refused_open:
            self._refused_open = True
            said = (publisher_troubles.refused(row.topic, reason, self._now()),)
        if isinstance(row, StateRow):
            for decision in said:
                self._desk.decided(decision)
        elif (handed := self._handed.pop(row.seq, None)) is not None:
            self._desk.handed_over(handed, taken=False)
        else:
            self._desk.dead(row.seq, reason, said)

    def _connected(self, event: Connected) -> None:
        self._log("broker_connected", session_present=event.session_present)
        self._link.publish(self._status(online=True))
        self._heartbeat_at_s = float("-inf")
        self._suspicion.connected(self._parts.monotonic())
        self._anew = event

    def _begin_anew(self) -> None:
        """After a connect: send once more what the broker may have lost."""
        if self._anew is None:
            return
        now_s = self._parts.monotonic()
        self._desk.work(now_s, all_of_it=True)
        try:
            self._states.restart(self._journal.all_states(), now_s)
            open_alarms = not self._anew.session_present
            rearmed = self._journal.rearm(self._lost_at - RESENT_S, open_alarms=open_alarms)
            rearmed += self._again.of_before()
        except JournalError as error:
            # tried again on the next turn; meanwhile what waits goes out
            self._log("journal_fails", why=str(error))
            return
        self._anew = None
        self._send_once_more(rearmed)
        self._look_at_s = float("-inf")

    def _offer_again(self) -> None:
        """What was put aside for the broker's sake goes out once it has changed its mind."""
        if not self._link.connected or self._ordered.mid is not None:
            return
        now_s = self._parts.monotonic()
        try:
            self._send_once_more(self._again.due(self._ordered.shut_topics, now_s))
        except JournalError as error:
            self._log("journal_fails", why=str(error))

    def _send_once_more(self, messages: int) -> None:
        if messages:
            self._log("sent_once_more", messages=messages)
            self._ordered.read_anew()
            self._read_up_to = 0
            self._look_at_s = float("-inf")

    def _disconnected(self, event: Disconnected) -> None:
        self._log("broker_lost", why=event.reason)
        if event.was_connected:
            self._lost_at = self._parts.clock()
            self._suspect(event)
        self._ordered.lost()
        self._states.lost()
        self._desk.connection_lost()
        for handed in self._handed.values():
            self._desk.handed_over(handed, taken=False)

    def _suspect(self, event: Disconnected) -> None:
        """Did the broker throw us out for a message? Find out for which, and blame no other."""
        now_s = self._parts.monotonic()
        reason = self._suspicion.lost(event.objected, self._under_way(), now_s)
        if reason is not None:
            (mid,) = self._under_way()
            self._refused(mid, reason)

    def _under_way(self) -> tuple[int, ...]:
        ordered = () if self._ordered.mid is None else (self._ordered.mid,)
        return (*ordered, *self._states.mids)

    def _incoming(self, incoming: Incoming) -> None:
        topic = incoming.topic.removeprefix(self._root)
        try:
            request = ack_inbox.read_ack(topic, incoming.payload, retain=incoming.retain)
        except ack_inbox.AckRejectedError as error:
            self._rejected += 1
            self._log("ack_rejected", why=str(error), rejected=self._rejected)
            self._link.acknowledge(incoming)
            return

        def done(result: AckResult) -> None:
            self._log("ack", alarm_id=request.alarm_id, result=result.value)
            self._link.acknowledge(incoming)

        self._desk.acknowledged(request, done)

    def _hear_nudges(self) -> None:
        for datagram in self._parts.nudges.datagrams():
            self._look_at_s = float("-inf")
            if not datagram:
                continue
            try:
                self._take_over(handing_over.decode(datagram))
            except ValueError as error:
                self._log("nudge_rejected", why=str(error))

    def _take_over(self, handed: HandedOver) -> None:
        seq = min(self._handed, default=0) - 1
        self._handed[seq] = handed
        self._ordered.feed_first(OutboxRow(seq, topics.ALARM, handed.payload))
        self._log("alarm_without_journal", alarm_id=handed.alarm_id)
        if not self._link.connected:
            self._desk.handed_over(handed, taken=False)

    # what is due -----------------------------------------------------------------------

    def _look(self) -> None:
        """Read what is new in the journal."""
        now_s = self._parts.monotonic()
        if not self._link.connected or len(self._ordered) > BATCH // 2:
            return
        try:
            news = now_s >= self._look_at_s or self._journal.changes() != self._changes
            if news:
                self._read_states(now_s)
            if news or self._more:
                self._read_letters()
        except JournalError as error:
            self._log("journal_fails", why=str(error))
            self._look_at_s = now_s + LOOK_EVERY_S

    def _read_states(self, now_s: float) -> None:
        self._changes = self._journal.changes()
        self._look_at_s = now_s + LOOK_EVERY_S
        self._states.put(self._journal.due_states(), now_s)

    def _read_letters(self) -> None:
        dealt_with = self._desk.unwritten()
        rows = self._journal.waiting(self._read_up_to, BATCH)
        self._more = len(rows) == BATCH
        self._ordered.feed(row for row in rows if row.seq not in dealt_with)
        self._read_up_to = rows[-1].seq if rows else self._read_up_to

    def _send(self) -> None:
        if not self._link.connected:
            return
        now_s = self._parts.monotonic()
        careful = self._suspicion.careful(now_s)
        row = self._ordered.next_letter(now_s)
        if row is not None and not (careful and self._under_way()):
            mid = self._link.publish(Message(self._root + row.topic, row.payload))
            if mid is not None:
                self._ordered.sent(mid)
        for state in self._states.next_states(now_s):
            if careful and self._under_way():
                break
            mid = self._link.publish(self._state_message(state))
            if mid is not None:
                self._states.sent(mid, state)
        if now_s >= self._heartbeat_at_s:
            self._heartbeat_at_s = now_s + self._parts.heartbeat_s
            self._link.publish(self._heartbeat())

    def _heartbeat(self) -> Message:
        try:
            age_s, waiting = self._journal.oldest_beat_age_s(), self._journal.waiting_alarms()
        except JournalError:
            # the age is unknown then; that the journal fails is said by its own alarm
            age_s, waiting = None, len(self._ordered)
        pulse = messages.Pulse(
            at=self._parts.clock(),
            oldest_beat_age_s=age_s,
            alarms_waiting=waiting,
            unheard=self._unheard,
            rejected=self._rejected,
            dead_letters=self._dead_letters,
        )
        payload = messages.heartbeat(pulse, self._parts.site)
        return Message(self._root + topics.HEARTBEAT, payload, qos=0)

    def _state_message(self, row: StateRow) -> Message:
        topic = self._root + row.topic
        return Message(topic, row.payload, retain=True, expiry_s=row.expiry_s)

    def _status(self, *, online: bool) -> Message:
        payload = messages.status(self._parts.site, online=online)
        return Message(self._root + topics.STATUS, payload, retain=True)

    def _watch_journal(self) -> None:
        since_s = self._desk.failing_since_s
        if since_s is None:
            if self._journal_open and not self._handed:
                self._journal_open = False
                self._desk.decided(publisher_troubles.journal_works(self._now()))
        elif not self._journal_open and self._parts.monotonic() - since_s >= JOURNAL_FAILS_AFTER_S:
            self._journal_open = True
            decision = publisher_troubles.journal_fails(self._desk.failure, self._now())
            now_at = self._parts.clock()
            self._take_over(handing_over.handed_over(decision, self._context, now_at))

    def _has_open(self, incident: str) -> bool:
        try:
            return any(alarm.incident == incident for alarm in self._journal.open_alarms())
        except JournalError:
            # it will be said again, and is one alarm all the same
            return False

    def _now(self) -> Instant:
        return Instant(self._parts.monotonic(), self._parts.clock())
