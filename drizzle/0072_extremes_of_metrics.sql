CREATE TABLE `metric_extremes` (
	`id` integer PRIMARY KEY NOT NULL,
	`run` integer NOT NULL,
	`key` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `latest_metrics` ADD `least` real;--> statement-breakpoint
ALTER TABLE `latest_metrics` ADD `greatest` real;--> statement-breakpoint
INSERT INTO `metric_extremes` (`id`, `run`, `key`) SELECT 1, `run` + 1, '' FROM `latest_metrics` ORDER BY `run` DESC LIMIT 1;
