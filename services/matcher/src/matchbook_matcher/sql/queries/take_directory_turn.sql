UPDATE directory_work SET turn = turn + 1, knowledge = $1, applied_at = clock_timestamp()
