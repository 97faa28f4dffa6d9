-- They wait for whoever takes them; not having been queued lately they are queued again at once.
UPDATE open_sweeps SET owner = NULL, queued_at = 'epoch' WHERE scope = 'devices' AND owner = $1
