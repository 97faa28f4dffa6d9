UPDATE directory_work SET evaluation = evaluation + 1, evaluated_at = clock_timestamp()
