"""Why a project cannot be written. Loads nothing: the window asks before any project is open."""

READ_ONLY_FOLDER = "this folder cannot be written"
READ_ONLY_ASKED = "another studio works on this project"
