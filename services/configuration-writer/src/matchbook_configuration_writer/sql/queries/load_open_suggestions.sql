-- What a policy may accept: the suggestion of each undecided device whose tenant is matched.
SELECT suggestions.*, (device_matches.state -> 'reverted')::text AS reverted, tenant_matches.organization_id
FROM suggestions
JOIN tenant_matches USING (tenant_id)
LEFT JOIN device_matches ON
    device_matches.tenant_id = suggestions.tenant_id AND device_matches.device_id = suggestions.device_id
WHERE suggestions.device_id <> '' AND suggestions.status = 'suggested' AND tenant_matches.organization_id IS NOT NULL
    AND coalesce(device_matches.status, 'unmatched') = 'unmatched'
ORDER BY suggestions.tenant_id, suggestions.device_id
