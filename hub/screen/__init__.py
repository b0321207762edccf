"""The pages as people see them: templates, and what they show."""
