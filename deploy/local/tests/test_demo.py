"""Filling the demo: each step once, in order, and on from where it was interrupted."""

import io
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from matchbook_local import demo as demo_module
from matchbook_local.console import Console
from matchbook_local.demo import Demo, Settled, farewell
from matchbook_local.errors import LocalError
from matchbook_local.gateway import Gateway
from matchbook_local.supervisor import Supervisor

from deploy.local.tests.support.fake_gateway import World, serving


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(demo_module, "SETTLE_SECONDS", 0.3)
    with serving(World()) as found:
        yield found


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return str(path)


def make_demo(world: World, data: Path, ca_file: str, said: io.StringIO | None = None) -> Demo:
    for subject in ("organizations", "configurations"):
        (data / f"{subject}.csv").write_text(f"id,name\n1,{subject}\n")
    emulator = {f"{subject}_csv": str(data / f"{subject}.csv") for subject in ("organizations", "configurations")}
    supervisor = Supervisor(Console(said or io.StringIO(), colour=False), data)
    return Demo(Gateway(world.url, ca_file), supervisor, data, emulator)


def test_it_imports_then_matches_most_tenants_and_leaves_some_to_decide(
    world: World, tmp_path: Path, ca_file: str
) -> None:
    said = io.StringIO()
    make_demo(world, tmp_path, ca_file, said).set_up()
    assert [path for path, _ in world.uploads] == ["/api/imports/organizations", "/api/imports/configurations"]
    assert b'name="file"; filename="organizations.csv"' in world.uploads[0][1]
    assert b"id,name\n1,organizations\n" in world.uploads[0][1]
    # Ten tenants on three pages: one in conflict, one without a suggestion, and the eighth suggested one is left.
    assert world.decisions == [
        {"command": "AcceptTenantMatch", "tenant_id": f"t{n}", "suggestion_id": f"s{n}"} for n in (0, 1, 2, 4, 6, 7, 8)
    ]
    assert "matching 7 tenants as suggested, 1 are left to decide" in said.getvalue()
    assert "10 tenants (7 matched), 500 devices (280 with a suggestion, 1 in conflict)" in said.getvalue()


def test_a_second_start_does_nothing_again(world: World, tmp_path: Path, ca_file: str) -> None:
    make_demo(world, tmp_path, ca_file).set_up()
    make_demo(world, tmp_path, ca_file).set_up()
    assert (len(world.uploads), len(world.decisions)) == (2, 7)


def test_an_interrupted_set_up_goes_on_where_it_was(
    world: World, tmp_path: Path, ca_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Demo) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Demo, "_accept_tenants", interrupted)
        with pytest.raises(KeyboardInterrupt):
            make_demo(world, tmp_path, ca_file).set_up()
    make_demo(world, tmp_path, ca_file).set_up()
    assert (len(world.uploads), len(world.decisions)) == (2, 7)


def test_a_busy_gateway_is_asked_again(world: World, tmp_path: Path, ca_file: str) -> None:
    world.busy = 3
    make_demo(world, tmp_path, ca_file).set_up()
    assert len(world.uploads) == 2


def test_rejected_rows_stop_the_demo(world: World, tmp_path: Path, ca_file: str) -> None:
    world.rejected = 4
    with pytest.raises(LocalError, match=r"^4 organizations of the demo's documentation were rejected\.$"):
        make_demo(world, tmp_path, ca_file).set_up()


def test_a_refused_sign_in_is_one_sentence(world: World, ca_file: str) -> None:
    with pytest.raises(LocalError, match=r"^The gateway answered GET /api/me with 401: .*sign in first"):
        Gateway(world.url, ca_file).sign_in("nobody")


def test_a_gateway_that_is_gone_is_one_sentence(ca_file: str) -> None:
    with pytest.raises(LocalError, match=r"^The gateway did not answer GET /api/summary: "):
        Gateway("http://127.0.0.1:9", ca_file).get("/api/summary")


def test_a_ca_file_that_is_none_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    with pytest.raises(ssl.SSLError):
        Gateway("http://127.0.0.1:9", str(tmp_path / "ca.pem"))


def test_a_number_has_settled_once_it_stands_above_zero_for_a_while() -> None:
    settled = Settled(2)
    looks = [(0, 0.0), (0, 5.0), (3, 6.0), (4, 7.0), (4, 8.0), (4, 9.0)]
    assert [settled.reached(number, now) for number, now in looks] == [False, False, False, False, False, True]


def test_the_last_words_give_the_link_and_one_way_in_for_each_role() -> None:
    people = [{"role": role, "login_hint": role.lower()} for role in ("Administrator", "Manager", "Reader")]
    text = farewell("http://127.0.0.1:8000", {"people": people})
    assert "Matchbook is ready: http://127.0.0.1:8000\n" in text
    for role in ("administrator", "manager", "reader"):
        assert f"http://127.0.0.1:8000/auth/sign-in?login_hint={role}\n" in text
