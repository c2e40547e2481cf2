CREATE INDEX `registered_model_tags_by_hub_name` ON `registered_model_tags` (`value`) WHERE key = 'gatehouse.hub_name';--> statement-breakpoint
-- Two models of a workspace are never known by one name on the Hub. A model that is made later under such a name
-- takes nothing over: the tag is looked for first.
CREATE TRIGGER `hub_names_are_of_one_model` BEFORE INSERT ON `registered_model_tags`
WHEN new.`key` = 'gatehouse.hub_name' AND EXISTS (
	SELECT 1 FROM `registered_models` me JOIN `registered_models` other ON other.`workspace` = me.`workspace` AND other.`name` = new.`value`
	WHERE me.`id` = new.`registered_model` AND other.`id` <> me.`id`
	UNION ALL
	SELECT 1 FROM `registered_models` me, `registered_model_tags` t JOIN `registered_models` other ON other.`id` = t.`registered_model`
	WHERE me.`id` = new.`registered_model` AND t.`key` = 'gatehouse.hub_name' AND t.`value` = new.`value`
		AND other.`workspace` = me.`workspace` AND other.`id` <> me.`id`) BEGIN
	SELECT raise(ABORT, 'the hub name is taken');
END;
