DROP INDEX `traces_by_time`;--> statement-breakpoint
ALTER TABLE `traces` ADD `model_id` text GENERATED ALWAYS AS (metadata ->> '$."mlflow.modelId"') VIRTUAL;--> statement-breakpoint
CREATE INDEX `traces_by_time` ON `traces` (`experiment`,`request_time_ms`,`trace_id`,`state`,`duration_ms`,`source_run`,`model_id`);