CREATE TABLE `trace_intake` (
	`experiment` integer PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`redact_keys` text NOT NULL,
	`redact_patterns` text NOT NULL,
	`sample_rate` real,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `trace_intake_counts` (
	`experiment` integer PRIMARY KEY NOT NULL,
	`values_redacted` integer NOT NULL,
	`spans_left_out` integer NOT NULL,
	`infos_left_out` integer NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `trace_intake_default` (
	`id` integer PRIMARY KEY NOT NULL,
	`revision` integer NOT NULL,
	`redact_keys` text NOT NULL,
	`redact_patterns` text NOT NULL,
	`sample_rate` real
);
