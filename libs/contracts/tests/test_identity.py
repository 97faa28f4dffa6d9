"""Normal forms of what identifies a machine."""

import pytest
from matchbook_contracts.identity import is_placeholder, normalise_mac


@pytest.mark.parametrize(
    "written",
    [
        "00:1A:2B:03:04:5E",
        "00-1a-2b-03-04-5e",
        "001A2B03045E",
        "001a.2b03.045e",
        "001A2B-03045E",
        " 00 1A 2B 03 04 5E\n",
        "(00:1a:2b:03:04:5e)",
        "0x001A2B03045E",
        "0X001a2b03045e",
        "0:1a:2b:3:4:5e",
        "0:1A:2B:03:4:5E ",
        "Wi-Fi: 00:1A:2B:03:04:5E",
        "00-1a-2b-03-04-5e (built in)",
        "wlan0=00:1a:2b:03:04:5e",
    ],
)
def test_a_mac_address_has_one_normal_form_in_whatever_notation(written: str) -> None:
    assert normalise_mac(written) == "00:1A:2B:03:04:5E"


@pytest.mark.parametrize(
    "written",
    [
        None,
        "",
        "  ",
        "not available",
        "00:1A:2B:03:04",
        "00:1A:2B:03:04:5G",
        "00:1A:2B:03:04:5E:6F",
        "001A2B03045E6",
        "0x1A2B03045E",
        "0x0:1a:2b:3:4:5e",
        "0:1a:2b:3:4",
        "0:1a:2b:3:4:5:6",
        "0:1a:2b:3:4:005",
        "0-1a-2b-3-4-5e",
        "0.1.2.3.4.5",
        "00:1A:2B:03:04:5E / 00:1A:2B:03:04:5F",
        "eth0 00:1A:2B:03:04:5E:6F",
        "00:1A-2B:03-04:5E 1",
        "fe80::1234:5678",
        "fe80::1:2:3:4",
        "2001:0db8:85a3::",
        "::1:2:3:4:5:6",
        "1:2:3:4:5:6::",
        "fe80:12:0:0:0:0:0:1",
        "2001:db8:0:0:0:0:0:1",
        "+49 1234 567890",
        "+1 (425) 555-01234",
        "10.0.4.21",
    ],
)
def test_what_is_no_mac_address_has_none(written: str | None) -> None:
    assert normalise_mac(written) is None


@pytest.mark.parametrize("text", ["", " ", "?", "--", "N/A", "unknown", "To be filled by O.E.M.", "Default string"])
def test_what_nobody_filled_in_is_a_placeholder(text: str) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize("text", ["A1", "LT-0001", "東京", "Test 2", "MacBook von Jörg"])
def test_what_somebody_filled_in_is_none(text: str) -> None:
    assert not is_placeholder(text)
