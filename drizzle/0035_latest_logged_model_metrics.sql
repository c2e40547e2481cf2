CREATE TABLE `latest_logged_model_metrics` (
	`logged_model` integer NOT NULL,
	`key` text NOT NULL,
	`dataset_name` text NOT NULL,
	`dataset_digest` text NOT NULL,
	`timestamp_ms` integer NOT NULL,
	`step` integer NOT NULL,
	`value` real NOT NULL,
	`is_nan` integer NOT NULL,
	`run_id` text NOT NULL,
	PRIMARY KEY(`logged_model`, `key`, `dataset_name`, `dataset_digest`),
	FOREIGN KEY (`logged_model`) REFERENCES `logged_models`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `latest_logged_model_metrics` (`logged_model`, `key`, `dataset_name`, `dataset_digest`, `timestamp_ms`, `step`, `value`, `is_nan`, `run_id`)
SELECT `logged_model`, `key`, `dataset_name`, `dataset_digest`, `timestamp_ms`, `step`, `value`, `is_nan`, `run_id` FROM (
	SELECT *, row_number() OVER (
		PARTITION BY `logged_model`, `key`, `dataset_name`, `dataset_digest`
		ORDER BY `step` DESC, `timestamp_ms` DESC, `value` DESC, `is_nan` DESC, `run_id`
	) AS `place` FROM `logged_model_metrics`
) WHERE `place` = 1;
--> statement-breakpoint
ALTER TABLE `logged_models` ADD `metric_points` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `logged_models` SET `metric_points` = (SELECT count(*) FROM `logged_model_metrics` WHERE `logged_model` = `logged_models`.`id`);
