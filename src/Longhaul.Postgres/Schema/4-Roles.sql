-- Who may do what. Nobody but the owner of the schema may do anything until roles are named with grant_roles.

-- Names the roles, which must exist: workers run jobs; producers may enqueue and nothing else; readers read the views; operators read them,
-- and cancel, release and forget through them. A role keeps what it was given before; revoke_role takes it back.
CREATE OR REPLACE FUNCTION {schema}.grant_roles(
  worker name DEFAULT NULL, producer name DEFAULT NULL, reader name DEFAULT NULL, operator name DEFAULT NULL)
RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_missing text := (SELECT string_agg(quote_literal(r), ', ') FROM unnest(ARRAY[worker, producer, reader, operator]) r
    WHERE r IS NOT NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles p WHERE p.rolname = r));
BEGIN
  IF v_missing IS NOT NULL THEN
    RAISE EXCEPTION 'A role must be there before it is named, but % is not. Run CREATE ROLE first.', v_missing USING ERRCODE = 'undefined_object';
  END IF;
  INSERT INTO {schema}.lh_role (kind, role)
  SELECT k.kind, k.role FROM (VALUES ('worker', worker), ('producer', producer), ('reader', reader), ('operator', operator)) k (kind, role)
  WHERE k.role IS NOT NULL ON CONFLICT DO NOTHING;
  PERFORM {schema}.lh_apply_roles();
END $f$;

CREATE OR REPLACE FUNCTION {schema}.revoke_role(role name) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  IF EXISTS (SELECT FROM {schema}.lh_role r WHERE r.kind = 'worker' AND r.role = revoke_role.role)
    AND EXISTS (SELECT FROM {schema}.lh_role r WHERE r.kind = 'row_security')
    AND NOT EXISTS (SELECT FROM {schema}.lh_role r WHERE r.kind = 'worker' AND r.role <> revoke_role.role)
  THEN
    RAISE EXCEPTION 'Row level security must have a worker role, but % is the only one. Name another with grant_roles first.', revoke_role.role
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  DELETE FROM {schema}.lh_role r WHERE r.role = revoke_role.role AND r.role <> '';
  EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA %1$I FROM %2$I; REVOKE ALL ON ALL SEQUENCES IN SCHEMA %1$I FROM %2$I; REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %1$I FROM %2$I; REVOKE ALL ON SCHEMA %1$I FROM %2$I',
    {schema_text}, revoke_role.role);
  PERFORM {schema}.lh_apply_roles();
END $f$;

-- Lets each caller see the jobs of one owner only: the one that it sets longhaul.owner to, in each transaction (SET LOCAL). Not set: none.
-- Workers see all, by a policy of their own; so there must be a worker role, and programs that run jobs must connect as it.
CREATE OR REPLACE FUNCTION {schema}.enable_row_security() RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_owner name := (SELECT r.rolname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner WHERE c.oid = '{schema}.lh_job'::regclass);
BEGIN
  IF NOT EXISTS (SELECT FROM {schema}.lh_role r WHERE r.kind = 'worker') THEN
    RAISE EXCEPTION 'Row level security must have a worker role, but none is named. Run grant_roles(worker => …) first, and let workers connect as that role.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF current_setting('server_version_num')::int < 150000 AND (SELECT r.rolsuper OR r.rolbypassrls FROM pg_catalog.pg_roles r WHERE r.rolname = v_owner) THEN
    RAISE EXCEPTION 'The schema must belong to a role that row level security binds, but % bypasses it, and before PostgreSQL 15 a view shows what its owner may see. Give the schema and all in it to another role.', v_owner
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  INSERT INTO {schema}.lh_role (kind, role) VALUES ('row_security', '') ON CONFLICT DO NOTHING;
  PERFORM {schema}.lh_apply_roles();
END $f$;

CREATE OR REPLACE FUNCTION {schema}.disable_row_security() RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  DELETE FROM {schema}.lh_role r WHERE r.kind = 'row_security';
  PERFORM {schema}.lh_apply_roles();
