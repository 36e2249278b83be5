-- name: Add
-- The counts of one queue after a transaction's moves. One row a queue and transaction, whatever the number of jobs.
UPDATE lh_queue SET
  waiting = waiting + ?2, pending = pending + ?3, running = running + ?4, held = held + ?5,
  completed = completed + ?6, failed = failed + ?7, cancelled = cancelled + ?8, arrivals = arrivals + ?9
WHERE id = ?1;
