CREATE TABLE `deployment_counts` (
	`deployment` integer NOT NULL,
	`span_ms` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`requests` integer NOT NULL,
	`errors` integer NOT NULL,
	`refused` integer NOT NULL,
	`skipped` integer NOT NULL,
	`compared` integer NOT NULL,
	`agreed` integer NOT NULL,
	`difference_max` real NOT NULL,
	`latencies` text NOT NULL,
	PRIMARY KEY(`deployment`, `span_ms`, `at_ms`, `kind`, `name`, `version`),
	FOREIGN KEY (`deployment`) REFERENCES `deployments`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deployment_counts_by_age` ON `deployment_counts` (`span_ms`,`at_ms`);--> statement-breakpoint
CREATE TABLE `deployment_reporters` (
	`deployment` integer NOT NULL,
	`reporter` text NOT NULL,
	`account` integer,
	`sequence` integer NOT NULL,
	`seen_at_ms` integer NOT NULL,
	PRIMARY KEY(`deployment`, `reporter`),
	FOREIGN KEY (`deployment`) REFERENCES `deployments`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
