-- What the views' triggers do: cancel, release and forget in SQL alone, for who changes a row with no Longhaul at hand. The rules are those
-- of ActVerb; a test holds both to the same end. A trigger has no variables: "INSERT INTO lh_cancel SELECT * FROM lh_place WHERE id = …" hands
-- a job as it stands to the trigger on that view, where its columns stay what they were while the tables change.

CREATE VIEW lh_place AS
SELECT p.*,
  -- A pending job's flags are those of its range: ranges are disjoint, so only the last one that begins at or before it can hold it.
  coalesce(p.place_flags,
    (SELECT CASE WHEN p.id < r.id + r.jobs THEN r.flags END FROM lh_ready r
     WHERE r.lane = p.lane AND r.priority = p.priority AND r.due = p.due AND r.id <= p.id ORDER BY r.id DESC LIMIT 1),
    (SELECT CASE WHEN p.id < r.id + r.jobs THEN r.flags END FROM lh_later r WHERE r.due = p.due AND r.id <= p.id ORDER BY r.id DESC LIMIT 1),
    0) AS flags,
  strftime('%s', 'now') * 1000000 + substr(strftime('%f', 'now'), 4) * 1000 AS now
FROM (
  SELECT j.id, j.lane, l.queue, l.name, j.priority,
    CASE WHEN d.id IS NOT NULL THEN d.state WHEN r.id IS NOT NULL THEN 2 WHEN h.id IS NOT NULL THEN h.state ELSE 1 END AS state,
    coalesce(s.due, j.created + j.delay) AS due, coalesce(d.flags, r.flags, h.flags) AS place_flags,
    coalesce(r.run_number, d.run_number, s.run_number, 0) AS run_number, coalesce(r.fence, s.fence, 0) AS fence, r.claimed, r.ordered,
    s.hook_due, e.owner, e.unique_key, e.tags
  FROM lh_job j JOIN lh_lane l ON l.id = j.lane
  LEFT JOIN lh_done d ON d.id = j.id LEFT JOIN lh_run r ON r.id = j.id LEFT JOIN lh_held h ON h.id = j.id
  LEFT JOIN lh_state s ON s.id = j.id LEFT JOIN lh_detail e ON e.id = j.id) p;

-- Takes a pending job, or a pending hook, out of its queue; what is left of its range stays.
CREATE VIEW lh_leave AS SELECT id, lane, priority, due FROM lh_place WHERE 0;
CREATE VIEW lh_cut AS SELECT 1 AS is_due, id AS first, 1 AS jobs, flags, id, lane, priority, due FROM lh_place WHERE 0;

CREATE TRIGGER lh_leave_insert INSTEAD OF INSERT ON lh_leave BEGIN
  INSERT INTO lh_cut SELECT * FROM (
    SELECT 1 AS is_due, r.id AS first, r.jobs AS jobs, r.flags, NEW.id AS id, NEW.lane, NEW.priority, NEW.due FROM lh_ready r
    WHERE r.lane = NEW.lane AND r.priority = NEW.priority AND r.due = NEW.due AND r.id <= NEW.id ORDER BY r.id DESC LIMIT 1) WHERE id < first + jobs;
  INSERT INTO lh_cut SELECT * FROM (
    SELECT 0 AS is_due, r.id AS first, r.jobs AS jobs, r.flags, NEW.id AS id, NEW.lane, NEW.priority, NEW.due FROM lh_later r
    WHERE r.due = NEW.due AND r.id <= NEW.id ORDER BY r.id DESC LIMIT 1) WHERE id < first + jobs;
END;

CREATE TRIGGER lh_cut_insert INSTEAD OF INSERT ON lh_cut BEGIN
  DELETE FROM lh_ready WHERE NEW.is_due AND lane = NEW.lane AND priority = NEW.priority AND due = NEW.due AND id = NEW.first;
  DELETE FROM lh_later WHERE NOT NEW.is_due AND due = NEW.due AND id = NEW.first;
  INSERT INTO lh_ready (lane, priority, due, id, jobs, flags)
  SELECT NEW.lane, NEW.priority, NEW.due, part.first, part.jobs, NEW.flags
  FROM (SELECT NEW.first AS first, NEW.id - NEW.first AS jobs UNION ALL SELECT NEW.id + 1, NEW.first + NEW.jobs - NEW.id - 1) part WHERE NEW.is_due AND part.jobs > 0;
  INSERT INTO lh_later (lane, priority, due, id, jobs, flags)
  SELECT NEW.lane, NEW.priority, NEW.due, part.first, part.jobs, NEW.flags
  FROM (SELECT NEW.first AS first, NEW.id - NEW.first AS jobs UNION ALL SELECT NEW.id + 1, NEW.first + NEW.jobs - NEW.id - 1) part WHERE NOT NEW.is_due AND part.jobs > 0;
END;

CREATE VIEW lh_cancel AS SELECT * FROM lh_place WHERE state < 4;

-- A run is told, and ends when its handler does.
CREATE TRIGGER lh_cancel_running INSTEAD OF INSERT ON lh_cancel WHEN NEW.state = 2 BEGIN
  UPDATE lh_run SET ordered = 0, ordered_at = NEW.now, ordered_by = 'sql', ordered_reason = NULL, flags = flags | 32
  WHERE id = NEW.id AND ordered IS NOT 0;
  INSERT INTO lh_history (job, at, kind, done_by, reason) VALUES (NEW.id, NEW.now, 7, 'sql', 'cancel');
END;

