CREATE TABLE `artifact_files` (
	`workspace` text NOT NULL,
	`path` text NOT NULL,
	`blob` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	PRIMARY KEY(`workspace`, `path`),
	FOREIGN KEY (`blob`) REFERENCES `blobs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `artifact_files_by_blob` ON `artifact_files` (`blob`);--> statement-breakpoint
CREATE TABLE `blobs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`sha256` text NOT NULL,
	`size_bytes` integer NOT NULL,
	`key` text NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `blobs_key_unique` ON `blobs` (`key`);--> statement-breakpoint
CREATE UNIQUE INDEX `blobs_by_content` ON `blobs` (`sha256`,`size_bytes`);--> statement-breakpoint
CREATE TABLE `manifest_files` (
	`manifest` integer NOT NULL,
	`path` text NOT NULL,
	`blob` integer NOT NULL,
	PRIMARY KEY(`manifest`, `path`),
	FOREIGN KEY (`manifest`) REFERENCES `manifests`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`blob`) REFERENCES `blobs`(`id`) ON UPDATE no action ON DELETE no action
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `manifest_files_by_blob` ON `manifest_files` (`blob`);--> statement-breakpoint
CREATE TABLE `manifests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`digest` text NOT NULL,
	`key` text NOT NULL,
	`file_count` integer NOT NULL,
	`size_bytes` integer NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `manifests_digest_unique` ON `manifests` (`digest`);--> statement-breakpoint
CREATE UNIQUE INDEX `manifests_key_unique` ON `manifests` (`key`);--> statement-breakpoint
CREATE TABLE `multipart_uploads` (
	`upload_id` text PRIMARY KEY NOT NULL,
	`workspace` text NOT NULL,
	`path` text NOT NULL,
	`key` text NOT NULL,
	`store_upload_id` text NOT NULL,
	`created_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `aliases` (
	`registered_model` integer NOT NULL,
	`alias` text NOT NULL,
	`version` integer NOT NULL,
	PRIMARY KEY(`registered_model`, `alias`),
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`registered_model`,`version`) REFERENCES `model_versions`(`registered_model`,`version`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `aliases_by_version` ON `aliases` (`registered_model`,`version`);--> statement-breakpoint
CREATE TABLE `issued_versions` (
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`model_version` integer NOT NULL,
	PRIMARY KEY(`workspace`, `name`, `version`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `model_version_tags` (
	`model_version` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`model_version`, `key`),
	FOREIGN KEY (`model_version`) REFERENCES `model_versions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `model_versions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`registered_model` integer NOT NULL,
	`version` integer NOT NULL,
	`user_id` text,
	`description` text,
	`stage` text NOT NULL,
	`source` text NOT NULL,
	`storage_location` text NOT NULL,
	`run_id` text,
	`run_link` text,
	`model_id` text,
	`status` text NOT NULL,
	`status_message` text,
	`manifest` integer,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`manifest`) REFERENCES `manifests`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `model_versions_by_number` ON `model_versions` (`registered_model`,`version`);--> statement-breakpoint
CREATE INDEX `model_versions_by_stage` ON `model_versions` (`registered_model`,`stage`,`version`);--> statement-breakpoint
CREATE INDEX `model_versions_by_run` ON `model_versions` (`run_id`);--> statement-breakpoint
CREATE INDEX `model_versions_by_logged_model` ON `model_versions` (`model_id`);--> statement-breakpoint
CREATE INDEX `model_versions_by_manifest` ON `model_versions` (`manifest`);--> statement-breakpoint
CREATE TABLE `registered_model_tags` (
	`registered_model` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`registered_model`, `key`),
	FOREIGN KEY (`registered_model`) REFERENCES `registered_models`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `registered_models` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`user_id` text,
	`description` text,
	`deployment_job_id` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `registered_models_by_name` ON `registered_models` (`workspace`,`name`);--> statement-breakpoint
CREATE TABLE `datasets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`experiment` integer NOT NULL,
	`name` text NOT NULL,
	`digest` text NOT NULL,
	`source_type` text NOT NULL,
	`source` text NOT NULL,
	`schema` text,
	`profile` text,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `datasets_by_name` ON `datasets` (`experiment`,`name`,`digest`);--> statement-breakpoint
CREATE INDEX `datasets_by_digest` ON `datasets` (`digest`);--> statement-breakpoint
CREATE TABLE `experiment_tags` (
	`experiment` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`experiment`, `key`),
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `experiments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workspace` text NOT NULL,
	`name` text NOT NULL,
	`artifact_location` text,
	`lifecycle_stage` text NOT NULL,
	`user_id` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `experiments_by_name` ON `experiments` (`workspace`,`name`);--> statement-breakpoint
CREATE TABLE `latest_metrics` (
	`run` integer NOT NULL,
	`key` text NOT NULL,
	`value` real NOT NULL,
	`is_nan` integer NOT NULL,
	`step` integer NOT NULL,
	`timestamp_ms` integer NOT NULL,
	PRIMARY KEY(`run`, `key`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `logged_model_metrics` (
	`logged_model` integer NOT NULL,
	`key` text NOT NULL,
	`timestamp_ms` integer NOT NULL,
	`step` integer NOT NULL,
	`value` real NOT NULL,
	`is_nan` integer NOT NULL,
	`run_id` text NOT NULL,
	`dataset_name` text NOT NULL,
	`dataset_digest` text NOT NULL,
	PRIMARY KEY(`logged_model`, `key`, `timestamp_ms`, `step`, `value`, `is_nan`, `run_id`, `dataset_name`, `dataset_digest`),
	FOREIGN KEY (`logged_model`) REFERENCES `logged_models`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `logged_model_params` (
	`logged_model` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`logged_model`, `key`),
	FOREIGN KEY (`logged_model`) REFERENCES `logged_models`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `logged_model_tags` (
	`logged_model` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`logged_model`, `key`),
	FOREIGN KEY (`logged_model`) REFERENCES `logged_models`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `logged_models` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`model_id` text NOT NULL,
	`experiment` integer NOT NULL,
	`name` text NOT NULL,
	`artifact_uri` text NOT NULL,
	`status` text NOT NULL,
	`model_type` text NOT NULL,
	`source_run_id` text NOT NULL,
	`status_message` text,
	`lifecycle_stage` text NOT NULL,
	`deleted_at_ms` integer,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `logged_models_model_id_unique` ON `logged_models` (`model_id`);--> statement-breakpoint
CREATE INDEX `logged_models_newest_first` ON `logged_models` (`experiment`,`lifecycle_stage`,`created_at_ms`);--> statement-breakpoint
CREATE INDEX `logged_models_by_run` ON `logged_models` (`source_run_id`);--> statement-breakpoint
CREATE TABLE `metrics` (
	`run` integer NOT NULL,
	`key` text NOT NULL,
	`timestamp_ms` integer NOT NULL,
	`step` integer NOT NULL,
	`value` real NOT NULL,
	`is_nan` integer NOT NULL,
	PRIMARY KEY(`run`, `key`, `timestamp_ms`, `step`, `value`, `is_nan`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `params` (
	`run` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`run`, `key`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `run_dataset_tags` (
	`run` integer NOT NULL,
	`dataset` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`run`, `dataset`, `key`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`dataset`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `run_datasets` (
	`run` integer NOT NULL,
	`dataset` integer NOT NULL,
	PRIMARY KEY(`run`, `dataset`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade,
	FOREIGN KEY (`dataset`) REFERENCES `datasets`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `run_datasets_by_dataset` ON `run_datasets` (`dataset`);--> statement-breakpoint
CREATE TABLE `run_model_inputs` (
	`run` integer NOT NULL,
	`model_id` text NOT NULL,
	PRIMARY KEY(`run`, `model_id`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `run_model_outputs` (
	`run` integer NOT NULL,
	`model_id` text NOT NULL,
	`step` integer NOT NULL,
	PRIMARY KEY(`run`, `model_id`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `run_tags` (
	`run` integer NOT NULL,
	`key` text NOT NULL,
	`value` text NOT NULL,
	PRIMARY KEY(`run`, `key`),
	FOREIGN KEY (`run`) REFERENCES `runs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`run_id` text NOT NULL,
	`experiment` integer NOT NULL,
	`name` text NOT NULL,
	`user_id` text NOT NULL,
	`status` text NOT NULL,
	`start_time_ms` integer NOT NULL,
	`end_time_ms` integer,
	`artifact_uri` text NOT NULL,
	`lifecycle_stage` text NOT NULL,
	`deleted_at_ms` integer,
	FOREIGN KEY (`experiment`) REFERENCES `experiments`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `runs_run_id_unique` ON `runs` (`run_id`);--> statement-breakpoint
CREATE INDEX `runs_newest_first` ON `runs` (`experiment`,`lifecycle_stage`,`start_time_ms`,`run_id`);--> statement-breakpoint
INSERT INTO `experiments` (`id`, `workspace`, `name`, `lifecycle_stage`, `created_at_ms`, `updated_at_ms`)
VALUES (0, 'default', 'Default', 'active', CAST(unixepoch('subsec') * 1000 AS integer), CAST(unixepoch('subsec') * 1000 AS integer));
