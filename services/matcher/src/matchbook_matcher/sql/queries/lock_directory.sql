SELECT evaluation, published FROM directory_work FOR UPDATE SKIP LOCKED
