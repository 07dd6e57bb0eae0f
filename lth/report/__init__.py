"""Views of a run's document: terminal table, Markdown, pictures, page and notebook. Nothing is decided here."""
