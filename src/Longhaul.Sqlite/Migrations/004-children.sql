-- For lists of what a job's runs enqueued.
CREATE INDEX lh_detail_parent ON lh_detail (enqueued_by, id) WHERE enqueued_by IS NOT NULL;
