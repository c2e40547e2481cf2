ALTER TABLE `trace_links` ADD `early_at_ms` integer;--> statement-breakpoint
CREATE INDEX `trace_links_by_time` ON `trace_links` (`early_at_ms`) WHERE early_at_ms is not null;--> statement-breakpoint
DELETE FROM `trace_links` WHERE kind = 'run' AND target NOT IN (SELECT run_id FROM runs);--> statement-breakpoint
UPDATE `trace_links` SET early_at_ms = unixepoch() * 1000 WHERE NOT EXISTS (
	SELECT 1 FROM traces t WHERE t.workspace = trace_links.workspace AND t.trace_id = trace_links.trace_id);--> statement-breakpoint
CREATE TRIGGER runs_take_trace_links AFTER DELETE ON runs BEGIN
	DELETE FROM trace_links WHERE workspace IN (SELECT name FROM workspaces) AND kind = 'run' AND target = old.run_id;
END;
