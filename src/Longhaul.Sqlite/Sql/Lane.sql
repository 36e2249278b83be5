-- Queues, job names and lanes as small numbers. They are only ever added.

-- name: After
SELECT l.id, l.queue, q.name, n.id, n.name
FROM lh_lane l JOIN lh_queue q ON q.id = l.queue JOIN lh_name n ON n.id = l.name
WHERE l.id > ?1 ORDER BY l.id;

-- name: Last
SELECT max(id) FROM lh_lane;

-- name: AddQueue
INSERT INTO lh_queue (name) VALUES (?1) ON CONFLICT DO NOTHING;

-- name: QueueId
SELECT id FROM lh_queue WHERE name = ?1;

-- name: AddName
INSERT INTO lh_name (name) VALUES (?1) ON CONFLICT DO NOTHING;

-- name: NameId
SELECT id FROM lh_name WHERE name = ?1;

-- name: Add
INSERT INTO lh_lane (queue, name) VALUES (?1, ?2) RETURNING id;
