from django.db import migrations

# What was invented for the demo may be taken away whole.
CREATE = """
CREATE FUNCTION score_changes_are_added_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT FROM contests_sheet
        JOIN contests_application ON contests_application.id = contests_sheet.application_id
        WHERE contests_sheet.id = OLD.sheet_id AND contests_application.is_demo
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what a member gave is never changed or deleted';
END $$;
CREATE TRIGGER score_changes_are_added_only
    BEFORE UPDATE OR DELETE ON contests_scorechange
    FOR EACH ROW EXECUTE FUNCTION score_changes_are_added_only();
"""
DROP = """
DROP TRIGGER score_changes_are_added_only ON contests_scorechange;
DROP FUNCTION score_changes_are_added_only();
"""


class Migration(migrations.Migration):
    dependencies = [("contests", "0003_after_the_decision")]
    operations = [migrations.RunSQL(CREATE, DROP)]
