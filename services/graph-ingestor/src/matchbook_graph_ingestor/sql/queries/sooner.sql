-- A shorter interval counts from now and not from the end of the old one.
UPDATE tenants SET due_at = least(due_at, $2) WHERE $1::text IS NULL OR tenant_id = $1
