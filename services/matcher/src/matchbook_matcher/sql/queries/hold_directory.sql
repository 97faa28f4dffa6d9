SELECT evaluation, published, turn FROM directory_work FOR UPDATE
