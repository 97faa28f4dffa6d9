-- Each is looked up by itself: a join reads all devices where the planner takes the arrays for large.
SELECT tenant_id, device_id
FROM unnest($1::text[], $2::text[]) AS given (tenant_id, device_id)
WHERE (SELECT true FROM devices AS d WHERE d.tenant_id = given.tenant_id AND d.device_id = given.device_id)
