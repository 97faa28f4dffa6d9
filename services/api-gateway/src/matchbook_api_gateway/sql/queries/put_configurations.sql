INSERT INTO configurations AS kept
    (configuration_id, organization_id, version, name, sort_name, psa_sync, archived, search, body)
SELECT *
FROM unnest(
    $1::text[], $2::text[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[], $9::bytea[]
)
ON CONFLICT (configuration_id) DO UPDATE SET
    organization_id = excluded.organization_id,
    version = excluded.version,
    name = excluded.name,
    sort_name = excluded.sort_name,
    psa_sync = excluded.psa_sync,
    archived = excluded.archived,
    search = excluded.search,
    body = excluded.body
WHERE kept.version < excluded.version
RETURNING kept.configuration_id