END $f$;

-- Makes rights and policies what lh_role says. Also run when a new version has brought new tables and functions.
CREATE OR REPLACE FUNCTION {schema}.lh_apply_roles() RETURNS void LANGUAGE plpgsql SET client_min_messages = warning AS $f$
DECLARE
  v_schema text := quote_ident({schema_text});
  v_views text := '';
  v_secure boolean := EXISTS (SELECT FROM {schema}.lh_role r WHERE r.kind = 'row_security');
  v_owner text := (SELECT quote_ident(r.rolname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner WHERE c.oid = '{schema}.lh_audit'::regclass);
  x record;
BEGIN
  -- PostgreSQL lets everybody call a new function.
  EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %s FROM PUBLIC; REVOKE ALL ON ALL TABLES IN SCHEMA %s FROM PUBLIC', v_schema, v_schema);
  FOR x IN SELECT c.relname, c.relkind, coalesce(c.reloptions @> ARRAY['security_invoker=true'], false) AS is_callers FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = {schema_text} AND (c.relkind IN ('r', 'p') AND c.relname LIKE 'lh\_%' AND c.relname NOT IN ('lh_role', 'lh_schema') OR c.relkind = 'v')
    ORDER BY c.relname
  LOOP
    IF x.relkind = 'v' THEN
      IF current_setting('server_version_num')::int >= 150000 AND x.relname <> 'new_jobs' AND x.is_callers <> v_secure THEN
        EXECUTE format('ALTER VIEW %s.%I SET (security_invoker = %s)', v_schema, x.relname, v_secure::text);
      END IF;
      IF x.relname <> 'new_jobs' THEN
        v_views := v_views || CASE v_views WHEN '' THEN '' ELSE ', ' END || format('%s.%I', v_schema, x.relname);
      END IF;
    ELSE
      PERFORM {schema}.lh_apply_policies(x.relname, v_secure);
    END IF;
  END LOOP;

  -- Workers come last: they have what the other kinds have, and more. A role that was dropped is passed over.
  FOR x IN SELECT r.kind, quote_ident(r.role) AS role FROM {schema}.lh_role r JOIN pg_catalog.pg_roles p ON p.rolname = r.role ORDER BY r.kind, r.role LOOP
    EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', v_schema, x.role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s.unix_timestamp() TO %s', v_schema, x.role);
    IF x.kind = 'worker' THEN
      EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %1$s TO %2$s; GRANT TRUNCATE ON %1$s.lh_tally TO %2$s; GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA %1$s TO %2$s; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA %1$s TO %2$s; REVOKE INSERT, UPDATE, DELETE ON %1$s.lh_role, %1$s.lh_schema FROM %2$s',
        v_schema, x.role);
      -- The audit grows and is pruned by functions of the owner's rights: who runs jobs cannot change what they did.
      IF x.role <> v_owner THEN
        EXECUTE format('REVOKE UPDATE, DELETE ON %1$s.lh_audit FROM %2$s; REVOKE INSERT, UPDATE, DELETE ON %1$s.lh_audit_head FROM %2$s', v_schema, x.role);
      END IF;
    ELSIF x.kind = 'producer' THEN
      EXECUTE format('GRANT INSERT ON %1$s.new_jobs TO %2$s; GRANT SELECT (id) ON %1$s.new_jobs TO %2$s', v_schema, x.role);
      PERFORM {schema}.lh_grant_function(p.oid, x.role) FROM pg_catalog.pg_proc p
      WHERE p.pronamespace = quote_ident({schema_text})::regnamespace AND p.proname IN ('enqueue', 'enqueue_many');
    ELSE
      EXECUTE format('GRANT SELECT ON %s TO %s', v_views, x.role);
      IF x.kind = 'operator' THEN
        EXECUTE format('GRANT DELETE ON %1$s.jobs, %1$s.queue, %1$s.failed_jobs TO %2$s; GRANT UPDATE (reserved_at, attempts) ON %1$s.jobs TO %2$s', v_schema, x.role);
        -- It takes over the runs of whole workers, whosever they are.
        EXECUTE format(CASE WHEN v_secure THEN 'REVOKE EXECUTE ON FUNCTION %s.recover_stale_jobs(float8) FROM %s'
          ELSE 'GRANT EXECUTE ON FUNCTION %s.recover_stale_jobs(float8) TO %s' END, v_schema, x.role);
      END IF;
      -- A view of the caller's rights needs them on what it reads: those columns, and by the policies its owner's rows.
      EXECUTE format(CASE WHEN v_secure THEN 'GRANT SELECT (id, created, delay, lane, payload) ON %1$s.lh_job TO %2$s; GRANT SELECT (id, owner, description) ON %1$s.lh_detail TO %2$s; GRANT SELECT (id, claimed, session) ON %1$s.lh_run TO %2$s; GRANT SELECT (id, finished, state) ON %1$s.lh_done TO %2$s; GRANT SELECT (first, open, claimed, session) ON %1$s.lh_young TO %2$s; GRANT SELECT (first, jobs, finished) ON %1$s.lh_done_many TO %2$s; GRANT SELECT (id) ON %1$s.lh_held TO %2$s; GRANT SELECT (id, due, updated, progress_at, failed_attempts, error_type, error_message, error_detail, progress) ON %1$s.lh_state TO %2$s; GRANT SELECT ON %1$s.lh_trace TO %2$s; GRANT SELECT (id, name, renewed) ON %1$s.lh_session TO %2$s; GRANT SELECT (id, name) ON %1$s.lh_queue, %1$s.lh_name TO %2$s; GRANT SELECT (id, queue, name) ON %1$s.lh_lane TO %2$s'
        ELSE 'REVOKE SELECT ON %1$s.lh_job, %1$s.lh_detail, %1$s.lh_run, %1$s.lh_young, %1$s.lh_done, %1$s.lh_done_many, %1$s.lh_held, %1$s.lh_state, %1$s.lh_trace, %1$s.lh_session, %1$s.lh_queue, %1$s.lh_name, %1$s.lh_lane FROM %2$s' END,
        v_schema, x.role);
    END IF;
  END LOOP;

  -- Not for workers, though they may call all else.
  FOR x IN SELECT p.oid, quote_ident(r.role) AS role FROM pg_catalog.pg_proc p, {schema}.lh_role r JOIN pg_catalog.pg_roles o ON o.rolname = r.role
    WHERE p.pronamespace = quote_ident({schema_text})::regnamespace AND r.kind = 'worker'
      AND p.proname IN ('grant_roles', 'revoke_role', 'enable_row_security', 'disable_row_security', 'lh_apply_roles', 'lh_apply_policies', 'lh_grant_function')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM %s', x.oid::regprocedure, x.role);
  END LOOP;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_grant_function(p_function oid, p_role text) RETURNS void LANGUAGE plpgsql AS $f$
