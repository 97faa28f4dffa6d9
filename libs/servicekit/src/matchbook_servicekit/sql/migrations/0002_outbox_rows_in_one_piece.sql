-- A row lives for a moment and is read once: compressing its body, which starts at 2 kB, costs more than it saves.
ALTER TABLE outbox SET (toast_tuple_target = 8160);
