-- Each is used once: whoever deletes it has it.
DELETE FROM sign_ins WHERE browser_hash = $1 AND expires_at > $2 RETURNING flow, destination
