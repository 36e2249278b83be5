-- What may be wrong with a store, for people who ask: some of it counts rows, never on a hot path. Each answers lines of text.

-- name: Server
SELECT line FROM (VALUES
  (current_setting('server_version_num')::int < 130000,
    format('The server must be PostgreSQL 13 or later, but is %s; move the database to a newer one.', current_setting('server_version'))),
  (pg_is_in_recovery(),
    'The server is a replica, which takes no writes; give the address of the primary, or ''target_session_attrs=primary'' with both.'),
  (NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only')::bool,
    'The database takes no writes (default_transaction_read_only is on); look for a full disk or an operator''s order, then ALTER DATABASE … SET default_transaction_read_only = off.'),
  (getdatabaseencoding() <> 'UTF8',
    format('The database''s encoding must be UTF8, but is %s; make a new database with ENCODING ''UTF8''.', getdatabaseencoding())),
  (current_setting('synchronous_commit') = 'off',
    'synchronous_commit is off: jobs of the last moments before a crash of the server may be lost. Set it on for the database or the role of the producers.'),
  (NOT current_setting('fsync')::bool,
    'fsync is off: after a crash of its machine the whole database may be damaged. Set it on in postgresql.conf, unless the data are for tests alone.'),
  (NOT current_setting('full_page_writes')::bool,
    'full_page_writes is off: after a crash of its machine pages may be damaged. Set it on in postgresql.conf, unless the file system writes pages whole.'),
  (NOT current_setting('autovacuum')::bool OR NOT current_setting('track_counts')::bool,
    'autovacuum is off: what is deleted never makes room, and everything gets slower. Set autovacuum and track_counts on in postgresql.conf.')
) AS checks (wrong, line) WHERE wrong;

-- name: OldSnapshots
-- What keeps the server from cleaning up dead rows: old transactions, forgotten prepared ones, and replication slots.
SELECT format('A transaction of %s (process %s%s) has been open for %s minutes: the server cannot clean up what was deleted since. End it there, or by SELECT pg_terminate_backend(%2$s).',
  coalesce(a.usename, 'another user'), a.pid, coalesce(', ' || nullif(a.application_name, ''), ''), floor(extract(epoch FROM clock_timestamp() - a.xact_start) / 60))
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start < clock_timestamp() - interval '10 minutes'
  AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
UNION ALL
SELECT format('The prepared transaction %s of %s is %s minutes old: the server cannot clean up what was deleted since. End it by COMMIT PREPARED or ROLLBACK PREPARED %1$s.',
  quote_literal(p.gid), p.owner, floor(extract(epoch FROM clock_timestamp() - p.prepared) / 60))
FROM pg_prepared_xacts p WHERE p.database = current_database() AND p.prepared < clock_timestamp() - interval '10 minutes'
UNION ALL
SELECT format('The replication slot %s is not in use and holds back the clean-up of what was deleted. Start its reader, or drop it by SELECT pg_drop_replication_slot(%1$s).', quote_literal(s.slot_name))
FROM pg_replication_slots s WHERE NOT s.active AND age(s.xmin) > 1000000;

-- name: DeadRows
SELECT format('Table %I.%I holds %s dead rows beside %s live ones: the server does not clean up fast enough. Look for old transactions, give autovacuum more room (autovacuum_vacuum_cost_limit), and run VACUUM (ANALYZE) %1$I.%2$I.',
  t.schemaname, t.relname, t.n_dead_tup, t.n_live_tup)
FROM pg_stat_user_tables t WHERE t.schemaname = $1 AND t.n_dead_tup > 500000 AND t.n_dead_tup > 2 * t.n_live_tup
UNION ALL
SELECT format('Index %s is not valid: a migration or REINDEX broke off. Run REINDEX INDEX %1$s.', i.indexrelid::regclass)
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND NOT i.indisvalid;

-- name: Sequence
SELECT format('The next job would get the id %s, but there is a job %s: the data were restored without the sequence. Run SELECT setval(''%s'', %2$s).',
  s.last_value + s.is_called::int, m.id, '{schema}.lh_job_id')
FROM {schema}.lh_job_id s, (SELECT greatest((SELECT max(id) FROM {schema}.lh_job), (SELECT max(id) FROM {schema}.lh_gone)) AS id) m
WHERE m.id >= s.last_value + s.is_called::int;

