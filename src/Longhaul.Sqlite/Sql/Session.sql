-- Workers' sessions.

-- name: State
SELECT state FROM lh_session WHERE id = ?1;

-- name: Open
INSERT INTO lh_session (id, state, name, host_name, boot_id, machine_id, pid_namespace, pid, process_start, queues, names, concurrency, version, grp,
  opened, beat, boot, renewed, lease)
VALUES (?1, 0, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14, ?15, ?16, ?17);

-- name: Renew
UPDATE lh_session SET beat = ?2, boot = ?3, renewed = ?4 WHERE id = ?1;

-- name: SetState
UPDATE lh_session SET state = ?2 WHERE id = ?1;

-- name: End
-- 3: dead, 4: gone.
UPDATE lh_session SET state = ?2, ended = ?3 WHERE id = ?1;

-- name: Begun
UPDATE lh_run SET begun = 1 WHERE id = ?1 AND token = ?2 AND session = ?3;

-- name: Runs
SELECT id FROM lh_run WHERE session = ?1 LIMIT ?2;

-- name: Holds
SELECT id, token FROM lh_hold WHERE session = ?1 LIMIT ?2;

-- name: Order
UPDATE lh_session SET ordered = ?2 WHERE id = ?1 AND state < 3;

-- name: OrderAll
UPDATE lh_session SET ordered = ?1 WHERE state < 3 AND opened <= ?2;

-- name: Alive
SELECT id, boot, renewed, lease FROM lh_session WHERE state < 3;

-- name: LeftBehind
-- Sessions that have ended and still have runs or holds: whoever declared them dead may have died in the middle of it.
SELECT x.session FROM (SELECT session FROM lh_run UNION SELECT session FROM lh_hold) x
LEFT JOIN lh_session s ON s.id = x.session WHERE s.id IS NULL OR s.state >= 3;
