CREATE TABLE `issues` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`issue_id` text NOT NULL,
	`experiment` integer NOT NULL,
	`name` text NOT NULL,
	`description` text NOT NULL,
	`status` text NOT NULL,
	`severity` text,
	`source_run` text,
	`created_by` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	`root_causes` text NOT NULL,
	`categories` text NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `issues_by_issue_id` ON `issues` (`issue_id`);--> statement-breakpoint
CREATE INDEX `issues_newest_first` ON `issues` (`experiment`,`id`);--> statement-breakpoint
CREATE TABLE `scorer_versions` (
	`scorer` integer NOT NULL,
	`version` integer NOT NULL,
	`serialized` text NOT NULL,
	`created_at_ms` integer NOT NULL,
	PRIMARY KEY(`scorer`, `version`),
	FOREIGN KEY (`scorer`) REFERENCES `scorers`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `scorers` (
	`id` integer PRIMARY KEY NOT NULL,
	`experiment` integer NOT NULL,
	`name` text NOT NULL,
	`scorer_id` text NOT NULL,
	`config_id` text,
	`sample_rate` real,
	`filter` text,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `scorers_by_name` ON `scorers` (`experiment`,`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `scorers_by_scorer_id` ON `scorers` (`scorer_id`);--> statement-breakpoint
CREATE INDEX `assessments_by_issue` ON `assessments` (`name`) WHERE kind = 'issue';