"""Which evaluated organizations are kept, and when one may be used again."""

from matchbook_matcher.adapters.store import Turn
from matchbook_matcher.domain.kept import KeptOrganization
from matchbook_matcher.service.shelf import Kept, Shelf

from .makes import MATCHER, configuration, device


def turn(evaluation: int = 1, keeper: str = "me") -> Turn:
    return Turn(evaluation, keeper)


def kept(devices: int, evaluation: int = 1, *tenants: str) -> Kept:
    organization = KeptOrganization(MATCHER)
    organization.evaluate([device(f"d{n}") for n in range(devices)], [configuration()])
    return Kept(organization, turn(evaluation), tenants)


def test_what_was_put_there_is_taken_once() -> None:
    shelf, one = Shelf(100), kept(3, 7, "t1")
    shelf.put("o1", one)
    assert shelf.take("o2", turn(7), ("t1",)) is None
    assert shelf.take("o1", turn(7), ("t1",)) is one.organization
    assert shelf.take("o1", turn(7), ("t1",)) is None, "it is put back when its transaction is committed"


def test_what_changed_unseen_is_forgotten() -> None:
    shelf = Shelf(100)
    others = [turn(8), turn(6), turn(7, "another"), Turn(7), Turn()]
    for now, tenants in (*((other, ("t1",)) for other in others), (turn(7), ("t1", "t2")), (turn(7), ())):
        shelf.put("o1", kept(3, 7, "t1"))
        assert shelf.take("o1", now, tenants) is None
        assert shelf.take("o1", turn(7), ("t1",)) is None


def test_what_was_evaluated_longest_ago_goes_first() -> None:
    shelf = Shelf(12)
    for name in ("o1", "o2", "o3"):
        shelf.put(name, kept(3))
    shelf.put("o1", kept(3))
    shelf.put("o4", kept(3))
    assert [name for name in ("o1", "o2", "o3", "o4") if shelf.take(name, turn(), ())] == ["o1", "o3", "o4"]


def test_devices_and_configurations_count_and_one_that_is_too_large_is_not_kept() -> None:
    shelf = Shelf(4)
    shelf.put("o1", kept(3))
    shelf.put("o2", kept(4))
    assert shelf.take("o1", turn(), ()) is None
    assert shelf.take("o2", turn(), ()) is None
    shelf.put("o1", kept(3))
    assert shelf.take("o1", turn(), ()) is not None
