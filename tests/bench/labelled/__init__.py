"""Labelled worlds for measuring a matcher: files in the shape in which any labelled set is given, the truth apart.

devices.jsonl             Graph's managedDevice, and its tenant_id
configurations.jsonl      what is documented; several MAC addresses, in every notation
tenants.jsonl, organizations.jsonl, links.jsonl (which tenant is which organization)
truth-devices.jsonl       device_id, configuration_id or null, category; dirt: all that is wrong with either side;
                          also: further records of the same machine, which are right answers too
truth-tenants.jsonl       tenant_id, organization_id or null, category

A category is what befell the machine as a whole, else the dirt that last took a proof away, else the first dirt, else
`clean`. Every machine keeps a proof by which a careful person could find its record; only
`name_reused_old_serial_unknown`, where the truth is null, can't be told from a machine that is documented by its name.
Nothing here knows how the matcher works: the dirt is what managed service providers' documentation is full of.
"""
