SELECT kind, subject, version, event_id, event_type, body, previous, hash
FROM history
ORDER BY kind, subject, version
