UPDATE directory_work SET published = evaluation
