-- What operators do.

-- name: Act
SELECT status, state, key_holder, arrived FROM {schema}.lh_act($1, $2, $3, $4, $5);

-- name: ActOne
SELECT status, state, key_holder, arrived FROM {schema}.lh_act_one($1, $2, $3, $4, $5);

-- name: Durable
SELECT {schema}.lh_durable();

-- name: Clear
SELECT cleared, last FROM {schema}.lh_clear($1, $2, $3);

-- name: FlushFailed
SELECT flushed, last FROM {schema}.lh_flush_failed($1, $3, $2);

-- name: PauseQueue
SELECT {schema}.lh_pause_queue($1, $2);

-- name: OrderWorker
UPDATE {schema}.lh_session SET ordered = $2 WHERE id = $1 AND state < 3;

-- name: RestartWorkers
UPDATE {schema}.lh_session SET ordered = 2
WHERE id = ANY (ARRAY(SELECT w.id FROM {schema}.lh_session w WHERE w.state < 3 AND w.opened <= {schema}.lh_now($1) ORDER BY w.id FOR UPDATE));

-- name: Watch
SELECT {schema}.lh_watch($1, $2, $3);

-- name: Relaxed
-- For what may be lost with the last moments before a crash, because it is done again.
SELECT set_config('synchronous_commit', 'off', true);

-- name: Prune
SELECT pruned, more FROM {schema}.lh_prune_part($1, $2);