CREATE TRIGGER lh_cancel_other INSTEAD OF INSERT ON lh_cancel WHEN NEW.state IN (0, 1, 3) BEGIN
  INSERT INTO lh_state (id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  UPDATE lh_state SET reason = 'by sql', updated = NEW.now WHERE id = NEW.id;
  INSERT INTO lh_leave SELECT NEW.id, NEW.lane, NEW.priority, NEW.due WHERE NEW.state = 1;
  DELETE FROM lh_held WHERE id = NEW.id;
  INSERT INTO lh_history (job, at, kind, done_by) VALUES (NEW.id, NEW.now, 3, 'sql');
  DELETE FROM lh_unique WHERE name = NEW.name AND owner = coalesce(NEW.owner, '') AND key = NEW.unique_key AND job = NEW.id AND scope <> 2;
  INSERT INTO lh_done (id, state, flags, run_number, finished, expires)
  VALUES (NEW.id, 6, (NEW.flags | 33) & ~12, NEW.run_number, NEW.now, NEW.now + 1209600000000); -- 14 days
  -- The id as IdList writes one: seven bits a byte, the low ones first, the high bit where more follow.
  INSERT INTO lh_expiry (gone, at, number, jobs)
  SELECT 0, NEW.now + 1209600000000, coalesce(max(number), 0) + 1, (
    WITH RECURSIVE part (rest, bytes) AS (
      SELECT NEW.id, x''
      UNION ALL
      SELECT rest >> 7, bytes || CASE WHEN rest < 128 THEN char(rest) ELSE substr(CAST(
        x'808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9FA0A1A2A3A4A5A6A7A8A9AAABACADAEAFB0B1B2B3B4B5B6B7B8B9BABBBCBDBEBF'
        || x'C0C1C2C3C4C5C6C7C8C9CACBCCCDCECFD0D1D2D3D4D5D6D7D8D9DADBDCDDDEDFE0E1E2E3E4E5E6E7E8E9EAEBECEDEEEFF0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF' AS BLOB), (rest & 127) + 1, 1) END
      FROM part WHERE rest > 0)
    SELECT CAST(bytes AS BLOB) FROM part WHERE rest = 0)
  FROM lh_expiry WHERE gone = 0 AND at = NEW.now + 1209600000000;
  UPDATE lh_queue SET waiting = waiting - (NEW.state = 0), pending = pending - (NEW.state = 1), held = held - (NEW.state = 3), cancelled = cancelled + 1
  WHERE id = NEW.queue;
END;

-- Pending now, attempts 0, from the checkpoint. A run is fenced off.
CREATE VIEW lh_release AS SELECT * FROM lh_place WHERE state < 4;

CREATE TRIGGER lh_release_insert INSTEAD OF INSERT ON lh_release BEGIN
  INSERT INTO lh_state (id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  UPDATE lh_state SET run_number = NEW.run_number, fence = NEW.fence, started = CASE WHEN NEW.state = 2 AND NEW.run_number = 1 THEN NEW.claimed ELSE started END,
    due = NEW.now, hook_due = NULL, hook_tries = 0, failed_attempts = 0, reason = NULL, updated = NEW.now
  WHERE id = NEW.id;
  INSERT INTO lh_leave SELECT NEW.id, NEW.lane, NEW.priority, NEW.due WHERE NEW.state = 1;
  DELETE FROM lh_held WHERE id = NEW.id;
  DELETE FROM lh_run WHERE id = NEW.id;
  DELETE FROM lh_hold WHERE id = NEW.id;
  INSERT INTO lh_history (job, at, kind, done_by, reason) VALUES (NEW.id, NEW.now, 7, 'sql', 'release, attempts 0');
  INSERT INTO lh_ready (lane, priority, due, id, jobs, flags)
  SELECT NEW.lane, NEW.priority, NEW.now, NEW.id, 1, (NEW.flags | 33) & ~64 & ~CASE WHEN s.lost_runs < 2 THEN 16 ELSE 0 END
  FROM lh_state s WHERE s.id = NEW.id;
  UPDATE lh_queue SET waiting = waiting - (NEW.state = 0), running = running - (NEW.state = 2), held = held - (NEW.state = 3),
    pending = pending + (NEW.state <> 1), arrivals = arrivals + 1
  WHERE id = NEW.queue;
END;

-- Removes a failed job, with the hook that may still wait or run.
CREATE VIEW lh_forget AS SELECT * FROM lh_place WHERE state = 5;

CREATE TRIGGER lh_forget_insert INSTEAD OF INSERT ON lh_forget BEGIN
  INSERT INTO lh_leave SELECT NEW.id, NEW.lane, NEW.priority, NEW.hook_due WHERE NEW.hook_due IS NOT NULL;
  DELETE FROM lh_run WHERE id = NEW.id;
  DELETE FROM lh_done WHERE id = NEW.id;
  DELETE FROM lh_hold WHERE id = NEW.id;
  DELETE FROM lh_unique WHERE name = NEW.name AND owner = coalesce(NEW.owner, '') AND key = NEW.unique_key AND job = NEW.id AND scope <> 2;
  DELETE FROM lh_tag WHERE job = NEW.id AND tag IN (SELECT value FROM json_each(coalesce(NEW.tags, '[]')));
  DELETE FROM lh_body WHERE job = NEW.id;
  DELETE FROM lh_checkpoint WHERE job = NEW.id;
  DELETE FROM lh_log WHERE job = NEW.id;
  DELETE FROM lh_trace WHERE job = NEW.id;
  DELETE FROM lh_item WHERE job = NEW.id;
  DELETE FROM lh_history WHERE job = NEW.id;
  DELETE FROM lh_detail WHERE id = NEW.id;
  DELETE FROM lh_state WHERE id = NEW.id;
  DELETE FROM lh_job WHERE id = NEW.id;
  UPDATE lh_queue SET failed = failed - 1 WHERE id = NEW.queue;
END;
