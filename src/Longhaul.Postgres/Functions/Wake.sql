-- Tells workers of other processes that something may be claimable in these queues (an empty text: in any), when any of them waits.
-- A worker takes the waiting lock before its last look. To be called after the commit of what there is to claim, in a transaction of its own: then
-- either that look sees the work, or this sees the lock. Or last in the transaction that brings the work, if that ends at once: where no worker
-- waits, this holds the lock until the work is seen, and whoever begins to wait meanwhile looks after that; where somebody has the lock, a
-- worker or another one who does this, the commit tells.
CREATE OR REPLACE FUNCTION {schema}.lh_wake(queues text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF NOT pg_try_advisory_xact_lock({schema}.lh_waiting_key()) THEN
    PERFORM {schema}.lh_notify(queues);
  END IF;
END
$$;

-- Tells them in any case, at the commit: for work that commits with the caller's.
CREATE OR REPLACE FUNCTION {schema}.lh_notify(queues text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  q text;
BEGIN
  FOREACH q IN ARRAY queues LOOP
    -- A payload has at most 8,000 bytes. An empty one wakes all.
    PERFORM pg_notify({channel_text}, CASE WHEN octet_length(q) < 7000 THEN q ELSE '' END);
  END LOOP;
END
$$;
