-- name: Begin
BEGIN IMMEDIATE;

-- name: Commit
COMMIT;

-- name: Rollback
ROLLBACK;

-- name: Full
PRAGMA synchronous = FULL;

-- name: Normal
PRAGMA synchronous = NORMAL;

-- name: TakeWriteLock
-- Changes nothing, but is a write.
UPDATE lh_sequence SET next = next;
