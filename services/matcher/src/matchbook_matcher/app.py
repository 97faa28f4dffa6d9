"""The process: what is made of what."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass

from matchbook_servicekit.app import Component, Startable, command, serve
from matchbook_servicekit.consumer import BatchConsumer
from matchbook_servicekit.database import Database, load_queries
from matchbook_servicekit.messaging import Publisher

from matchbook_matcher.adapters.data import read_knowledge
from matchbook_matcher.adapters.store import EvaluationStore, IntakeStore
from matchbook_matcher.handlers import inputs
from matchbook_matcher.offline.evaluating import evaluate
from matchbook_matcher.offline.explaining import explain
from matchbook_matcher.offline.fitting import fit
from matchbook_matcher.offline.matching import match
from matchbook_matcher.service.agenda import Pace
from matchbook_matcher.service.devices import DeviceWork
from matchbook_matcher.service.directory import DirectoryWork
from matchbook_matcher.service.evaluator import Evaluator
from matchbook_matcher.service.shelf import Shelf
from matchbook_matcher.settings import MatcherSettings

PACKAGE = "matchbook_matcher"
# A batch and an evaluation make hundreds of thousands of objects without a cycle, and most die by themselves before
# so many are there; what is kept is about two millions. With 50,000 the collector took a sixth of the process's time.
COLLECT_AFTER = (4_000_000, 20, 20)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one process."""

    components: Sequence[Component]
    start: Sequence[Startable]


def build(settings: MatcherSettings) -> Parts:
    """Make the parts; nothing is connected yet. Raises `pydantic.ValidationError` for a data file that does not do."""
    queries = load_queries(PACKAGE)
    knowledge = read_knowledge(settings.weights_file, settings.hygiene_file)
    database, publisher = Database(settings.database), Publisher(settings.kafka)
    store = EvaluationStore(queries)
    evaluator = Evaluator(
        database=database,
        publisher=publisher,
        store=store,
        devices=DeviceWork(store, knowledge, Shelf(settings.kept_records)),
        directory=DirectoryWork(store, knowledge),
        knowledge=knowledge.digest,
        pace=Pace(settings.quiet_seconds, settings.patience_seconds, settings.rest_factor, settings.bundle),
    )
    consumer = BatchConsumer(
        inputs(IntakeStore(queries), evaluator.wake, settings.batch),
        kafka=settings.kafka,
        database=database,
        publisher=publisher,
        group=settings.service_name,
    )
    return Parts((consumer, evaluator), (database, publisher))


async def run(settings: MatcherSettings) -> None:
    """Serve until SIGTERM."""
    gc.set_threshold(*COLLECT_AFTER)
    parts = build(settings)
    await serve(settings, *parts.components, package=PACKAGE, start=parts.start)


main = command("matcher", MatcherSettings, run, PACKAGE)
for offline in (match, evaluate, explain, fit):
    main.add_command(offline)
