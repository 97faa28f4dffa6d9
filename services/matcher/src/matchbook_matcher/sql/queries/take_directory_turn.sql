UPDATE directory_work SET turn = turn + 1
