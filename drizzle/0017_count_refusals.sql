CREATE TABLE `refusal_counts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`verified` integer NOT NULL,
	`name` text NOT NULL,
	`actor` text NOT NULL,
	`operation` text NOT NULL,
	`error_code` text NOT NULL,
	`model` text,
	`version` integer,
	`count` integer NOT NULL,
	`first_at_ms` integer NOT NULL,
	`last_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `refusal_counts_by_caller` ON `refusal_counts` (`workspace`,`verified`,`name`,`operation`,`error_code`);--> statement-breakpoint
CREATE INDEX `refusal_counts_by_time` ON `refusal_counts` (`first_at_ms`);