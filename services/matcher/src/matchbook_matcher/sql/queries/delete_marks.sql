DELETE FROM marks WHERE mark = ANY($1::bigint[])
