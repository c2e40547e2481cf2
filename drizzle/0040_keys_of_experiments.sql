CREATE TABLE `experiment_keys` (
	`experiment` integer NOT NULL,
	`kind` text NOT NULL,
	`key` text NOT NULL,
	`runs` integer NOT NULL,
	PRIMARY KEY(`experiment`, `kind`, `key`),
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `experiment_keys` (`experiment`, `kind`, `key`, `runs`)
SELECT r.`experiment`, 'metric', t.`key`, count(*) FROM `latest_metrics` t JOIN `runs` r ON r.`id` = t.`run` GROUP BY r.`experiment`, t.`key`;
--> statement-breakpoint
INSERT INTO `experiment_keys` (`experiment`, `kind`, `key`, `runs`)
SELECT r.`experiment`, 'param', t.`key`, count(*) FROM `params` t JOIN `runs` r ON r.`id` = t.`run` GROUP BY r.`experiment`, t.`key`;
--> statement-breakpoint
INSERT INTO `experiment_keys` (`experiment`, `kind`, `key`, `runs`)
SELECT r.`experiment`, 'tag', t.`key`, count(*) FROM `run_tags` t JOIN `runs` r ON r.`id` = t.`run` GROUP BY r.`experiment`, t.`key`;
--> statement-breakpoint
CREATE TRIGGER `latest_metrics_count_keys` AFTER INSERT ON `latest_metrics`
BEGIN
	INSERT INTO `experiment_keys` (`experiment`, `kind`, `key`, `runs`)
	SELECT `experiment`, 'metric', new.`key`, 1 FROM `runs` WHERE `id` = new.`run`
	ON CONFLICT (`experiment`, `kind`, `key`) DO UPDATE SET `runs` = `runs` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `params_count_keys` AFTER INSERT ON `params`
BEGIN
	INSERT INTO `experiment_keys` (`experiment`, `kind`, `key`, `runs`)
	SELECT `experiment`, 'param', new.`key`, 1 FROM `runs` WHERE `id` = new.`run`
	ON CONFLICT (`experiment`, `kind`, `key`) DO UPDATE SET `runs` = `runs` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `run_tags_count_keys` AFTER INSERT ON `run_tags`
BEGIN
	INSERT INTO `experiment_keys` (`experiment`, `kind`, `key`, `runs`)
	SELECT `experiment`, 'tag', new.`key`, 1 FROM `runs` WHERE `id` = new.`run`
	ON CONFLICT (`experiment`, `kind`, `key`) DO UPDATE SET `runs` = `runs` + 1;
END;
--> statement-breakpoint
CREATE TRIGGER `run_tags_uncount_keys` AFTER DELETE ON `run_tags`
BEGIN
	UPDATE `experiment_keys` SET `runs` = `runs` - 1
	WHERE `experiment` = (SELECT `experiment` FROM `runs` WHERE `id` = old.`run`) AND `kind` = 'tag' AND `key` = old.`key`;
END;
--> statement-breakpoint
CREATE TRIGGER `runs_uncount_keys` BEFORE DELETE ON `runs`
BEGIN
	UPDATE `experiment_keys` SET `runs` = `runs` - 1 WHERE `experiment` = old.`experiment` AND `kind` = 'metric'
	AND `key` IN (SELECT `key` FROM `latest_metrics` WHERE `run` = old.`id`);
	UPDATE `experiment_keys` SET `runs` = `runs` - 1 WHERE `experiment` = old.`experiment` AND `kind` = 'param'
	AND `key` IN (SELECT `key` FROM `params` WHERE `run` = old.`id`);
	UPDATE `experiment_keys` SET `runs` = `runs` - 1 WHERE `experiment` = old.`experiment` AND `kind` = 'tag'
	AND `key` IN (SELECT `key` FROM `run_tags` WHERE `run` = old.`id`);
END;
