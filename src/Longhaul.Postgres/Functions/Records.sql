-- The audit, and notes under a key.

-- Keeps a note, unless there is one whose time is not over: of many at once, one writes, and all get what that one wrote.
CREATE OR REPLACE FUNCTION {schema}.lh_keep_note(p_key text, p_note bytea, p_keep bigint, p_now bigint) RETURNS bytea LANGUAGE plpgsql AS $f$
DECLARE
  v_now bigint := {schema}.lh_now(p_now);
  v_note bytea;
BEGIN
  LOOP
    INSERT INTO {schema}.lh_note AS n (key, note, until) VALUES (p_key, p_note, {schema}.lh_after(v_now, p_keep))
    ON CONFLICT (key) DO UPDATE SET note = excluded.note, until = excluded.until WHERE n.until <= v_now
    RETURNING n.note INTO v_note;
    IF FOUND THEN
      RETURN v_note;
    END IF;
    SELECT n.note INTO v_note FROM {schema}.lh_note n WHERE n.key = p_key;
    IF FOUND THEN
      RETURN v_note;
    END IF; -- it was pruned in between
  END LOOP;
END $f$;

-- Lines of the audit stay for JobDefaults.AuditRetention. They rise in time: the oldest come first.
CREATE OR REPLACE FUNCTION {schema}.lh_audit_from(p_now bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $f$ SELECT p_now - 365 * 86400000000 $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_have_records_expired(p_now bigint) RETURNS boolean LANGUAGE sql STABLE AS $f$
  SELECT EXISTS (SELECT FROM {schema}.lh_note n WHERE n.until <= p_now)
    OR EXISTS (SELECT FROM (SELECT a.at FROM {schema}.lh_audit a ORDER BY a.seq LIMIT 1) a WHERE a.at < {schema}.lh_audit_from(p_now));
$f$;

-- Deletes some of what is over. Waits for nobody.
CREATE OR REPLACE FUNCTION {schema}.lh_prune_records(p_now bigint) RETURNS void LANGUAGE sql AS $f$
  DELETE FROM {schema}.lh_note n
  WHERE n.key = ANY (ARRAY(SELECT x.key FROM {schema}.lh_note x WHERE x.until <= p_now ORDER BY x.until LIMIT 1000 FOR UPDATE SKIP LOCKED));
  WITH oldest AS MATERIALIZED (SELECT x.seq, x.at FROM {schema}.lh_audit x ORDER BY x.seq LIMIT 100)
  DELETE FROM {schema}.lh_audit a
  WHERE a.seq = ANY (ARRAY(
    SELECT x.seq FROM {schema}.lh_audit x
    WHERE x.seq = ANY (ARRAY(SELECT o.seq FROM oldest o WHERE o.at < {schema}.lh_audit_from(p_now))) FOR UPDATE SKIP LOCKED));
$f$;
