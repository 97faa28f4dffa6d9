"""The devices of every tenant, printed once and kept until the tenant changes."""

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from matchbook_local.emulator.world.model import Device, TenantState
from matchbook_local.emulator.world.world import World

from .filters import Test
from .properties import Renderer

FORMS_KEPT = 2
"""Different $select lists remembered for each tenant: a sweep uses one, a person's look another."""


@dataclass(slots=True)
class _Form:
    version: int
    sequences: list[int]
    printed: list[bytes]


@dataclass(frozen=True, slots=True)
class Page:
    body: bytes
    """Devices, joined by commas."""
    count: int
    last: int | None
    """Where the next page begins: after this sequence number. None on the last page."""


class Catalog:
    def __init__(self, world: World) -> None:
        self._world = world
        self._renderers: dict[tuple[str, ...], Renderer] = {}
        self._indexes: dict[str, tuple[int, dict[str, Device]]] = {}
        self._forms: dict[str, OrderedDict[tuple[str, ...], _Form]] = {}

    def page(self, tenant_id: str, select: tuple[str, ...], test: Test | None, after: int, top: int) -> Page:
        """At most `top` devices whose sequence number is greater than `after`, in the order of their arrival."""
        state = self._world.states.get(tenant_id)
        if state is None:
            return Page(b"", 0, None)
        if test is not None:
            return self._filtered(state, select, test, after, top)
        form = self._form(state, select)
        start = bisect_right(form.sequences, after)
        end = min(start + top, len(form.printed))
        last = form.sequences[end - 1] if end < len(form.printed) else None
        return Page(b",".join(form.printed[start:end]), end - start, last)

    def device(self, tenant_id: str, device_id: str) -> Device | None:
        state = self._world.states.get(tenant_id)
        if state is None:
            return None
        version, index = self._indexes.get(tenant_id, (-1, {}))
        if version != state.version:
            index = {device.id: device for device in state.devices}
            self._indexes[tenant_id] = (state.version, index)
        return index.get(device_id)

    def _filtered(self, state: TenantState, select: tuple[str, ...], test: Test, after: int, top: int) -> Page:
        found = [device for device in state.devices if device.sequence > after and test(device)]
        printed = map(self._renderer(select), found[:top])
        return Page(b",".join(printed), min(len(found), top), found[top - 1].sequence if len(found) > top else None)

    def _form(self, state: TenantState, select: tuple[str, ...]) -> _Form:
        forms = self._forms.setdefault(state.tenant.tenant_id, OrderedDict())
        form = forms.get(select)
        if form is None or form.version != state.version:
            form = _Form(state.version, _sequences(state.devices), list(map(self._renderer(select), state.devices)))
            forms[select] = form
        forms.move_to_end(select)
        while len(forms) > FORMS_KEPT:
            forms.popitem(last=False)
        return form

    def _renderer(self, select: tuple[str, ...]) -> Renderer:
        if select not in self._renderers:
            self._renderers[select] = Renderer(select)
        return self._renderers[select]


def _sequences(devices: Sequence[Device]) -> list[int]:
    return [device.sequence for device in devices]
