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
  SELECT {schema}.lh_prune_audit(p_now);
$f$;

-- The hash of a line, as AuditChain.HashOf has it. No setting of a session changes how numbers and text come out in JSON.
CREATE OR REPLACE FUNCTION {schema}.lh_audit_hash(a {schema}.lh_audit) RETURNS bytea LANGUAGE sql STABLE AS $f$
  SELECT sha256(a.before || convert_to(json_build_array(a.seq, a.at, a.done_by, a.action, a.target, a.reason, a.outcome, a.origin)::text, 'UTF8'));
$f$;

-- Puts a new line at the end of the chain, whatever program wrote it. One at a time: the head's row is locked until the line is committed. With
-- the rights of the schema's owner, for nobody else may write the head.
CREATE OR REPLACE FUNCTION {schema}.lh_chain_audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  h record;
BEGIN
  SELECT x.first, x.last, x.hash INTO h FROM {schema}.lh_audit_head x FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'lh_audit_head must hold the one row that the audit goes on from, but holds none. ''longhaul doctor'' says what to do.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  NEW.seq := greatest(h.last, h.first - 1, (SELECT max(a.seq) FROM {schema}.lh_audit a)) + 1; -- behind a line too that was written past the chain
  IF {schema}.lh_caller() <> current_user THEN
    NEW.at := least(NEW.at, {schema}.lh_now(NULL)); -- a line of the far future would hold up all pruning
  END IF;
  NEW.before := h.hash;
  UPDATE {schema}.lh_audit_head SET last = NEW.seq, hash = {schema}.lh_audit_hash(NEW);
  RETURN NEW;
END $f$;

CREATE OR REPLACE FUNCTION {schema}.lh_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $f$
BEGIN
  IF TG_OP <> 'DELETE' THEN
    RAISE EXCEPTION 'A line of the audit must stay as it was written, but % would change it. Add a line that puts it right.', TG_OP
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF NOT EXISTS (SELECT FROM {schema}.lh_audit_head h WHERE OLD.seq < h.first) THEN
    RAISE EXCEPTION 'A line of the audit must stay for a year, but DELETE would take it out before. Leave it to the store, which prunes what is older.'
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  RETURN OLD;
END $f$;

-- Made once and not replaced, which would lock the table.
DO $d$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = '{schema}.lh_audit'::regclass AND t.tgname = 'lh_chain') THEN
    CREATE TRIGGER lh_chain BEFORE INSERT ON {schema}.lh_audit FOR EACH ROW EXECUTE FUNCTION {schema}.lh_chain_audit();
    CREATE TRIGGER lh_keep BEFORE UPDATE OR TRUNCATE ON {schema}.lh_audit FOR EACH STATEMENT EXECUTE FUNCTION {schema}.lh_keep_audit();
    CREATE TRIGGER lh_delete BEFORE DELETE ON {schema}.lh_audit FOR EACH ROW EXECUTE FUNCTION {schema}.lh_keep_audit();
  END IF;
END $d$;

-- Deletes the oldest lines whose time is over. With the rights of the schema's owner, for nobody else may delete a line; and nobody else may say
-- that it is later than it is.
CREATE OR REPLACE FUNCTION {schema}.lh_prune_audit(p_now bigint) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $f$
DECLARE
  v_from bigint := {schema}.lh_audit_from(CASE {schema}.lh_caller() WHEN current_user THEN p_now ELSE least(p_now, {schema}.lh_now(NULL)) END);
  v_first bigint;
BEGIN
  -- Not behind the newest that is there: whether lines are missed at the end is for the doctor to tell.
  SELECT max(o.seq) + 1 INTO v_first
  FROM (SELECT x.seq, max(x.at) OVER (ORDER BY x.seq) AS latest FROM (SELECT a.seq, a.at FROM {schema}.lh_audit a ORDER BY a.seq LIMIT 100) x) o
  WHERE o.latest < v_from;
  IF v_first IS NULL THEN
    RETURN;
  END IF;
  PERFORM FROM {schema}.lh_audit_head FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN; -- somebody writes a line
  END IF;
  -- In this order: a line that must be there cannot be deleted.
  UPDATE {schema}.lh_audit_head h SET first = v_first WHERE h.first < v_first;
  DELETE FROM {schema}.lh_audit a WHERE a.seq < v_first;
END $f$;
