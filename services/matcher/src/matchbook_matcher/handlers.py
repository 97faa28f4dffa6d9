"""The matcher's subscription: every batch is taken in, and the evaluator is told."""

from collections.abc import Callable, Sequence

from matchbook_contracts.discovery import DeviceDiscovered, TenantDiscovered
from matchbook_contracts.states import ConfigurationState, DeviceMatchState, OrganizationState, TenantMatchState
from matchbook_servicekit.consumer import Subscription
from matchbook_servicekit.database import Connection
from matchbook_servicekit.dead_letters import Readers
from matchbook_servicekit.messaging import Outgoing, Received

from matchbook_matcher.adapters.reading import reader
from matchbook_matcher.adapters.store import IntakeStore
from matchbook_matcher.service.intake import take_in

TOPICS = (
    TenantDiscovered.topic,
    DeviceDiscovered.topic,
    OrganizationState.topic,
    ConfigurationState.topic,
    TenantMatchState.topic,
    DeviceMatchState.topic,
)

# The others come by the hundred.
_READERS: Readers = {model: reader(model) for model in (DeviceDiscovered, ConfigurationState, DeviceMatchState)}


def inputs(store: IntakeStore, wake: Callable[[], None], batch: int) -> Subscription:
    """All topics in one subscription of at most `batch` records at a time."""

    async def apply(records: Sequence[Received], connection: Connection) -> Sequence[Outgoing]:
        await take_in((record.event for record in records), connection, store)
        return ()

    async def after_commit(_records: Sequence[Received]) -> None:
        wake()

    return Subscription("inputs", TOPICS, apply, max_records=batch, after_commit=after_commit, readers=_READERS)
