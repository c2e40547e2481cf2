-- Entries have no long text: what is long stands there by its beginning, length and digest. The numbers are those of src/audit/brief.ts.
CREATE TRIGGER `audit_entries_brief` BEFORE INSERT ON `audit_entries`
WHEN length(coalesce(NEW.before, '')) + length(coalesce(NEW.after, '')) + length(coalesce(NEW.reason, '')) > 4000
	AND (length(NEW.reason) > 4000 OR EXISTS (
		SELECT 1 FROM (SELECT NEW.before AS x UNION ALL SELECT NEW.after) e, json_each(e.x) f
		WHERE f.type = 'text' AND length(f.value) > 4000
			OR f.type IN ('object', 'array') AND length(f.value) > 8000
				AND f.key NOT IN ('archived', 'versions', 'aliases', 'holders')))
BEGIN SELECT RAISE(ABORT, 'an audit entry has a long text'); END;