BEGIN
  EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', p_function::regprocedure, p_role);
END $f$;

-- The policies of one table: workers see all. So do the functions that run with the rights of the schema's owner for somebody else (current_user
-- is not the caller; in a view it is), and that role itself when it says so with longhaul.maintenance. Everybody else, that role too, reads the
-- rows of the owner that is set. Nobody else writes.
CREATE OR REPLACE FUNCTION {schema}.lh_apply_policies(p_table name, p_secure boolean) RETURNS void LANGUAGE plpgsql AS $f$
DECLARE
  v_table text := format('%I.%I', {schema_text}, p_table);
  v_key text := (SELECT a.attname FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = format('%I.%I', {schema_text}, p_table)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attname IN ('id', 'job')
    ORDER BY a.attname DESC LIMIT 1);
  v_workers text := (SELECT string_agg(quote_ident(r.role), ', ' ORDER BY r.role) FROM {schema}.lh_role r JOIN pg_catalog.pg_roles p ON p.rolname = r.role WHERE r.kind = 'worker');
  v_owner text := (SELECT quote_ident(r.rolname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
    WHERE c.oid = format('%I.%I', {schema_text}, p_table)::regclass);
  v_mine text := 'current_setting(''longhaul.owner'', true)';
  v_inside text := format('current_user = %L AND (current_setting(''longhaul.maintenance'', true) = ''on'' OR current_user <> CASE current_setting(''role'') WHEN ''none'' THEN session_user ELSE current_setting(''role'')::name END)',
    (SELECT r.rolname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles r ON r.oid = c.relowner WHERE c.oid = format('%I.%I', {schema_text}, p_table)::regclass));
  v_wanted text;
BEGIN
  IF NOT p_secure AND NOT (SELECT c.relrowsecurity FROM pg_catalog.pg_class c WHERE c.oid = v_table::regclass) THEN
    RETURN;
  END IF;
  IF p_secure THEN
    v_wanted := format('CREATE POLICY lh_worker ON %s TO %s USING (true) WITH CHECK (true);', v_table, coalesce(v_workers, v_owner)) -- none: all of them were dropped
      || format('CREATE POLICY lh_definer ON %1$s TO %2$s USING (%3$s) WITH CHECK (%3$s);', v_table, v_owner, v_inside)
      || CASE
        WHEN p_table IN ('lh_queue', 'lh_name', 'lh_lane') THEN format('CREATE POLICY lh_owner ON %s FOR SELECT USING (true);', v_table)
        WHEN p_table = 'lh_detail' THEN format('CREATE POLICY lh_owner ON %s FOR SELECT USING (owner = %s);', v_table, v_mine)
        WHEN p_table = 'lh_session' THEN
          format('CREATE POLICY lh_owner ON %1$s FOR SELECT USING (EXISTS (SELECT FROM %2$s.lh_run r WHERE r.session = %1$s.id));', v_table, quote_ident({schema_text}))
        WHEN v_key IS NOT NULL AND p_table NOT IN ('lh_ready', 'lh_later', 'lh_gone') THEN
          format('CREATE POLICY lh_owner ON %1$s FOR SELECT USING (EXISTS (SELECT FROM %3$s.lh_detail d WHERE d.id = %1$s.%2$I AND d.owner = %4$s));',
            v_table, v_key, quote_ident({schema_text}), v_mine)
        ELSE '' END
      || format('ALTER TABLE %1$s ENABLE ROW LEVEL SECURITY; ALTER TABLE %1$s FORCE ROW LEVEL SECURITY;', v_table);
    -- Each change locks the table against everybody: what is as it should be is not touched.
    IF EXISTS (
      SELECT FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
      WHERE c.oid = v_table::regclass AND c.relrowsecurity AND c.relforcerowsecurity AND p.polname = 'lh_worker'
        AND pg_catalog.obj_description(p.oid, 'pg_policy') = md5(v_wanted)
        AND cardinality(p.polroles) = greatest((SELECT count(*) FROM {schema}.lh_role r JOIN pg_catalog.pg_roles o ON o.rolname = r.role WHERE r.kind = 'worker'), 1))
    THEN
      RETURN;
    END IF;
  END IF;

  EXECUTE format('DROP POLICY IF EXISTS lh_worker ON %1$s; DROP POLICY IF EXISTS lh_definer ON %1$s; DROP POLICY IF EXISTS lh_owner ON %1$s', v_table);
  IF NOT p_secure THEN
    EXECUTE format('ALTER TABLE %1$s NO FORCE ROW LEVEL SECURITY; ALTER TABLE %1$s DISABLE ROW LEVEL SECURITY', v_table);
    RETURN;
  END IF;
  EXECUTE v_wanted;
  EXECUTE format('COMMENT ON POLICY lh_worker ON %s IS %L', v_table, md5(v_wanted));
END $f$;

SELECT {schema}.lh_apply_roles();
