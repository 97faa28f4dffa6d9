-- $1 what was seen last; $2 numbers below it that were not there yet, whose transactions may have committed since.
SELECT number, document FROM changes
WHERE number > $1 OR number = ANY($2::bigint[])
ORDER BY number
LIMIT $3
