CREATE TABLE `audit_entries` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`at_ms` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`registered_model` integer,
	`model` text,
	`version` integer,
	`is_prompt` integer NOT NULL,
	`before` text,
	`after` text,
	`reason` text,
	`promotion` integer,
	`approved_by` text,
	`request_id` text NOT NULL,
	`user_agent` text
);
--> statement-breakpoint
CREATE INDEX `audit_entries_by_model` ON `audit_entries` (`registered_model`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_by_model_name` ON `audit_entries` (`workspace`,`model`,`seq`);--> statement-breakpoint
CREATE INDEX `audit_entries_by_time` ON `audit_entries` (`at_ms`);