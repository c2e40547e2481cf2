CREATE TABLE `assessments` (
	`id` integer PRIMARY KEY NOT NULL,
	`trace` integer NOT NULL,
	`assessment_id` text NOT NULL,
	`kind` text NOT NULL,
	`name` text NOT NULL,
	`source_type` text NOT NULL,
	`source_id` text,
	`span_id` text,
	`value` text,
	`number` real,
	`is_serialized` integer NOT NULL,
	`error` text,
	`rationale` text,
	`metadata` text NOT NULL,
	`session_id` text GENERATED ALWAYS AS (metadata ->> '$."mlflow.trace.session"') STORED,
	`overrides` text,
	`valid` integer NOT NULL,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`trace`) REFERENCES `traces`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `assessments_by_id` ON `assessments` (`trace`,`assessment_id`);--> statement-breakpoint
CREATE INDEX `assessments_by_session` ON `assessments` (`session_id`) WHERE session_id is not null;--> statement-breakpoint
CREATE TABLE `deleted_traces` (
	`workspace` text NOT NULL,
	`trace_id` text NOT NULL,
	`deleted_at_ms` integer NOT NULL,
	PRIMARY KEY(`workspace`, `trace_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deleted_traces_by_time` ON `deleted_traces` (`deleted_at_ms`);--> statement-breakpoint
CREATE TABLE `span_kinds` (
	`id` integer PRIMARY KEY NOT NULL,
	`experiment` integer NOT NULL,
	`status` text NOT NULL,
	`type` text NOT NULL,
	`name` text NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `span_kinds_by_name` ON `span_kinds` (`experiment`,`status`,`type`,`name`);--> statement-breakpoint
CREATE TABLE `trace_links` (
	`workspace` text NOT NULL,
	`kind` text NOT NULL,
	`target` text NOT NULL,
	`trace_id` text NOT NULL,
	PRIMARY KEY(`workspace`, `kind`, `target`, `trace_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `trace_links_by_trace` ON `trace_links` (`workspace`,`trace_id`);--> statement-breakpoint
CREATE TABLE `trace_packs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `trace_packs_key_unique` ON `trace_packs` (`key`);--> statement-breakpoint
CREATE TABLE `trace_payloads` (
	`id` integer PRIMARY KEY NOT NULL,
	`body` text,
	`key` text
);
--> statement-breakpoint
CREATE TABLE `trace_span_kinds` (
	`trace` integer NOT NULL,
	`kind` integer NOT NULL,
	PRIMARY KEY(`trace`, `kind`),
	FOREIGN KEY (`trace`) REFERENCES `traces`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `traces` (
	`id` integer PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`trace_id` text NOT NULL,
	`experiment` integer NOT NULL,
	`request_time_ms` integer NOT NULL,
	`duration_ms` integer,
	`state` text NOT NULL,
	`client_request_id` text,
	`name` text GENERATED ALWAYS AS (tags ->> '$."mlflow.traceName"') STORED,
	`session_id` text GENERATED ALWAYS AS (metadata ->> '$."mlflow.trace.session"') STORED,
	`source_run` text GENERATED ALWAYS AS (metadata ->> '$."mlflow.sourceRun"') STORED,
	`finalized` integer NOT NULL,
	`payload_rows` integer NOT NULL,
	`touched_at_ms` integer NOT NULL,
	`pack` integer,
	`pack_offset` integer,
	`pack_length` integer,
	`request_preview` text,
	`response_preview` text,
	`tags` text NOT NULL,
	`metadata` text NOT NULL,
	`usage_told` integer NOT NULL,
	`cost_told` integer NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade,
	CONSTRAINT "traces_labels" CHECK(octet_length(tags) + octet_length(metadata) <= 1000000),
	CONSTRAINT "traces_payload_rows" CHECK(payload_rows < 65536)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `traces_by_trace_id` ON `traces` (`workspace`,`trace_id`);--> statement-breakpoint
CREATE INDEX `traces_by_time` ON `traces` (`experiment`,`request_time_ms`,`trace_id`);--> statement-breakpoint
CREATE INDEX `traces_by_session` ON `traces` (`experiment`,`session_id`) WHERE session_id is not null;--> statement-breakpoint
CREATE INDEX `traces_by_run` ON `traces` (`source_run`) WHERE source_run is not null;--> statement-breakpoint
CREATE INDEX `traces_by_client_request` ON `traces` (`client_request_id`) WHERE client_request_id is not null;--> statement-breakpoint
CREATE INDEX `traces_by_pack` ON `traces` (`pack`) WHERE pack is not null;--> statement-breakpoint
CREATE TRIGGER traces_take_payloads AFTER DELETE ON traces BEGIN
	DELETE FROM trace_payloads WHERE id >= old.id * 65536 AND id < (old.id + 1) * 65536;
	DELETE FROM trace_links WHERE workspace = old.workspace AND trace_id = old.trace_id;
END;
