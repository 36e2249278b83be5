-- What the migrator asks and writes.

-- name: Exists
SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = 'lh_schema');

-- name: Read
SELECT version, oldest, program, replaced, store FROM {schema}.lh_schema;

-- name: Begin
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = '60s';
SET LOCAL check_function_bodies = off;
SET LOCAL longhaul.maintenance = 'on'; -- row level security binds the schema's owner too

-- name: Lock
SET LOCAL lock_timeout = 0;
SELECT pg_advisory_xact_lock(hashtextextended('longhaul migrate ' || {schema_text}, 0));
SET LOCAL lock_timeout = '60s';

-- name: Insert
INSERT INTO {schema}.lh_schema (version, oldest, program, replaced) VALUES ($1, $2, $3, $4);

-- name: Update
UPDATE {schema}.lh_schema SET version = $1, oldest = $2, program = $3, replaced = $4;

-- name: Server
SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('synchronous_commit') <> 'off', pg_backend_pid(),
  current_setting('lock_timeout') <> '0' AND current_setting('statement_timeout') <> '0';
