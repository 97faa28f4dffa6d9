"""What spoils identities in the field: the values, and the names under which the truth files list them."""

JUNK_SERIALS = (
    "To Be Filled By O.E.M.", "To be filled by O.E.M.", "System Serial Number", "Default string", "INVALID", "N/A",
    "none", "Not Specified", "Not Applicable", "00000000", "0", "0123456789", "1234567890", "SN-12345",
    "SYS-1234567890", "(null string)", "EVAL", "OEM_Serial", "Unknown", "xxxxxxxxxxx", "NNNNNNN", "1111111",
    "............", "SystemSerialNumb",
)  # fmt: skip
VIRTUAL_MACS = ("005056C00001", "005056C00008", "0A0027000000")
VPN_MAC = "02004E435049"
ANDROID_MAC = "020000000000"

# Dirt as Intune reports it.
JUNK_SERIAL = "junk_serial"
RANDOM_MAC = "random_mac"
SHARED_MAC = "shared_dock_mac"
VIRTUAL_MAC = "virtual_mac"
NO_MAC = "no_mac"
DEFAULT_NAME = "default_name"
TRUNCATED_NAME = "truncated_name"
FQDN_NAME = "fqdn_name"
ANDROID_NAME = "android_name"
NEIGHBOUR_SERIAL = "neighbour_serial"
RE_ENROLLED = "re_enrolled"

# Dirt of the documentation.
UNDOCUMENTED = "undocumented"
LOST = "nothing_agrees"
ELSEWHERE = "other_organization"
DUPLICATED = "documented_twice"
REUSED_NAME = "reused_name"
SERIAL_STYLE = "serial_written_otherwise"
LABEL_PREFIX = "label_prefix"
DOCUMENTED_JUNK = "documented_junk_serial"
DRIFTED_NAME = "drifted_name"
