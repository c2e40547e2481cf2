-- The other way round: no model gets a name by which the Hub's clients know another one, so that whoever asks by a
-- model's own name never gets another's files.
CREATE TRIGGER `names_are_no_hub_names_of_others` BEFORE INSERT ON `registered_models` WHEN EXISTS (
	SELECT 1 FROM `registered_model_tags` t JOIN `registered_models` other ON other.`id` = t.`registered_model`
	WHERE t.`key` = 'gatehouse.hub_name' AND t.`value` = new.`name` AND other.`workspace` = new.`workspace`) BEGIN
	SELECT raise(ABORT, 'the hub name is taken');
END;
--> statement-breakpoint
CREATE TRIGGER `new_names_are_no_hub_names_of_others` BEFORE UPDATE OF `name` ON `registered_models` WHEN new.`name` <> old.`name` AND EXISTS (
	SELECT 1 FROM `registered_model_tags` t JOIN `registered_models` other ON other.`id` = t.`registered_model`
	WHERE t.`key` = 'gatehouse.hub_name' AND t.`value` = new.`name` AND other.`workspace` = new.`workspace` AND other.`id` <> new.`id`) BEGIN
	SELECT raise(ABORT, 'the hub name is taken');
END;
