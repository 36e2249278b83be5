-- What is changed through the views, by the very functions that the program calls. They run with the rights of the schema's owner, for the
-- roles that change views have none on the tables; which rows they are called for is what the view showed to whoever changes it.

-- Who calls: the role that was set, else the session's. Within a function of the owner's rights current_user is the owner.
CREATE OR REPLACE FUNCTION {schema}.lh_caller() RETURNS name LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $f$
  SELECT CASE current_setting('role') WHEN 'none' THEN session_user ELSE current_setting('role')::name END;
$f$;

CREATE OR REPLACE FUNCTION {schema}.lh_delete_unfinished() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_status int := (SELECT a.status FROM {schema}.lh_act(0, OLD.id, {schema}.lh_caller()::text, NULL) a);
BEGIN
  RETURN CASE WHEN v_status < 2 THEN OLD END; -- null: it has ended since; not counted
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_delete_failed_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  RETURN CASE WHEN {schema}.lh_delete_failed(OLD.id, 9223372036854775807) > 0 THEN OLD END; -- null: it was retried or forgotten since
END $f$;

-- Only "reserved_at = NULL, attempts = 0" means something: the job is released. A row that has both already is left as it is.
CREATE OR REPLACE FUNCTION {schema}.lh_update_job() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $f$
BEGIN
  IF NEW.reserved_at IS NOT NULL OR NEW.attempts IS DISTINCT FROM 0
    OR (NEW.id, NEW.queue, NEW.payload, NEW.available_at, NEW.created_at) IS DISTINCT FROM (OLD.id, OLD.queue, OLD.payload, OLD.available_at, OLD.created_at)
  THEN
    RAISE EXCEPTION 'An UPDATE of jobs must set reserved_at to NULL and attempts to 0, which releases the job, and nothing else. Use the longhaul command line or the API for other changes.'
      USING ERRCODE = 'feature_not_supported';
  END IF;
  IF OLD.reserved_at IS NOT NULL OR OLD.attempts <> 0 THEN
    IF (SELECT a.status FROM {schema}.lh_act(5, OLD.id, {schema}.lh_caller()::text, NULL) a) > 1 THEN
      RETURN NULL; -- it has ended since
    END IF;
  END IF;
  RETURN NEW;
END $f$;

DROP TRIGGER IF EXISTS lh_delete ON {schema}.jobs;
CREATE TRIGGER lh_delete INSTEAD OF DELETE ON {schema}.jobs FOR EACH ROW EXECUTE FUNCTION {schema}.lh_delete_unfinished();
DROP TRIGGER IF EXISTS lh_update ON {schema}.jobs;
CREATE TRIGGER lh_update INSTEAD OF UPDATE ON {schema}.jobs FOR EACH ROW EXECUTE FUNCTION {schema}.lh_update_job();
DROP TRIGGER IF EXISTS lh_delete ON {schema}.queue;
CREATE TRIGGER lh_delete INSTEAD OF DELETE ON {schema}.queue FOR EACH ROW EXECUTE FUNCTION {schema}.lh_delete_unfinished();
DROP TRIGGER IF EXISTS lh_delete ON {schema}.failed_jobs;
CREATE TRIGGER lh_delete INSTEAD OF DELETE ON {schema}.failed_jobs FOR EACH ROW EXECUTE FUNCTION {schema}.lh_delete_failed_row();

-- Takes over the jobs of workers that have given no sign of life for so long. How many jobs.
CREATE OR REPLACE FUNCTION {schema}.recover_stale_jobs(minutes float8) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $f$
BEGIN
  IF minutes IS NULL OR NOT minutes BETWEEN 0 AND 1e9 THEN
    PERFORM {schema}.lh_refuse(format('minutes must not be negative, but was %s. 5 takes over the jobs of workers that were last heard of 5 minutes ago or longer.', coalesce(minutes::text, 'null')));
  END IF;
  RETURN {schema}.lh_recover(NULL, (minutes * 60000000)::bigint);
END $f$;
