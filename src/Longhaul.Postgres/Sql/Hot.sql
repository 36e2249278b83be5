-- The way of a job. The work is done by the functions of Functions/*.sql; here is how they are called.

-- name: MakeLane
SELECT {schema}.lh_lane_of($1, $2);

-- name: Lanes
SELECT l.id, l.queue, q.name, n.name FROM {schema}.lh_lane l JOIN {schema}.lh_queue q ON q.id = l.queue JOIN {schema}.lh_name n ON n.id = l.name ORDER BY l.id;

-- name: TakeIds
SELECT {schema}.lh_take_ids($1);

-- name: Enqueue
SELECT at, status, job FROM {schema}.lh_enqueue(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24);

-- name: EnqueuePlain
SELECT {schema}.lh_enqueue_plain($1, $2, $3, $4, $5, $6, $7);

-- name: Notify
SELECT {schema}.lh_notify($1);

-- name: Claim
SELECT * FROM {schema}.lh_claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18);

-- name: FindClaim
SELECT * FROM {schema}.lh_claimed($1, $2);

-- name: RunsOf
SELECT id, token, claim, ordered FROM {schema}.lh_runs() WHERE session = $1 ORDER BY id;

-- name: SettleDown
SELECT {schema}.lh_settle_down($1);

-- name: SettleYoung
SELECT {schema}.lh_settle_young($1, $2, $3, $4, $5, $6);

-- name: SettlePlain
SELECT {schema}.lh_settle_plain($1, $2, $3, $4);

-- name: Settle
SELECT at, status, state, lane, refusal FROM {schema}.lh_settle(
  $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28);

-- name: EndWhenIdle
SELECT {schema}.lh_end_when_idle($1, $2);

-- name: EndHold
SELECT {schema}.lh_end_hold(r.id, r.token, {schema}.lh_now($1)) FROM unnest($2, $3) AS r (id, token);

-- name: Flush
SELECT at, answer, refusal FROM {schema}.lh_flush($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18);

-- name: Save
SELECT at, answer, refusal FROM {schema}.lh_save($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17);

-- name: Store
SELECT store, current_database()::text FROM {schema}.lh_schema;
