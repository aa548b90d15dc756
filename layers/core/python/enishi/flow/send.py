"""Send one chunk: decide → render → claim → send → settle, then one result file.

Everything may run twice. A finished chunk is its result file; an unfinished one goes on from the ledger: what was
accepted, refused or lost in doubt is written down as it stands, what was never claimed is decided now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from enishi.channels.dispatch import Delivery, Dispatcher, Item, Place
from enishi.decide.recipient import Recipient
from enishi.errors import ClaimsInFlightError, NotSupportedError
from enishi.flow.drafts import Draft, Verdict, draft, row_of, verdict_of, written_before
from enishi.flow.manifest import Chunk
from enishi.flow.payload import Key, StepPayload
from enishi.flow.sending import ReadyStep, ready
from enishi.ports import Channel, ChannelProvider, Services
from enishi.results.rows import counts_of, result_key, tally, write_results


class Payload(StepPayload):
    lane: Key
    chunk: Chunk

    @property
    def place(self) -> Place:
        return Place(self.run.id, self.step, self.chunk.number)


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """Customers of the chunk by outcome.

    Raises:
        ClaimsInFlightError: another worker holds some of them; everything else of the chunk is done.
    """
    key = result_key(payload.run.id, payload.step, payload.lane, payload.chunk.number)
    done = counts_of(services.work, key)
    if done is not None:
        return done
    step = ready(services, payload.run, payload.step, payload.at)
    drafts = _drafts(services, step, payload)
    verdicts = _verdicts(drafts, _deliver(services, payload.place, drafts))
    _refuse_to_guess(drafts, verdicts, payload.place)
    rows = [row_of(step, draft, verdicts[draft.send_id], payload.chunk.number) for draft in drafts]
    write_results(services.work, key, rows)
    return tally(row.outcome for row in rows)


def _drafts(services: Services, step: ReadyStep, payload: Payload) -> list[Draft]:
    recipients = list(_recipients(services, payload.chunk.key))
    place = payload.place
    entries = {entry.customer_id: entry for entry in services.ledger.entries(place.run_id, place.step_id, place.chunk)}
    refusals = _refusals(services, step.policy.channels, recipients)
    before = _sent_before_the_merge(services, step, recipients)
    now = services.clock.now()
    return [
        written_before(step, recipient, now)
        if recipient.customer_id in before
        else draft(step, recipient, now, refusals[recipient.customer_id], entries.get(recipient.customer_id))
        for recipient in recipients
    ]


def _sent_before_the_merge(services: Services, step: ReadyStep, recipients: Sequence[Recipient]) -> set[str]:
    """Who has this very message claimed under a record that was merged into them since."""
    owners = {
        step.send_id(alias, channel): recipient.customer_id
        for recipient in recipients
        for alias in recipient.aliases
        for channel in step.policy.channels
    }
    return {owners[found] for found in services.ledger.find(list(owners))} if owners else set()


def _recipients(services: Services, key: str) -> Iterator[Recipient]:
    with services.work.open(key) as stream:
        for line in stream:
            yield Recipient.from_json_line(line.decode())


def _refusals(
    services: Services, channels: Sequence[Channel], recipients: Sequence[Recipient]
) -> Mapping[str, Mapping[Channel, str]]:
    """customer → channel → why the permission record says no, asked now: newer than the selection.

    A refusal of any record of the person is the person's.
    """
    found: dict[str, dict[Channel, str]] = defaultdict(dict)
    for channel in channels:
        reachable = [recipient for recipient in recipients if channel in recipient.contacts]
        owners = {
            record: person.customer_id for person in reachable for record in (*person.aliases, person.customer_id)
        }
        for record, reason in services.permissions.refusals(list(owners), channel).items():
            found[owners[record]][channel] = reason
    return found


def _deliver(services: Services, place: Place, drafts: Sequence[Draft]) -> dict[str, Delivery]:
    by_channel: dict[Channel, list[Item]] = defaultdict(list)
    for drafted in drafts:
        if drafted.item is not None:
            by_channel[drafted.item.message.channel].append(drafted.item)
    life = timedelta(seconds=services.settings.claim_seconds)
    done: dict[str, Delivery] = {}
    for channel, items in by_channel.items():
        dispatcher = Dispatcher(services.ledger, _provider(services, channel), services.clock, life)
        done |= dispatcher.deliver(place, items)
    return done


def _provider(services: Services, channel: Channel) -> ChannelProvider:
    if channel not in services.channels:
        raise NotSupportedError(
            f"no provider is wired for {channel.value}", remedy="Give the environment the settings of that provider."
        )
    return services.channels[channel]


def _verdicts(drafts: Sequence[Draft], deliveries: Mapping[str, Delivery]) -> dict[str, Verdict]:
    """send_id → verdict, for all but those that another worker holds."""
    settled = {send_id: verdict_of(delivery) for send_id, delivery in deliveries.items()}
    found = {drafted.send_id: drafted.verdict or settled.get(drafted.send_id) for drafted in drafts}
    return {send_id: verdict for send_id, verdict in found.items() if verdict is not None}


def _refuse_to_guess(drafts: Sequence[Draft], verdicts: Mapping[str, Verdict], place: Place) -> None:
    held = sum(drafted.send_id not in verdicts for drafted in drafts)
    if held:
        raise ClaimsInFlightError(
            f"another worker holds {held} messages of the chunk",
            where=f"{place.run_id}/{place.step_id}/{place.chunk}",
            remedy="Run the chunk again when their claims have run out; nothing is sent twice.",
        )
