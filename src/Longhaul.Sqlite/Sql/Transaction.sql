-- name: Begin
BEGIN IMMEDIATE;

-- name: BeginRead
BEGIN;

-- name: Commit
COMMIT;

-- name: Rollback
ROLLBACK;

-- name: TakeWriteLock
-- Changes nothing, but is a write.
UPDATE lh_sequence SET next = next;
