"""Lists that do not add up, and documents that are none."""

from typing import Any, ClassVar, Literal

from aiohttp import web
from pydantic import Field, PrivateAttr

from matchbook_local.emulator.addresses import base_url
from matchbook_local.emulator.graph.paging import next_link, position

from .answers import ELSEWHERE
from .base import EVERYTHING, PAGED, Edit, Late, PageNumber, Strike, body_of, with_body
from .call import Kind

NEXT = "@odata.nextLink"
MEGABYTE = 1_000_000
WRONG: dict[str, Any] = {
    "number": 7,
    "boolean": True,
    "text": "x",
    "list": [1, "x"],
    "object": {"x": 1},
    "null": None,
}
Items = list[dict[str, Any]]
Carried = dict[tuple[str | None, str, int], Items]
"""From one page to the next: by tenant, path and number of the page on which they come, so that a page that is asked
for again is the same again.
"""


class TruncatedJson(Late):
    """A whole HTTP answer whose JSON is cut short."""

    name: ClassVar[str] = "truncated-json"
    strikes_at: ClassVar[tuple[Kind, ...]] = EVERYTHING
    share: float = Field(0.5, ge=0, lt=1)

    def changed(self, strike: Strike, response: web.Response) -> web.Response:  # noqa: ARG002 - the base's
        body = body_of(response)
        return with_body(response, body[: int(len(body) * self.share)])


class WrongType(Edit):
    """A property of another type than promised, in some of the devices or, where it is the page's own, there."""

    name: ClassVar[str] = "wrong-type"
    property: str = "deviceName"
    type: Literal["number", "boolean", "text", "list", "object", "null"] = "number"
    count: int = Field(1, ge=1)

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        return _with_property(strike, body, {self.property: WRONG[self.type]}, self.count)


class LongText(Edit):
    """A text of many megabytes in some of the devices."""

    name: ClassVar[str] = "long-text"
    property: str = "deviceName"
    megabytes: float = Field(10.0, gt=0, le=100)
    count: int = Field(1, ge=1)

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        return _with_property(strike, body, {self.property: "x" * int(self.megabytes * MEGABYTE)}, self.count)


def _with_property(strike: Strike, body: dict[str, Any], new: dict[str, Any], count: int) -> dict[str, Any]:
    """In the document itself if it has the property or is no list, else in `count` of its items."""
    items: Items | None = body.get("value")
    if items is None or body.keys() & new.keys():
        return body | new
    for item in strike.chance.sample(items, min(count, len(items))):
        item.update(new)
    return body


class _PageEdit(Edit):
    strikes_at: ClassVar[tuple[Kind, ...]] = PAGED


class ListEndsEarly(_PageEdit):
    """A page without the link to the next one, and with its first few devices alone if `keep` says so."""

    name: ClassVar[str] = "list-ends-early"
    keep: int | None = Field(None, ge=0)

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - the base's
        body.pop(NEXT, None)
        return body | {"value": body["value"][: self.keep]}


class ShortPage(_PageEdit):
    """Some devices are missing from a page, and the list goes on."""

    name: ClassVar[str] = "short-page"
    missing: int = Field(1, ge=1)

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        items: Items = body["value"]
        for place in sorted(strike.chance.sample(range(len(items)), min(self.missing, len(items))), reverse=True):
            del items[place]
        return body


class SameNextLink(_PageEdit):
    """The next page is this one, for ever."""

    name: ClassVar[str] = "same-next-link"

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        request = strike.call.request
        return body | {NEXT: f"{base_url(request)}{request.raw_path}"}


class ForeignNextLink(_PageEdit):
    """The next page is at another address."""

    name: ClassVar[str] = "foreign-next-link"
    link: str = f"{ELSEWHERE}?$skiptoken=x"

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - the base's
        return body | {NEXT: self.link}


class EmptyPages(_PageEdit):
    """So many empty pages, each with a link of its own, before the first page or the one named; 0 is for ever."""

    name: ClassVar[str] = "empty-pages"
    page: PageNumber = "1"
    count: int = Field(1, ge=0)

    def at_page(self, number: int) -> bool:
        first = int((self.page or "1").rstrip("+"))
        return first <= number and (not self.count or number < first + self.count)

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        link = next_link(strike.call.request, position(strike.call.skip_token))
        return body | {"value": [], "@odata.count": 0, NEXT: link}


class DuplicateDevices(_PageEdit):
    """The last devices of the pages before come once more."""

    name: ClassVar[str] = "duplicate-devices"
    count: int = Field(1, ge=1)
    _before: Carried = PrivateAttr(default_factory=dict)

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        call = strike.call
        again = self._before.get((call.tenant_id, call.path, call.page), [])
        self._before[call.tenant_id, call.path, call.page + 1] = [*again, *body["value"]][-self.count :]
        return body | {"value": [*again, *body["value"]]}


class MovingDevices(_PageEdit):
    """Devices move while the list is read: to the next page, or to one that was read already."""

    name: ClassVar[str] = "moving-devices"
    count: int = Field(1, ge=1)
    to: Literal["later", "earlier"] = "later"
    _moving: Carried = PrivateAttr(default_factory=dict)

    def edited(self, strike: Strike, body: dict[str, Any]) -> dict[str, Any]:
        call = strike.call
        if self.to == "earlier":
            return body if call.page == 1 else body | {"value": body["value"][self.count :]}
        items = [*self._moving.get((call.tenant_id, call.path, call.page), []), *body["value"]]
        kept = max(len(items) - self.count, 0) if NEXT in body else len(items)
        self._moving[call.tenant_id, call.path, call.page + 1] = items[kept:]
        return body | {"value": items[:kept]}
