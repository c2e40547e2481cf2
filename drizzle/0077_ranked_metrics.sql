CREATE TABLE `metric_ranking` (
	`id` integer PRIMARY KEY NOT NULL,
	`after_experiment` integer NOT NULL,
	`after_run` integer NOT NULL,
	`next_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `ranked_metrics` (
	`experiment` integer NOT NULL,
	`key` text NOT NULL,
	`is_nan` integer NOT NULL,
	`value` real NOT NULL,
	`start_time_ms` integer NOT NULL,
	`run` integer NOT NULL,
	PRIMARY KEY(`experiment`, `key`, `is_nan`, `value`, `start_time_ms`, `run`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `unranked_runs` (
	`experiment` integer NOT NULL,
	`run` integer NOT NULL,
	PRIMARY KEY(`experiment`, `run`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `runs` ADD `unranked_at_ms` integer DEFAULT 0;--> statement-breakpoint
CREATE INDEX `runs_by_run_name` ON `runs` (`experiment`,`name`,`start_time_ms`) WHERE lifecycle_stage = 'active';--> statement-breakpoint
INSERT INTO `unranked_runs` (`experiment`, `run`) SELECT `experiment`, `id` FROM `runs` ORDER BY 1, 2;
--> statement-breakpoint
CREATE TRIGGER `runs_begin_unranked` AFTER INSERT ON `runs`
BEGIN
	INSERT INTO `unranked_runs` (`experiment`, `run`) VALUES (new.`experiment`, new.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `runs_rank` AFTER UPDATE OF `unranked_at_ms` ON `runs`
WHEN old.`unranked_at_ms` IS NOT NULL AND new.`unranked_at_ms` IS NULL
BEGIN
	INSERT INTO `ranked_metrics` (`experiment`, `key`, `is_nan`, `value`, `start_time_ms`, `run`)
	SELECT new.`experiment`, `key`, `is_nan`, `value`, new.`start_time_ms`, `run` FROM `latest_metrics` WHERE `run` = new.`id`;
	DELETE FROM `unranked_runs` WHERE `experiment` = new.`experiment` AND `run` = new.`id`;
END;
--> statement-breakpoint
CREATE VIEW `metrics_to_unrank` AS SELECT `experiment`, `key`, `is_nan`, `value`, `start_time_ms`, `run` FROM `ranked_metrics`;
--> statement-breakpoint
-- One row at a time by its whole key: a DELETE with such a list would look through all rows of the experiment.
CREATE TRIGGER `metrics_to_unrank_one` INSTEAD OF INSERT ON `metrics_to_unrank`
BEGIN
	DELETE FROM `ranked_metrics` WHERE `experiment` = new.`experiment` AND `key` = new.`key` AND `is_nan` = new.`is_nan`
	AND `value` = new.`value` AND `start_time_ms` = new.`start_time_ms` AND `run` = new.`run`;
END;
--> statement-breakpoint
CREATE TRIGGER `runs_unrank` AFTER UPDATE OF `unranked_at_ms` ON `runs`
WHEN old.`unranked_at_ms` IS NULL AND new.`unranked_at_ms` IS NOT NULL
BEGIN
	INSERT INTO `metrics_to_unrank` (`experiment`, `key`, `is_nan`, `value`, `start_time_ms`, `run`)
	SELECT old.`experiment`, `key`, `is_nan`, `value`, old.`start_time_ms`, `run` FROM `latest_metrics` WHERE `run` = old.`id`;
	INSERT INTO `unranked_runs` (`experiment`, `run`) VALUES (new.`experiment`, new.`id`);
END;
--> statement-breakpoint
CREATE TRIGGER `runs_go_unranked` BEFORE DELETE ON `runs` WHEN old.`unranked_at_ms` IS NOT NULL
BEGIN
	DELETE FROM `unranked_runs` WHERE `experiment` = old.`experiment` AND `run` = old.`id`;
END;
--> statement-breakpoint
CREATE TRIGGER `runs_go_ranked` BEFORE DELETE ON `runs` WHEN old.`unranked_at_ms` IS NULL
BEGIN
	INSERT INTO `metrics_to_unrank` (`experiment`, `key`, `is_nan`, `value`, `start_time_ms`, `run`)
	SELECT old.`experiment`, `key`, `is_nan`, `value`, old.`start_time_ms`, `run` FROM `latest_metrics` WHERE `run` = old.`id`;
END;