-- name: Counts
WITH truth AS (
  SELECT l.queue, coalesce(d.state, CASE WHEN r.id IS NOT NULL THEN 2 END, h.state, 1) AS state, count(*) AS n
  FROM {schema}.lh_job j JOIN {schema}.lh_lane l ON l.id = j.lane
  LEFT JOIN {schema}.lh_dones() d ON d.id = j.id LEFT JOIN {schema}.lh_runs() r ON r.id = j.id LEFT JOIN {schema}.lh_held h ON h.id = j.id
  GROUP BY 1, 2
), kept AS (
  SELECT l.queue, x.state, sum(x.n) AS n
  FROM (
    SELECT id AS lane, waiting, pending, running, held, completed, failed, cancelled FROM {schema}.lh_lane
    UNION ALL SELECT lane, waiting, pending, running, held, completed, failed, cancelled FROM {schema}.lh_tally) t
  JOIN {schema}.lh_lane l ON l.id = t.lane
  CROSS JOIN LATERAL (VALUES (0, t.waiting), (1, t.pending), (2, t.running), (3, t.held), (4, t.completed), (5, t.failed), (6, t.cancelled)) x (state, n)
  GROUP BY 1, 2
)
SELECT DISTINCT format('The counts of queue %s are not those of its jobs. Please report this; the jobs themselves are not touched by it.', q.name)
FROM kept k FULL JOIN truth t USING (queue, state) JOIN {schema}.lh_queue q ON q.id = coalesce(k.queue, t.queue)
WHERE coalesce(k.n, 0) <> coalesce(t.n, 0);

-- name: Lost
-- Jobs in no table of states: nobody would ever claim them.
SELECT format('The queues hold %s jobs where %s are pending. Please report this.', x.held, x.pending)
FROM (
  SELECT (SELECT count(*) FROM {schema}.lh_job j
      WHERE NOT EXISTS (SELECT FROM {schema}.lh_dones() d WHERE d.id = j.id) AND NOT EXISTS (SELECT FROM {schema}.lh_runs() r WHERE r.id = j.id)
        AND NOT EXISTS (SELECT FROM {schema}.lh_held h WHERE h.id = j.id)) AS pending,
    (SELECT coalesce(sum(r.jobs - r.taken), 0) FROM {schema}.lh_ready r WHERE (r.flags & 4) = 0)
      + (SELECT coalesce(sum(t.jobs), 0) FROM {schema}.lh_later t WHERE (t.flags & 4) = 0) AS held) x
WHERE x.pending <> x.held;

-- name: Orphans
SELECT format('Table %s holds %s rows of jobs that are not there. Please report this; they are no harm but take room.', x.name, x.n)
FROM (
  SELECT 'lh_run' AS name, count(*) AS n FROM {schema}.lh_runs() t WHERE NOT EXISTS (SELECT FROM {schema}.lh_job j WHERE j.id = t.id)
  UNION ALL SELECT 'lh_done', count(*) FROM {schema}.lh_dones() t WHERE NOT EXISTS (SELECT FROM {schema}.lh_job j WHERE j.id = t.id)
  UNION ALL SELECT 'lh_held', count(*) FROM {schema}.lh_held t WHERE NOT EXISTS (SELECT FROM {schema}.lh_job j WHERE j.id = t.id)
  UNION ALL SELECT 'lh_state', count(*) FROM {schema}.lh_state t WHERE NOT EXISTS (SELECT FROM {schema}.lh_job j WHERE j.id = t.id)
  UNION ALL SELECT 'lh_detail', count(*) FROM {schema}.lh_detail t WHERE NOT EXISTS (SELECT FROM {schema}.lh_job j WHERE j.id = t.id)
  UNION ALL SELECT 'lh_hold', count(*) FROM {schema}.lh_hold t WHERE NOT EXISTS (SELECT FROM {schema}.lh_job j WHERE j.id = t.id)) x
WHERE x.n > 0;

-- name: Overdue
SELECT format('%s ended jobs have been past their retention for more than a day: no worker has pruned them. Start a worker, or run ''longhaul prune''.', count(*))
FROM {schema}.lh_dones() WHERE expires < {schema}.lh_now($1) - 86400000000 HAVING count(*) > 0;

-- name: Audit
-- In one statement, that head and lines are of one moment.
SELECT h.first, h.last, h.hash, a.seq, a.before, {schema}.lh_audit_hash(a)
FROM {schema}.lh_audit_head h LEFT JOIN {schema}.lh_audit a ON a.seq >= h.first ORDER BY a.seq;

-- name: Patience
-- Each check is a snapshot of its own, so that none is held for longer than it counts.
SET LOCAL statement_timeout = 0;
