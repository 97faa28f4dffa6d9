SELECT coalesce(min(number), 0) AS oldest, coalesce(max(number), 0) AS newest FROM changes
